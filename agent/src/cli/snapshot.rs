//! `stormglass snapshot`: the page in one file that needs nothing else.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use super::{Common, Out};
use crate::failure::{Exit, Failure};

/// The page answers within milliseconds, or it is not there.
const WAIT: Duration = Duration::from_secs(10);

/// Save what the page shows now as one HTML file
///
/// It asks the page that `stormglass up` shows on this host. The file needs no network and holds no script: send it to
/// whoever should see it. Where the page asks for a token, `STORMGLASS_TOKEN` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass snapshot --to host.html
  stormglass snapshot --range 7d --language ko > host.html")]
pub(super) struct Args {
    /// Where it is written; standard output without it
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// How far back the charts go
    #[arg(long, value_name = "RANGE", default_value = "24h", value_parser = ["1h", "24h", "7d", "30d"])]
    range: String,
    /// The language of the page
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = ["en", "ko"])]
    language: String,
    /// Where the page listens
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = crate::local::config::LISTEN)]
    page: SocketAddr,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let says = || format!("the page on {} cannot be asked; does `stormglass up` run there?", args.page);
    let answer = ask(args).map_err(|error| Failure::failed("SG-LOC-041", says()).because(error))?;
    let body = match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => body,
        Some((head, _)) => {
            let status = head.lines().next().unwrap_or_default().to_owned();
            return Err(Failure::failed("SG-LOC-041", format!("the page on {} answers \"{status}\"", args.page)));
        }
        None => return Err(Failure::failed("SG-LOC-041", says())),
    };
    match &args.to {
        Some(path) => std::fs::write(path, body).map_err(|error| {
            Failure::failed("SG-LOC-042", format!("cannot write {}", path.display())).because(error)
        })?,
        None => out.raw(body.as_bytes())?,
    }
    Ok(Exit::Ok)
}

fn ask(args: &Args) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&args.page, WAIT)?;
    stream.set_read_timeout(Some(WAIT))?;
    let token =
        std::env::var("STORMGLASS_TOKEN").ok().filter(|token| token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let (page, range, language) = (args.page, &args.range, &args.language);
    write!(
        stream,
        "GET /snapshot?range={range}&lang={language} HTTP/1.1\r\nHost: {page}\r\n{bearer}Connection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
