//! Reads the files that these commands take; what is in them is understood in `alarm`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alarm::notice::words;
use alarm::points::Time;
use alarm::rehearse::{History, read_csv};
use alarm::rules::Rules;
use alarm::series::Unit;
use alarm::sheet::Faults;
use alarm::team::Team;
use alarm::verdict::{Reason, State};
use alarm::zone::{Zone, parse_moment};

use crate::failure::Failure;

/// The history that a rule is tried on.
#[derive(Debug, clap::Args)]
pub(super) struct Data {
    /// CSV: `time,metric,host,value`, or the time and a column a series, named like `used{host=web-1}`
    #[arg(long, required = true, value_name = "CSV")]
    data: Vec<PathBuf>,
    /// The state of a native CloudWatch alarm throughout: fine, firing or unknown
    #[arg(long, value_name = "NAME=STATE", value_parser = native)]
    native: Vec<(String, State)>,
}

impl Data {
    pub(super) fn read(&self, zone: &Zone) -> Result<Vec<History>, Failure> {
        let mut history = Vec::new();
        for path in &self.data {
            let read = read_csv(&text(path)?, zone).map_err(|error| {
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

pub(super) fn rules(path: &Path) -> Result<Rules, Failure> {
    Rules::parse(&path.display().to_string(), &text(path)?).map_err(|faults| faulty(&faults))
}

/// Every fault, and how many there are.
pub(super) fn faulty(faults: &Faults) -> Failure {
    let code = faults.iter().next().map_or("SG-CFG-001", |fault| fault.code);
    let count = faults.iter().len();
    let many = if count == 1 { "1 fault".to_owned() } else { format!("{count} faults") };
    Failure::usage(code, format!("{many}\n{faults}"))
}

pub(super) fn moment(text: &str, zone: &Zone) -> Result<Time, Failure> {
    parse_moment(text, zone).map_err(|says| Failure::usage("SG-ALM-003", says))
}

/// The sentence that a notice would say, in the team's language. A history does not tell the units of its series.
pub(super) fn sentence(reason: &Reason, team: &Team) -> String {
    words::reason(reason, Unit::None, team.language)
}

/// `2026-11-21 18:00:00` in the team's zone.
pub(super) fn clock(time: Time, zone: &Zone) -> String {
    zone.wall(time).to_string().replace('T', " ")
}
