//! The fault endpoint as a program, for benchmarks, kill tests and people: `endpoint --tls --fault '* throttle times=3'`.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tests::endpoint::identity::Role;
use tests::endpoint::ledger::Keep;
use tests::endpoint::{Endpoint, Imds, Lightsail, Settings};

/// An AWS for tests: CloudWatch, Logs, STS, instance metadata and Lightsail on one loopback port, with faults
#[derive(Debug, Parser)]
#[command(name = "endpoint")]
struct Args {
    /// 0 takes any free port; the URL is printed
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Speak TLS, under a new authority
    #[arg(long)]
    tls: bool,
    /// Write the authority's certificate here, for `SSL_CERT_FILE`
    #[arg(long, requires = "tls", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// `OPERATION FAULT [key=value ...]`, as docs/testing.md lists them
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<String>,
    /// Write every entry here before its answer is sent, a line of JSON each
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Keep counts and a checksum only
    #[arg(long, conflicts_with_all = ["ledger", "numbers"])]
    counts: bool,
    /// Keep of each log message only the number after this mark
    #[arg(long, value_name = "MARK")]
    numbers: Option<String>,
    /// A log stream that exists from the start
    #[arg(long = "stream", value_name = "GROUP:STREAM", value_parser = stream)]
    streams: Vec<(String, String)>,
    /// The role that the instance metadata gives
    #[arg(long, value_enum, default_value = "own")]
    role: RoleArg,
    /// An instance tag, shown in the metadata
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// Lightsail's instances and points, as JSON
    #[arg(long, value_name = "FILE")]
    lightsail: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArg {
    Own,
    Lightsail,
    None,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(says) => {
            complain(&says);
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), String> {
    let ca = args.ca.clone();
    let endpoint = Endpoint::try_start(settings(args)?)?;
    if let (Some(file), Some(pem)) = (&ca, endpoint.ca_pem()) {
        std::fs::write(file, pem).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    say(&format!("listening on {}", endpoint.url()));
    if let (None, Some(file)) = (&ca, endpoint.ca_file()) {
        say(&format!("trust {}", file.display()));
    }
    wait();
    Ok(())
}

fn settings(args: Args) -> Result<Settings, String> {
    let keep = match args.numbers {
        Some(mark) => Keep::Numbers(mark),
        None if args.counts => Keep::Counts,
        None => Keep::All,
    };
    let role = match args.role {
        RoleArg::Own => Role::Own,
        RoleArg::Lightsail => Role::Lightsail,
        RoleArg::None => Role::None,
    };
    let tags = (!args.tags.is_empty()).then(|| args.tags.into_iter().collect());
    Ok(Settings {
        port: args.port,
        tls: args.tls,
        keep,
        ledger: args.ledger,
        faults: args.faults,
        imds: Imds { role, tags, ..Imds::default() },
        lightsail: args.lightsail.as_deref().map_or(Ok(Lightsail::default()), read_lightsail)?,
        streams: args.streams,
        clock_offset_ms: 0,
    })
}

fn read_lightsail(path: &std::path::Path) -> Result<Lightsail, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Runs until killed, or until whoever holds the other end of our input lets go: so no script leaves one behind.
fn wait() {
    let mut sink = Vec::new();
    if std::io::stdin().read_to_end(&mut sink).is_err() || sink.is_empty() && is_null() {
        loop {
            std::thread::park();
        }
    }
}

/// Started with `</dev/null`, as a service: then the end of input means nothing.
fn is_null() -> bool {
    std::fs::read_link("/proc/self/fd/0").is_ok_and(|target| target == std::path::Path::new("/dev/null"))
}

fn stream(text: &str) -> Result<(String, String), String> {
    pair(text, ':').ok_or_else(|| "write GROUP:STREAM".to_owned())
}

fn tag(text: &str) -> Result<(String, String), String> {
    pair(text, '=').ok_or_else(|| "write NAME=VALUE".to_owned())
}

fn pair(text: &str, between: char) -> Option<(String, String)> {
    text.split_once(between).map(|(left, right)| (left.to_owned(), right.to_owned()))
}

#[expect(clippy::print_stdout, reason = "the port is this program's result")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "a program complains there")]
fn complain(line: &str) {
    eprintln!("endpoint: {line}");
}
