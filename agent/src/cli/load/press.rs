//! What all three tests do alike: leave, limits, calibration, pressing, and telling.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use load::expect::{self, Expected};
use load::honest::{Client, Limits, Verdict, Watch, calibrate};
use load::report::{self, Report, Told};
use load::run::{Plan, Progress, Stop};
use load::scenario::Scenario;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::super::memory::Place;
use super::super::{Common, Out, signals};
use super::files;
use super::witness::{Source, Witness};
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Pressing {
    /// The scenario
    pub(super) scenario: PathBuf,
    /// A host that is not this machine, and is yours to press
    #[arg(long, value_name = "HOST")]
    i_may_press: Vec<String>,
    /// Threads that press; without it as many as a server that does nothing shows to be of use
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=64))]
    workers: Option<u64>,
    /// Write the report as an HTML page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// An alarm that must come: 'checkout-p99 = page within 3m, clear within 5m'
    #[arg(long, value_name = "EXPECTATION", value_parser = Expected::parse)]
    expect: Vec<Expected>,
    /// The page of the agent on the target's host: its alarms, and how the target bears it
    #[arg(long, value_name = "ADDRESS:PORT")]
    agent: Option<std::net::SocketAddr>,
    #[command(flatten)]
    place: Place,
    /// Read the verdicts from what the Lambda remembers, not from the agent's page
    #[arg(long, conflicts_with = "agent")]
    cloud: bool,
}

/// What a journey is thought to take, before one was seen.
const JOURNEY_S: f64 = 1.0;
const TELL_S: f64 = 1.0;
const WAIT: Duration = Duration::from_secs(1);

/// Ready to press.
#[derive(Debug)]
pub(super) struct Press {
    pub(super) scenario: Scenario,
    pub(super) stop: Stop,
    witness: Option<Witness>,
    expect: Vec<Expected>,
    limits: Limits,
    workers: usize,
    capacity: Option<f64>,
    warnings: Vec<String>,
    began: i64,
    pressing: std::time::Instant,
    html: Option<PathBuf>,
    file: String,
}

impl Press {
    /// `shaped` makes of the scenario what will be pressed, for what is said of limits.
    pub(super) fn ready(
        args: &Pressing,
        common: &Common,
        out: &mut Out,
        shaped: impl FnOnce(Scenario) -> Result<Scenario, Failure>,
    ) -> Result<Self, Failure> {
        let scenario = shaped(files::scenario(&args.scenario)?)?;
        files::leave(&scenario.target, &args.i_may_press)?;
        let limits = Limits::read();
        let warnings: Vec<_> = limits.warnings(&scenario, JOURNEY_S).into_iter().map(|warning| warning.says).collect();
        for warning in &warnings {
            out.remark(&format!("warning: {warning}"));
        }
        let stop = stop()?;
        let (workers, capacity) = if let Some(workers) = args.workers {
            (workers as usize, None)
        } else {
            let found = calibrate(&stop).map_err(failed)?;
            let (workers, capacity) = (found.workers, found.capacity);
            out.remark(&format!("this machine can press {capacity:.0} requests/s, with {workers} worker(s)"));
            (workers, Some(capacity))
        };
        let source = match (args.agent, args.cloud) {
            (Some(page), _) => Some(Source::Page(page)),
            (None, true) => Some(Source::Memory(Box::new((args.place.clone(), common.clone())))),
            (None, false) if args.expect.is_empty() => None,
            (None, false) => Some(Source::Page(crate::local::config::LISTEN)),
        };
        let witness = source.map(Witness::begin).transpose()?;
        Ok(Self {
            scenario,
            stop,
            witness,
            expect: args.expect.clone(),
            limits,
            workers,
            capacity,
            warnings,
            began: signals::clock().as_secs().cast_signed(),
            pressing: std::time::Instant::now(),
            html: args.html.clone(),
            file: args.scenario.display().to_string(),
        })
    }

    /// Presses once, to the end of the scenario's profile or until it is stopped.
    pub(super) fn once(
        &self,
        test: &str,
        scenario: Scenario,
        settle: Duration,
        out: &mut Out,
    ) -> Result<Report, Failure> {
        let plan = Plan { scenario: Arc::new(scenario), workers: self.workers, settle };
        let mut watch = Watch::begin();
        let mut told_s = 0.0;
        let outcome = load::run::press(&plan, &self.stop, &mut |progress| {
            watch.look();
            if progress.elapsed_s >= told_s + TELL_S {
                told_s = progress.elapsed_s.floor();
                out.remark(&line(progress));
            }
        });
        let outcome = outcome.map_err(failed)?;
        let client = Client {
            workers: self.workers,
            own: watch.end(),
            limits: self.limits,
            capacity: self.capacity,
            measured_s: outcome.measured_s,
        };
        let warnings = self.warnings.clone();
        let told = Told { test, scenario: &self.file, began: self.began, client, warnings };
        Ok(report::build(&plan.scenario, &outcome, told))
    }

    /// Waits for alarms to clear, writes what is to be written, and says how it ended.
    pub(super) fn tell(self, mut report: Report, out: &mut Out) -> Result<Exit, Failure> {
        let ended_s = self.pressing.elapsed().as_secs_f64();
        if let Some(witness) = &self.witness {
            loop {
                let (sights, now_s) = (witness.seen().sights, self.pressing.elapsed().as_secs_f64());
                if report.stopped || expect::is_settled(&self.expect, &sights, ended_s, now_s) {
                    break;
                }
                std::thread::sleep(WAIT);
            }
            let seen = witness.seen();
            if !self.expect.is_empty() {
                report.alarms = expect::judge(&self.expect, &seen.sights, ended_s);
            }
            report.warnings.extend(seen.trouble);
            report.seen = seen.series;
            report.creep();
        }
        if let Some(path) = &self.html {
            std::fs::write(path, report::html(&report)).map_err(|error| {
                Failure::failed("SG-LOA-024", format!("cannot write {}", path.display())).because(error)
            })?;
        }
        out.say(&report, || report::text(&report))?;
        Ok(exit(&report))
    }
}

fn exit(report: &Report) -> Exit {
    match report.judged.verdict {
        Verdict::ClientLimited | Verdict::Inconclusive => Exit::Inconclusive,
        Verdict::Kept | Verdict::ServiceLimited if report.is_good() => Exit::Ok,
        Verdict::Kept | Verdict::ServiceLimited => Exit::Failed,
    }
}

pub(super) fn failed(error: load::run::Error) -> Failure {
    Failure::failed("SG-LOA-022", "the run failed").because(error)
}

/// Set by Ctrl-C. The second one ends the program at once.
pub(super) fn stop() -> Result<Stop, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let hard = signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, flag.clone());
        let soft = hard.and_then(|_| signal_hook::flag::register(signal, flag.clone()));
        soft.map_err(|error| Failure::failed("SG-LOA-022", "signals cannot be heard").because(error))?;
    }
    Ok(Stop::of(flag))
}

fn line(progress: Progress<'_>) -> String {
    let left = (progress.length_s - progress.elapsed_s).max(0.0);
    let last = progress.last.map_or_else(String::new, |slot| {
        let per_s = |count: u64| count as f64 / progress.slot_s;
        let p99 = slot.latency.quantile_ms(0.99).map_or_else(|| "-".to_owned(), |p99| format!("{p99:.1} ms"));
        format!(": {:.0} requests/s, {:.0} failures/s, p99 {p99}", per_s(slot.requests), per_s(slot.failed))
    });
    format!("{:.0} s, {left:.0} s left{last}", progress.elapsed_s.max(0.0))
}
