//! The commands. One file a command, and one line in the table below.
//!
//! Arguments, the environment and exit codes appear here and nowhere deeper. Results go to standard output, and as
//! JSON with `--json`; complaints and progress go to standard error.

mod alarms;
mod asked;
mod check;
mod completions;
mod config;
mod cost;
mod dashboards;
mod demo;
mod doctor;
mod drill;
mod explain;
mod here;
mod iam_policy;
mod import;
mod incidents;
mod init;
mod limits;
mod load;
mod man;
mod memory;
mod notify;
mod once;
mod out;
mod put;
mod quantity;
mod redact;
mod reference;
mod run;
mod runbook;
mod sample;
mod signals;
mod silence;
mod snapshot;
mod status;
mod table;
mod terminal;
mod top;
mod up;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::config::Config;
use crate::failure::{Exit, Failure};
pub use out::Out;

/// Tells a small team that its servers are heading for trouble before they get there.
#[derive(Debug, Parser)]
#[command(name = "stormglass", version, disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// The configuration
    #[arg(long, global = true, env = "STORMGLASS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

impl Common {
    /// The configuration named, else the one in its usual place, else the defaults.
    pub fn load(&self) -> Result<Config, Failure> {
        let mut config = self.read()?;
        if let Ok(given) = std::env::var("STATE_DIRECTORY") {
            config.agent.usual_state_dir(&given);
        }
        // As the SDK reads them, so that both ask the same metadata service or none.
        let identity = &mut config.identity;
        if std::env::var("AWS_EC2_METADATA_DISABLED").is_ok_and(|said| said.eq_ignore_ascii_case("true")) {
            identity.metadata = false;
        } else if let Ok(endpoint) = std::env::var("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
            identity.endpoint.get_or_insert(endpoint);
        }
        Ok(config)
    }

    fn read(&self) -> Result<Config, Failure> {
        let path = match &self.config {
            Some(path) => path.clone(),
            None => PathBuf::from(crate::config::DEFAULT_PATH),
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Config::parse(&path.display().to_string(), &text)?),
            Err(error) if self.config.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Config::default())
            }
            Err(error) => {
                let says = format!("cannot read the configuration {}", path.display());
                Err(Failure::usage("SG-CFG-010", says).because(error))
            }
        }
    }
}

/// A table of commands: each with its file, whose `Args` it takes and whose `run` obeys it.
macro_rules! commands {
    ($($(#[$about:meta])* $name:ident => $file:ident),* $(,)?) => {
        #[derive(Debug, clap::Subcommand)]
        enum Command { $($(#[$about])* $name($file::Args)),* }

        fn obey(command: &Command, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
            match command { $(Command::$name(args) => $file::run(args, common, out)),* }
        }
    };
}
use commands;

commands! {
    Up => up,
    Demo => demo,
    Snapshot => snapshot,
    Run => run,
    Init => init,
    Import => import,
    Check => check,
    Alarms => alarms,
    Load => load,
    Incidents => incidents,
    Silence => silence,
    Notify => notify,
    Drill => drill,
    Cost => cost,
    Dashboards => dashboards,
    Once => once,
    Put => put,
    Redact => redact,
    IamPolicy => iam_policy,
    Doctor => doctor,
    Status => status,
    Top => top,
    Limits => limits,
    Explain => explain,
    Runbook => runbook,
    Config => config,
    Completions => completions,
    Man => man,
    #[command(hide = true)]
    Reference => reference,
}

/// The whole command line, for help, the manual and the completions.
pub fn command() -> clap::Command {
    Cli::command()
}

pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let exit = match command().try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => {
            let mut out = Out::new(cli.common.json);
            match obey(&cli.command, &cli.common, &mut out) {
                Ok(exit) => exit,
                Err(failure) => out.complain(&failure),
            }
        }
        Err(usage) => out::usage(&usage),
    };
    ExitCode::from(exit as u8)
}
