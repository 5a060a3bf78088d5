//! `stormglass limits`: what limits a running service, who says so, and what will break first.

use super::table::Table;
use super::{Common, Out, quantity};
use crate::failure::{Exit, Failure};
use crate::limits::{self, Report, Row, Target};

/// Show the limits in force for a service or a process, where each comes from, what is used, and what will break first
///
/// In force is what the kernel holds of the running process and its control group, not what a file means to set: limits.conf
/// reaches no service, and `ulimit` in a shell says nothing of one. Run it as root to count the open files of other users'
/// processes. Without a unit or process it shows what all processes share.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sudo stormglass limits nginx
  stormglass limits 4711
  stormglass limits --json shop.service | jq '.rows[] | select(.used_percent > 80)'")]
pub(super) struct Args {
    /// A unit of systemd, like nginx or nginx.service, or the number of a process
    #[arg(value_name = "UNIT|PID")]
    target: Option<String>,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let roots = common.load()?.host.roots;
    let target = args.target.as_deref().map_or(Target::Host, target);
    let Some(seen) = limits::look(&roots, &target) else {
        let says = match target {
            Target::Unit(unit) => format!("the unit {unit} does not run"),
            Target::Pid(pid) => format!("no process has the number {pid}"),
            Target::Host => "the host cannot be read".to_owned(),
        };
        return Err(Failure::failed("SG-CLI-031", says));
    };
    let report = limits::report(&seen);
    out.say(&report, || text(&report))?;
    Ok(Exit::Ok)
}

fn target(named: &str) -> Target {
    match named.parse() {
        Ok(pid) => Target::Pid(pid),
        Err(_) if named.contains('.') => Target::Unit(named.to_owned()),
        Err(_) => Target::Unit(format!("{named}.service")),
    }
}

fn text(report: &Report) -> String {
    let Report { pid, process, unit, rows, first } = report;
    let mut lines = Vec::new();
    if let (Some(pid), Some(process)) = (pid, process) {
        let unit = unit.as_deref().map(|unit| format!(" of {unit}")).unwrap_or_default();
        lines.push(format!("{process}, process {pid}{unit}\n"));
    }
    let mut table = Table::new(&["what", ">in force", ">used", ">", "from"]);
    for row in rows {
        let share = row.used_percent.map(|share| format!("{share:.0} %")).unwrap_or_default();
        let used = row.used.map_or_else(|| "?".to_owned(), |used| amount(row, used));
        table.row([row.what.to_owned(), in_force(row), used, share, row.from.clone()]);
    }
    lines.push(table.to_string());
    if let Some(row) = rows.iter().find(|row| Some(row.what) == *first) {
        let near = if row.is_near() { "" } else { " (not near)" };
        lines.push(format!("\nWill break first: {}{near}. Then {}.", row.what, row.then));
    }
    lines.join("\n")
}

fn amount(row: &Row, value: u64) -> String {
    if row.in_bytes { quantity::bytes(value as f64) } else { value.to_string() }
}

fn in_force(row: &Row) -> String {
    match (row.limit, row.hard) {
        (None, _) => "no limit".to_owned(),
        (Some(limit), Some(hard)) if hard != limit => format!("{limit} (may be raised to {hard})"),
        (Some(limit), _) => amount(row, limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_service_and_a_number_a_process() {
        assert_eq!(target("nginx"), Target::Unit("nginx.service".to_owned()));
        assert_eq!(target("user-1000.slice"), Target::Unit("user-1000.slice".to_owned()));
        assert_eq!(target("4711"), Target::Pid(4711));
    }
}
