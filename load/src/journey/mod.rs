//! One user's way through a journey: request, check, take, think, and the next.
//!
//! A step that fails ends its journey: what follows would press the service with what no user does.

mod cookies;
mod judge;
mod request;

use std::time::{Duration, Instant};

use crate::http::{Answer, Broken, Phases};
use crate::run::{Held, Room};
use crate::scenario::{Journey, Scenario, Step};
use crate::tally::Failure;
use cookies::Jar;
pub use request::Request;

/// The start that was meant, and who it is.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// Counted over the whole run: the same user has the same journey and the same rows whatever worker walks it.
    pub number: u64,
    pub intended: Instant,
}

/// The n-th user's dice.
pub(crate) fn dice(seed: u64, user: u64) -> fastrand::Rng {
    // Weyl's step with the golden ratio: neighbours get seeds that are far apart.
    fastrand::Rng::with_seed(seed ^ user.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// By their weights. The scenario has at least one journey with a weight.
pub(crate) fn pick(journeys: &[Journey], dice: &mut fastrand::Rng) -> usize {
    let total: f64 = journeys.iter().map(|journey| journey.weight).sum();
    let mut point = dice.f64() * total;
    for (at, journey) in journeys.iter().enumerate() {
        point -= journey.weight;
        if point < 0.0 {
            return at;
        }
    }
    journeys.iter().rposition(|journey| journey.weight > 0.0).unwrap_or(0)
}

/// The values that a user begins with: its number, then its row of each table. The name of a table that has ended.
fn values(scenario: &Scenario, journey: &Journey, user: u64) -> Result<Vec<String>, String> {
    let mut values = Vec::with_capacity(journey.variables);
    values.push(user.to_string());
    for table in &scenario.tables {
        values.extend_from_slice(table.row(user).ok_or_else(|| table.name.clone())?);
    }
    values.resize(journey.variables, String::new());
    Ok(values)
}

/// Walks it to its end. The error is the name of a table without a row for this user.
pub(crate) async fn walk(room: &Room, user: User) -> Result<(), String> {
    let scenario = &room.scenario;
    let mut dice = dice(scenario.seed, user.number);
    let chosen = pick(&scenario.journeys, &mut dice);
    let journey = &scenario.journeys[chosen];
    let mut values = values(scenario, journey, user.number)?;
    let mut jar = Jar::default();
    let mut held = Held::default();
    let mut intended = user.intended;
    room.started();
    for (at, step) in journey.steps.iter().enumerate() {
        let number = room.first_step(chosen) + at;
        let taken = ask(room, step, number, intended, (&mut values, &mut jar, &mut held)).await;
        intended = Instant::now();
        if taken.is_err() {
            room.journey_failed();
            return Ok(());
        }
        if let Some((least, most)) = step.think.filter(|_| at + 1 < journey.steps.len()) {
            let think = least + most.saturating_sub(least).mul_f64(dice.f64());
            intended += think;
            tokio::time::sleep_until(intended.into()).await;
        }
    }
    room.journey_done(user.intended);
    Ok(())
}

type Belongings<'a> = (&'a mut Vec<String>, &'a mut Jar, &'a mut Held);

/// One step, with the redirects that it follows. It is tallied here, however it ends.
async fn ask(
    room: &Room,
    step: &Step,
    number: usize,
    intended: Instant,
    (values, jar, held): Belongings<'_>,
) -> Result<(), Failure> {
    let mut request = Request::of(step, &room.scenario.target, values, jar);
    let from = Instant::now();
    let mut phases = Phases::default();
    let mut answered = None;
    let mut left = room.scenario.redirects;
    let end = loop {
        let answer = match within(room.scenario.timeout, room.wires.exchange(&request, step, held, &mut phases)).await {
            Ok(answer) => answer,
            Err(broken) => break Err(Failure::Broken(broken)),
        };
        set_cookies(&answer, &request.path, jar);
        let location =
            answer.header("location").filter(|_| (300..400).contains(&answer.status) && answer.status != 304);
        match location.map(|to| request::same_host(to, &room.scenario.target, &request.path)) {
            Some(_) if room.scenario.redirects == 0 => {}
            Some(None) => break Err(Failure::Elsewhere),
            Some(Some(_)) if left == 0 => break Err(Failure::Redirects),
            Some(Some(path)) => {
                left -= 1;
                request = request.redirected(answer.status, path, jar);
                continue;
            }
            None => {}
        }
        let answer = answered.insert(answer);
        break match judge::failure(&step.expect, answer) {
            Some(failure) => Err(failure),
            None => judge::take(step, answer, values),
        };
    };
    let now = Instant::now();
    let times = Taken { latency: now.saturating_duration_since(intended), service: now - from, phases };
    room.record(number, &times, answered.as_ref(), end.as_ref().err());
    end
}

/// What one request took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub latency: Duration,
    pub service: Duration,
    pub phases: Phases,
}

/// The parts that the service named in the answer.
pub(crate) fn parts(answer: &Answer) -> impl Iterator<Item = (&str, Duration)> {
    let headers = answer.headers().filter(|(name, _)| name.eq_ignore_ascii_case("server-timing"));
    headers.flat_map(|(_, value)| judge::server_timing(value))
}

fn set_cookies(answer: &Answer, path: &str, jar: &mut Jar) {
    for (_, value) in answer.headers().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
        jar.take(value, path);
    }
}

async fn within<T>(timeout: Duration, of: impl Future<Output = Result<T, Broken>>) -> Result<T, Broken> {
    tokio::time::timeout(timeout, of).await.unwrap_or(Err(Broken::Timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journeys_are_taken_by_their_weights() {
        let of = |weight| Journey { name: String::new(), weight, steps: Vec::new(), variables: 1 };
        let journeys = [of(3.0), of(0.0), of(1.0)];
        let mut taken = [0_u32; 3];
        for user in 0..40_000 {
            taken[pick(&journeys, &mut dice(7, user))] += 1;
        }
        assert_eq!(taken[1], 0);
        assert!((29_400..30_600).contains(&taken[0]), "{taken:?}");
    }
}
