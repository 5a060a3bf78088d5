//! What all three tests do alike: leave, limits, calibration, pressing, and telling.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use load::expect::{self, Expected};
use load::honest::{Calibration, Client, Limits, Verdict, Watch, calibrate};
use load::report::{self, Report, Told};
use load::run::{Plan, Stop};
use load::scenario::Scenario;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::super::memory::Place;
use super::super::{Common, Out, signals};
use super::files;
use super::live::Live;
use super::outlet::Outlet;
use super::papers::Papers;
use super::witness::{Source, Witness};
use crate::failure::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Pressing {
    /// The scenario
    pub(super) scenario: PathBuf,
    /// A host that is not this machine, and is yours to press
    #[arg(long, value_name = "HOST")]
    i_may_press: Vec<String>,
    /// Threads that press; without it as many as are needed, by what they do to a server that does nothing
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=64))]
    workers: Option<u64>,
    #[command(flatten)]
    papers: Papers,
    /// Send each second of the run as StatsD, to the agent for example, so that it stands in CloudWatch
    #[arg(long, value_name = "ADDRESS:PORT")]
    statsd: Option<SocketAddr>,
    /// An alarm that must come: 'checkout-p99 = page within 3m, clear within 5m'
    #[arg(long, value_name = "EXPECTATION", value_parser = Expected::parse)]
    expect: Vec<Expected>,
    /// The page of the agent on the target's host: its alarms, and how the target bears it
    #[arg(long, value_name = "ADDRESS:PORT")]
    agent: Option<SocketAddr>,
    #[command(flatten)]
    place: Place,
    /// Read the verdicts from what the Lambda remembers, not from the agent's page
    #[arg(long, conflicts_with = "agent")]
    cloud: bool,
}

/// What a journey is thought to take, before one was seen.
const JOURNEY_S: f64 = 1.0;
const WAIT: Duration = Duration::from_secs(1);

/// How many press.
#[derive(Debug)]
enum Workers {
    Asked(usize),
    /// What each pressing needs, of what was found.
    Found(Calibration),
}

/// Ready to press.
#[derive(Debug)]
pub(super) struct Press {
    pub(super) scenario: Scenario,
    pub(super) stop: Stop,
    witness: Option<Witness>,
    expect: Vec<Expected>,
    limits: Limits,
    workers: Workers,
    warnings: Vec<String>,
    began: i64,
    pressing: std::time::Instant,
    test: &'static str,
    papers: Papers,
    baseline: Option<Report>,
    outlet: Option<Outlet>,
    live: Live,
    file: String,
}

impl Press {
    /// `shaped` makes of the scenario what will be pressed, for what is said of limits.
    pub(super) fn ready(
        test: &'static str,
        args: &Pressing,
        common: &Common,
        out: &mut Out,
        shaped: impl FnOnce(Scenario) -> Result<Scenario, Failure>,
    ) -> Result<Self, Failure> {
        let scenario = shaped(files::scenario(&args.scenario)?)?;
        files::leave(&scenario.target, &args.i_may_press)?;
        let baseline = args.papers.baseline(test)?;
        let outlet = args.statsd.map(|to| Outlet::open(to, test, &args.scenario.display().to_string())).transpose()?;
        let limits = Limits::read();
        let warnings: Vec<_> = limits.warnings(&scenario, JOURNEY_S).into_iter().map(|warning| warning.says).collect();
        for warning in &warnings {
            out.remark(&format!("warning: {warning}"));
        }
        let stop = stop()?;
        let workers = if let Some(workers) = args.workers {
            Workers::Asked(workers as usize)
        } else {
            let found = calibrate(&stop).map_err(failed)?;
            let (workers, capacity) = (found.workers, found.capacity);
            out.remark(&format!("this machine can press {capacity:.0} requests/s, with {workers} worker(s)"));
            Workers::Found(found)
        };
        let source = match (args.agent, args.cloud) {
            (Some(page), _) => Some(Source::Page(page)),
            (None, true) => Some(Source::Memory(Box::new((args.place.clone(), common.clone())))),
            (None, false) if args.expect.is_empty() => None,
            (None, false) => Some(Source::Page(crate::local::config::LISTEN)),
        };
        let witness = source.map(Witness::begin).transpose()?;
        let live = Live::begin(out, &format!("{test} test on {}", scenario.target));
        Ok(Self {
            test,
            papers: args.papers.clone(),
            baseline,
            outlet,
            live,
            scenario,
            stop,
            witness,
            expect: args.expect.clone(),
            limits,
            workers,
            warnings,
            began: signals::clock().as_secs().cast_signed(),
            pressing: std::time::Instant::now(),
            file: args.scenario.display().to_string(),
        })
    }

    /// Presses once, to the end of the scenario's profile or until it is stopped. `what` says which pressing it is, where
    /// there are several.
    pub(super) fn once(
        &mut self,
        what: &str,
        scenario: Scenario,
        settle: Duration,
        out: &mut Out,
    ) -> Result<Report, Failure> {
        let (workers, capacity) = match &self.workers {
            Workers::Asked(workers) => (*workers, None),
            Workers::Found(found) => (found.workers_for(&scenario), Some(found.capacity)),
        };
        let plan = Plan { scenario: Arc::new(scenario), workers, settle };
        let mut watch = Watch::begin();
        self.live.next(what);
        self.outlet.iter_mut().for_each(Outlet::begin);
        let (live, outlet, stop) = (&mut self.live, &mut self.outlet, &self.stop);
        let outcome = load::run::press(&plan, stop, &mut |progress| {
            watch.look();
            live.tell(progress, watch.cores(), stop, out);
            if let (Some(outlet), Some(last)) = (&mut *outlet, progress.last) {
                outlet.tell(last);
            }
        });
        let outcome = outcome.map_err(failed)?;
        if let Some(outlet) = outlet {
            outcome.slots.iter().for_each(|(at, slot)| outlet.tell((*at, slot)));
        }
        let client =
            Client { workers, own: watch.end(), limits: self.limits, capacity, measured_s: outcome.measured_s };
        let warnings = self.warnings.clone();
        let told = Told { test: self.test, scenario: &self.file, began: self.began, client, warnings };
        Ok(report::build(&plan.scenario, &outcome, told))
    }

    pub(super) fn note(&mut self, out: &mut Out, says: &str) {
        self.live.note(out, says);
    }

    /// Waits for alarms to clear, writes what is to be written, and says how it ended.
    pub(super) fn tell(mut self, mut report: Report, out: &mut Out) -> Result<Exit, Failure> {
        if let Some(witness) = self.witness.take() {
            let ended_s = self.pressing.elapsed().as_secs_f64();
            self.live.next("waiting for the alarms");
            loop {
                let (sights, now_s) = (witness.seen().sights, self.pressing.elapsed().as_secs_f64());
                if self.stop.is_set() || expect::is_settled(&self.expect, &sights, ended_s, now_s) {
                    break;
                }
                self.live.show(&self.stop);
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
        if let Some(before) = &self.baseline {
            self.papers.compare(before, &mut report);
        }
        self.live.end(out);
        self.outlet.iter().for_each(|outlet| outlet.end(report.valid));
        self.papers.write(&report)?;
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
