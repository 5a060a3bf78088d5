//! Reads the files that these commands take; what is in them is understood in `alarm`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alarm::notice::words;
use alarm::points::Time;
use alarm::rehearse::{self, History};
use alarm::rules::Rules;
use alarm::series::Unit;
use alarm::sheet::Faults;
use alarm::team::Team;
use alarm::verdict::{Reason, State};
use alarm::zone::{Zone, parse_moment};

use super::super::{Common, Out};
use super::past::FromCloudWatch;
use crate::failure::Failure;

/// The history that a rule is tried on.
#[derive(Debug, clap::Args)]
pub(super) struct Data {
    /// CSV (`time,metric,host,value`, or the time and a column a series, named like `used{host=web-1}`), or what
    /// `aws cloudwatch get-metric-data` printed
    #[arg(id = "data", long = "data", required_unless_present = "cloudwatch", value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    past: FromCloudWatch,
    /// The state of a native CloudWatch alarm throughout: fine, firing or unknown
    #[arg(long, value_name = "NAME=STATE", value_parser = native)]
    native: Vec<(String, State)>,
}

impl Data {
    /// Wherever it comes from: a series a `History`.
    pub(super) fn read(&self, rules: &Rules, common: &Common, out: &mut Out) -> Result<Vec<History>, Failure> {
        if self.past.is_wanted() {
            return self.past.read(rules, common, out);
        }
        let mut history = Vec::new();
        for path in &self.files {
            let read = rehearse::read(&text(path)?, &rules.team.zone).map_err(|error| {
                Failure::usage("SG-ALM-002", format!("cannot read the history {}", path.display())).because(error)
            })?;
            history.extend(read);
        }
        Ok(history)
    }

    pub(super) fn native(&self) -> BTreeMap<String, State> {
        self.native.iter().cloned().collect()
    }
}

fn native(said: &str) -> Result<(String, State), String> {
    let (name, state) = said.rsplit_once('=').ok_or("write it like \"RDS CPU=firing\"")?;
    let known = [State::Fine, State::Firing, State::Unknown];
    let state = known.into_iter().find(|known| known.name() == state.trim());
    Ok((name.to_owned(), state.ok_or("the state is fine, firing or unknown")?))
}

pub(super) fn text(path: &Path) -> Result<String, Failure> {
    let read =
        if path == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) };
    read.map_err(|error| Failure::usage("SG-ALM-001", format!("cannot read {}", path.display())).because(error))
}

pub(in crate::cli) fn rules(path: &Path) -> Result<Rules, Failure> {
    Rules::parse(&path.display().to_string(), &text(path)?).map_err(|faults| faulty(&faults))
}

/// Every fault, and how many there are.
pub(super) fn faulty(faults: &Faults) -> Failure {
    let code = faults.iter().next().map_or("SG-CFG-001", |fault| fault.code);
    Failure::usage(code, format!("{}\n{faults}", count(faults.iter().len(), "fault")))
}

pub(super) fn moment(text: &str, zone: &Zone) -> Result<Time, Failure> {
    parse_moment(text, zone).map_err(|says| Failure::usage("SG-ALM-003", says))
}

/// `1 episode`, `2 episodes`
pub(super) fn count(count: usize, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

/// The sentence that a notice would say, in the team's language. A history does not tell the units of its series.
pub(super) fn sentence(reason: &Reason, team: &Team) -> String {
    words::reason(reason, Unit::None, team.language)
}

/// `2026-11-21 18:00:00` in the team's zone.
pub(super) fn clock(time: Time, zone: &Zone) -> String {
    zone.wall(time).to_string().replace('T', " ")
}
