//! The heart: `(watch, memory, inputs) -> (memory, verdict)`, total and deterministic.
//!
//! The judge says what it finds; patience is added here, the same for every judge: how long it must say firing before
//! that is believed, how long it must say fine before an episode is over. What the judge cannot know is never a
//! recovery: the episode stays open under it, and the wait to clear begins anew.
//! A clock that jumps back shortens no wait below nothing: times of the future are taken for now.

use crate::inputs::Inputs;
use crate::judge::Judge;
use crate::memory::Memory;
use crate::points::Time;
use crate::verdict::{Held, State, Verdict};

/// The part of a rule that decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    pub judge: Judge,
    /// The judge must say firing for so long.
    pub for_s: u64,
    /// The judge must say fine for so long before the episode is over.
    pub hold_s: u64,
}

#[inline]
pub fn step(watch: &Watch, memory: Option<Memory>, inputs: &Inputs<'_>) -> (Memory, Verdict) {
    let now = inputs.now();
    let suppressed = memory.as_ref().map(|memory| memory.suppressed).unwrap_or_default();
    let (before, judge_memory) = match memory {
        Some(memory) => (Before::of(&memory, now), Some(memory.judge)),
        None => (Before::default(), None),
    };
    let (judge, mut verdict) = watch.judge.judge(judge_memory, inputs, now);
    let patience = match verdict.state {
        State::Firing => before.firing(watch.for_s, now),
        State::Fine => before.fine(watch.hold_s, now),
        State::Unknown => Patience { state: State::Unknown, lit: before.lit, clear: None, held: None },
    };
    verdict.state = patience.state;
    verdict.held = patience.held;
    let since = if before.state == Some(patience.state) { before.since } else { now };
    let episode = match patience.state {
        State::Fine => None,
        State::Firing => before.episode.or(patience.lit).or(Some(now)),
        State::Unknown => before.episode,
    };
    let memory =
        Memory { state: patience.state, since, episode, lit: patience.lit, clear: patience.clear, suppressed, judge };
    (memory, verdict)
}

/// What happened between two moments, as those who tell people need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing worth telling; also unknown or fine at creation.
    None,
    Began,
    /// An episode is open and can no longer be seen.
    Lost,
    /// An episode that could not be seen is seen again, and goes on.
    Resumed,
    Ended,
}

/// `before` is `None` at creation.
pub fn change(before: Option<&Memory>, after: &Memory) -> Change {
    let open = before.is_some_and(|before| before.episode.is_some());
    match (open, after.state) {
        (false, State::Firing) => Change::Began,
        (true, State::Fine) => Change::Ended,
        (true, state) if before.is_some_and(|before| before.state != state) => match state {
            State::Unknown => Change::Lost,
            _ => Change::Resumed,
        },
        _ => Change::None,
    }
}

#[derive(Default)]
struct Before {
    state: Option<State>,
    since: Time,
    episode: Option<Time>,
    lit: Option<Time>,
    clear: Option<Time>,
}

struct Patience {
    state: State,
    lit: Option<Time>,
    clear: Option<Time>,
    held: Option<Held>,
}

impl Before {
    fn of(memory: &Memory, now: Time) -> Self {
        let past = |time: Time| time.min(now);
        Self {
            state: Some(memory.state),
            since: past(memory.since),
            episode: memory.episode.map(past),
            lit: memory.lit.map(past),
            clear: memory.clear.map(past),
        }
    }

    fn firing(&self, for_s: u64, now: Time) -> Patience {
        let since = self.lit.unwrap_or(now);
        let until = since.saturating_add_unsigned(for_s);
        if self.episode.is_some() || now >= until {
            return Patience { state: State::Firing, lit: Some(since), clear: None, held: None };
        }
        Patience { state: State::Fine, lit: Some(since), clear: None, held: Some(Held::Pending { since, until }) }
    }

