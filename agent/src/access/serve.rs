//! Looks at the files every second, and tells every ten.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alarm::points::Time;
use tokio::time::{Instant, sleep_until};

use super::follow::{Follow, Place};
use super::format::{ADVICE, Format};
use super::tally::Tally;
use super::{SOURCE, Settings};
use crate::clients::Client;
use crate::inlet::Inlet;
use crate::logs::tail::Disk;
use crate::reading::Readings;
use crate::refusals::Refusals;
use crate::stop::Stop;
use crate::ticks::{until_before_next, until_next};
use crate::vitals::Lost;

const LOOK_S: u32 = 1;
const FLUSH_S: u32 = 10;
/// Looks between two looks for files that are new.
const SCAN_LOOKS: u32 = 5;
/// Flushes of a minute, after which addresses are forgotten.
const MINUTE_FLUSHES: u32 = 6;
/// So many refusals of one address are worth a line in the journal, and so many addresses.
const WORTH_TELLING: u32 = 20;
const WORST: usize = 5;
/// Unreadable lines of a flush that are more than these, of all: the format is another.
const MOSTLY: u64 = 2;
/// So much of each file shows which routes there are: some 5,000 lines.
const LAST_BYTES: u64 = 1 << 20;

/// Where files were read to: a reload goes on there.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<Vec<Place>>>);

#[derive(Debug)]
struct Service {
    follow: Follow,
    format: Format,
    tally: Tally,
    lines: u64,
    said: bool,
}

pub async fn run(all: Vec<Settings>, kept: Kept, inlet: Inlet, clock: fn() -> Duration, mut stop: Stop) {
    let mut services: Vec<_> = all.into_iter().map(Service::new).collect();
    let places = std::mem::take(&mut *kept.0.lock().unwrap_or_else(PoisonError::into_inner));
    let mut refusals = Refusals::default();
    let (mut looks, mut flushes) = (0_u32, 0_u32);
    let mut flush_at = Instant::now() + until_before_next(FLUSH_S, clock());
    loop {
        for service in &mut services {
            if looks.is_multiple_of(SCAN_LOOKS) {
                service.follow.scan(if looks == 0 { &places } else { &[] });
            }
            while service.turn(&mut refusals) {
                // A large file must not hold up the rest.
                tokio::task::yield_now().await;
            }
        }
        looks = looks.wrapping_add(1);
        let look_at = Instant::now() + until_next(LOOK_S, clock());
        tokio::select! {
            () = stop.asked() => break,
            () = sleep_until(flush_at.min(look_at)) => {}
        }
        if Instant::now() >= flush_at {
            flushes = flushes.wrapping_add(1);
            let now = clock().as_secs() as Time;
            flush(&mut services, &mut refusals, &inlet, (now, flushes.is_multiple_of(MINUTE_FLUSHES)));
            flush_at = Instant::now() + until_before_next(FLUSH_S, clock());
        }
    }
    for service in &mut services {
        while service.turn(&mut refusals) {}
    }
    flush(&mut services, &mut refusals, &inlet, (clock().as_secs() as Time, false));
    let places = services.iter().flat_map(|service| service.follow.places()).collect();
    *kept.0.lock().unwrap_or_else(PoisonError::into_inner) = places;
}

/// What the last lines come to, for `stormglass cost`: which series there will be, and not how much they say.
pub fn look_once(settings: Settings) -> (Readings, String) {
    let mut service = Service::new(settings);
    service.follow.scan(&[]);
    if service.follow.is_empty() {
        return (Readings::default(), "there is no such file, or it may not be read".to_owned());
    }
    service.follow.back(LAST_BYTES);
    let mut refusals = Refusals::default();
    while service.turn(&mut refusals) {}
    (service.tally.flush(), String::new())
}

impl Service {
    fn new(settings: Settings) -> Self {
        let Settings { service, globs, format, max_routes, routes } = settings;
        if !format.is_timed() {
            tracing::info!(service, "this access log tells no times; nginx tells them by: {ADVICE}");
        }
        let (follow, tally) = (Follow::new(Disk, globs), Tally::new(&service, max_routes, routes));
        Self { follow, format, tally, lines: 0, said: false }
    }

    fn turn(&mut self, refusals: &mut Refusals) -> bool {
        let Self { follow, format, tally, lines, .. } = self;
        follow.turn(refusals, &mut |line, refusals: &mut Refusals| {
            *lines += 1;
            match format.read(line) {
                Some(hit) => tally.add(&hit),
                None if line.is_empty() => {}
                None => refusals.add(Lost::Unreadable, || {
                    format!("{}: {}", tally.service(), String::from_utf8_lossy(&line[..line.len().min(120)]))
                }),
            }
        })
    }
}

fn flush(services: &mut [Service], refusals: &mut Refusals, inlet: &Inlet, when: (Time, bool)) {
    let unread = refusals.of(Lost::Unreadable);
    for service in services.iter_mut() {
        if service.lines > 0 && unread * MOSTLY > service.lines && !std::mem::replace(&mut service.said, true) {
            let name = service.tally.service();
            tracing::warn!(
                service = name,
                unread,
                "most lines of this access log have not the form that `format` says"
            );
        }
        service.lines = 0;
        if service.follow.is_empty() {
            continue;
        }
        let readings = service.tally.flush();
        // Before the readings: who judges them wants to know whom to name.
        tell_worst(&mut service.tally, inlet, when);
        inlet.give(SOURCE, readings);
    }
    refusals.tell(SOURCE, inlet.vitals());
}

/// The worst addresses of the minute go to whoever finds the words of a notice, and at its end those with many requests
/// into the journal. They are told nowhere else: an address is no dimension, and it is somebody's.
fn tell_worst(tally: &mut Tally, inlet: &Inlet, (now, minute_ends): (Time, bool)) {
    let worst = tally.worst(WORST, minute_ends);
    if !worst.is_empty() {
        let client = |(address, requests): &(String, u32)| Client { address: address.clone(), requests: *requests };
        inlet.clients().accuse(tally.service(), worst.iter().map(client).collect(), now, minute_ends);
    }
    if !minute_ends || worst.first().is_none_or(|(_, count)| *count < WORTH_TELLING) {
        return;
    }
    let worst: Vec<_> = worst.into_iter().map(|(address, count)| format!("{address} ({count})")).collect();
    tracing::warn!(service = tally.service(), "suspicious requests in the last minute, most from {}", worst.join(", "));
}
