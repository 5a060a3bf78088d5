//! `stormglass top`: the host on one screen, again and again.

mod screen;

use std::time::{Duration, Instant};

use super::terminal::{Key, Terminal};
use super::{Common, Out};
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::metrics::Tier;
use crate::reading::{Reading, Readings};
use screen::Head;

/// Show this host on one screen that refreshes
///
/// It reads by itself, so it works without a running agent, without keys and as any user. `q` leaves, any other key
/// refreshes at once. Where the output is no terminal, one screen is printed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Seconds between screens
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    every: u64,
}

/// How soon after the start the first differences are shown.
const FIRST: Duration = Duration::from_millis(300);

/// No collector rests longer.
const REST_MAX: Duration = Duration::from_mins(1);

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let mut settings = common.load()?.host;
    // What is shown costs nothing: all of it, whatever is published.
    settings.wanted.tier = Tier::Full;
    let mut view = View::new(Host::new(&settings));
    let cannot = |error| Failure::failed("SG-CLI-005", "cannot use the terminal").because(error);
    let Some(_terminal) = Terminal::enter().map_err(cannot)? else {
        std::thread::sleep(FIRST);
        let lines: Vec<_> = view.lines(Terminal::size()).iter().map(|line| screen::plain(line)).collect();
        out.say(&lines, || lines.join("\n"))?;
        return Ok(Exit::Ok);
    };
    let mut wait = FIRST;
    loop {
        if Terminal::key(wait).map_err(cannot)? == Some(Key::Quit) {
            return Ok(Exit::Ok);
        }
        Terminal::draw(&view.lines(Terminal::size())).map_err(cannot)?;
        wait = Duration::from_secs(args.every);
    }
}

/// The collectors, and when they last ran.
#[derive(Debug)]
struct View {
    host: Host,
    name: String,
    last: Instant,
    /// What was read last, each with its time.
    held: Vec<(Instant, Reading)>,
}

impl View {
    fn new(mut host: Host) -> Self {
        host.tick(&mut Readings::default());
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self { host, name, last: Instant::now(), held: Vec::new() }
    }

    fn lines(&mut self, size: (usize, usize)) -> Vec<String> {
        let mut readings = Readings::default();
        self.host.tick(&mut readings);
        let interval_s = self.last.elapsed().as_secs_f64().max(0.001);
        self.last = Instant::now();
        // A collector that is dear rests for some ticks: what it said last stays on the screen meanwhile.
        let fresh = readings.0;
        let other = |a: &Reading, b: &Reading| a.name != b.name || a.dimensions != b.dimensions;
        self.held.retain(|(at, held)| at.elapsed() < REST_MAX && fresh.iter().all(|it| other(it, held)));
        self.held.extend(fresh.into_iter().map(|reading| (self.last, reading)));
        let readings = Readings(self.held.iter().map(|(_, reading)| reading.clone()).collect());
        let head = Head { host: self.name.clone(), time: time_of_day(), interval_s };
        screen::screen(&head, &readings, &[], size)
    }
}

/// In UTC, as everything that CloudWatch shows.
fn time_of_day() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let s = since.as_secs() % 86_400;
    format!("{:02}:{:02}:{:02} UTC", s / 3_600, s / 60 % 60, s % 60)
}