    fn fine(&self, hold_s: u64, now: Time) -> Patience {
        let fine = Patience { state: State::Fine, lit: None, clear: None, held: None };
        if self.episode.is_none() {
            return fine;
        }
        let since = self.clear.unwrap_or(now);
        let until = since.saturating_add_unsigned(hold_s);
        if now >= until {
            return fine;
        }
        Patience {
            state: State::Firing,
            lit: self.lit,
            clear: Some(since),
            held: Some(Held::Clearing { since, until }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Input;
    use crate::points::Points;
    use crate::series::Dimensions;
    use crate::threshold::{self, Limit, Missing};

    fn watch(for_s: u64, hold_s: u64, missing: Missing) -> Watch {
        let points = threshold::Points { m: 1, n: 1 };
        let judge = Judge::Threshold(threshold::Settings { limit: Limit::above(80.0), points, missing, late_s: 0 });
        Watch { judge, for_s, hold_s }
    }

    /// Plays values minute by minute: one letter a state (fine, Firing, ?), and each change.
    fn play(watch: &Watch, values: &[f64]) -> (String, Vec<(Time, Change)>) {
        let points = Points::new(0, 60, values.iter().copied());
        let dimensions = Dimensions::default();
        let series = [Input { role: threshold::VALUE, dimensions: &dimensions, points: points.view() }];
        let (mut memory, mut letters, mut changes) = (None, String::new(), vec![]);
        for minute in 1..=values.len() as Time {
            let (after, verdict) = step(watch, memory.clone(), &Inputs::new(minute * 60, &series));
            letters.push(match verdict.state {
                State::Fine => '.',
                State::Firing => 'F',
                State::Unknown => '?',
            });
            let happened = change(memory.as_ref(), &after);
            if happened != Change::None {
                changes.push((minute, happened));
            }
            memory = Some(Memory::decode(&after.encode()).unwrap());
            assert_eq!(memory.as_ref(), Some(&after));
        }
        (letters, changes)
    }

    const GAP: f64 = f64::NAN;

    #[test]
    fn what_is_new_and_fine_says_nothing() {
        assert_eq!(play(&watch(0, 0, Missing::Missing), &[GAP, GAP, GAP, 1.0]), ("???.".into(), vec![]));
    }

    #[test]
    fn patience_before_and_after() {
        let (letters, changes) = play(&watch(120, 120, Missing::Missing), &[90., 90., 90., 1., 90., 1., 1., 1., 1.]);
        assert_eq!(letters, "..FFFFF..");
        assert_eq!(changes, [(3, Change::Began), (8, Change::Ended)]);
    }

    #[test]
    fn a_gap_is_no_recovery() {
        let values = [90., GAP, GAP, GAP, GAP, 90., 1.];
        let (letters, changes) = play(&watch(0, 0, Missing::Missing), &values);
        assert_eq!(letters, "FFF??F.");
        let expect = [(1, Change::Began), (4, Change::Lost), (6, Change::Resumed), (7, Change::Ended)];
        assert_eq!(changes, expect);
    }

    #[test]
    fn a_clock_that_jumps_back_shortens_no_wait_below_nothing() {
        let watch = watch(120, 0, Missing::Missing);
        let judge = threshold::Memory::default();
        let future = Memory {
            state: State::Fine,
            since: 9_000,
            episode: None,
            lit: Some(9_000),
            clear: None,
            suppressed: crate::composite::Suppressed::default(),
            judge: crate::judge::Memory::Threshold(judge),
        };
        let points = Points::new(0, 60, [90.0; 10]);
        let dimensions = Dimensions::default();
        let series = [Input { role: threshold::VALUE, dimensions: &dimensions, points: points.view() }];
        let (memory, verdict) = step(&watch, Some(future), &Inputs::new(300, &series));
        assert_eq!(verdict.held, Some(Held::Pending { since: 300, until: 420 }));
        let (_, verdict) = step(&watch, Some(memory), &Inputs::new(420, &series));
        assert_eq!(verdict.state, State::Firing);
    }
}
