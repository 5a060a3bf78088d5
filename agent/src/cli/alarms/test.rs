//! `stormglass alarms test`: runs the tests that stand in files beside the rules.

use std::path::{Path, PathBuf};

use alarm::rehearse::{Coverage, Tried, coverage, failures, junit, parse_trials, rules_of};
use alarm::rules::Rules;
use serde_json::json;

use super::super::{Common, Out};
use super::files;
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The tests: alarms.test.toml
    #[arg(required = true)]
    tests: Vec<PathBuf>,
    /// Write the results as JUnit XML, for a CI server
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Exit with 3 where a rule is never made to fire
    #[arg(long)]
    deny_warnings: bool,
}

struct Suite {
    file: String,
    tried: Vec<Tried>,
    failures: Vec<String>,
    coverage: Coverage,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let suites = args.tests.iter().map(|path| suite(path)).collect::<Result<Vec<_>, _>>()?;
    if let Some(path) = &args.junit {
        let named: Vec<_> = suites.iter().map(|suite| (suite.file.clone(), suite.tried.clone())).collect();
        std::fs::write(path, junit(&named)).map_err(|error| {
            Failure::failed("SG-ALM-004", format!("cannot write {}", path.display())).because(error)
        })?;
    }
    let failed: Vec<_> = suites.iter().flat_map(|suite| suite.failures.clone()).collect();
    let count: usize = suites.iter().map(|suite| suite.tried.len()).sum();
    let never: Vec<_> = suites.iter().flat_map(|suite| never_fired(&suite.coverage)).collect();
    for says in &never {
        out.remark(&format!("warning: {says}"));
    }
    let result = json!({ "ok": failed.is_empty(), "tests": count, "failures": failed, "never_fired": never });
    out.say(&result, || {
        let mut lines = failed.clone();
        let covered: usize = suites.iter().map(|suite| suite.coverage.all).sum::<usize>() - never.len();
        let broken = suites.iter().flat_map(|suite| &suite.tried).filter(|it| !it.failures.is_empty()).count();
        lines.push(format!(
            "{count} tests, {broken} failed; {covered} rules were made to fire, {} were not",
            never.len()
        ));
        lines.join("\n")
    })?;
    Ok(match (failed.is_empty(), never.is_empty()) {
        (false, _) => Exit::Failed,
        (true, false) if args.deny_warnings => Exit::Warnings,
        _ => Exit::Ok,
    })
}

fn suite(path: &Path) -> Result<Suite, Failure> {
    let file = path.display().to_string();
    let text = files::text(path)?;
    let rules: Rules = files::rules(&path.with_file_name(rules_of(&file, &text)))?;
    let trials = parse_trials(&file, &text, &rules).map_err(|faults| files::faulty(&faults))?;
    let tried: Vec<_> = trials.iter().map(|trial| trial.run(&rules)).collect();
    let failures = failures(&file, &text, &tried);
    let coverage = coverage(&rules, &tried);
    Ok(Suite { file, tried, failures, coverage })
}

fn never_fired(coverage: &Coverage) -> Vec<String> {
    let untouched = coverage.untouched.iter().map(|name| format!("no test gives {name} a point"));
    untouched.chain(coverage.never_fired.iter().map(|name| format!("no test makes {name} fire"))).collect()
}
