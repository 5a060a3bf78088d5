//! How fast the error budget of a service level objective burns: several windows at once
//! (facts/alarm-semantics.md, SLO burn rates).
//!
//! A row fires when its long window burns too fast (so that it matters) and its short one still does (so that it ends
//! soon after the trouble). What a window of days summed is remembered for an hour: between two whole hours only its ends
//! are read again. Periods without a count of failures had none; periods without calls tell nothing. With
//! fewer events than the rule wants, nobody is woken.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grade::Immediacy;
use crate::inputs::Inputs;
use crate::judge::Role;
use crate::points::{Time, View};
use crate::sheet::{At, Faults, Seconds};
use crate::verdict::{Fact, Reason, Verdict};

pub const FAILED: &str = "failed";
pub const CALLS: &str = "calls";

/// The keys of `judge = "budget"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// The share of calls that must succeed, in percent: 99.9
    pub objective: At<f64>,
    /// Over how long the objective is promised. "30d" where not said.
    #[serde(default)]
    pub over: Option<At<Seconds>>,
    /// Fewer calls than this in a long window wake nobody. 100 where not said.
    #[serde(default)]
    pub min_events: Option<At<f64>>,
    /// Instead of the usual three rows.
    #[serde(default)]
    pub window: Vec<RawWindow>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWindow {
    /// So long that it matters.
    pub long: At<Seconds>,
    /// So short that it ends soon after the trouble.
    pub short: At<Seconds>,
    /// How many times faster than the objective allows.
    pub burn: At<f64>,
    /// How soon someone must act.
    pub immediacy: Immediacy,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The share of calls that may fail, 0 to 1.
    pub allowed: f64,
    pub over_s: u64,
    pub min_events: f64,
    pub windows: Vec<Window>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub long_s: u64,
    pub short_s: u64,
    pub burn: f64,
    pub immediacy: Immediacy,
}

/// The gravest first.
pub const USUAL: &[Window] = &[
    Window { long_s: 3_600, short_s: 300, burn: 14.4, immediacy: Immediacy::Now },
    Window { long_s: 21_600, short_s: 1_800, burn: 6.0, immediacy: Immediacy::Now },
    Window { long_s: 259_200, short_s: 21_600, burn: 1.0, immediacy: Immediacy::Later },
];

const OVER_S: u64 = 30 * 86_400;
const MIN_EVENTS: f64 = 100.0;
/// More rows than anyone can reason about.
const WINDOWS_MAX: usize = 10;
/// The longest window: CloudWatch keeps minutes for 15 days.
const LONG_MAX_S: u64 = 15 * 86_400;

/// Sums are remembered over whole blocks of this: a late point within one is seen when the next begins.
const BLOCK_S: u64 = 3_600;
/// Shorter windows are summed anew at each step.
const KEPT_MIN_S: u64 = 24 * BLOCK_S;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Of the long window that was summed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept: Option<Kept>,
}

/// What the whole blocks between two moments came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    from: Time,
    to: Time,
    failed: f64,
    events: f64,
}

impl Raw {
    pub fn check(self, _: Range<usize>, faults: &mut Faults) -> Settings {
        let objective = *self.objective;
        if !(objective > 0.0 && objective < 100.0) {
            let says = "an objective lies between 0 and 100 percent, both excluded: 99.9";
            faults.add(self.objective.span.clone(), "SG-JDG-050", says);
        }
        if self.window.len() > WINDOWS_MAX {
            faults.add(self.objective.span.clone(), "SG-JDG-051", format!("more than {WINDOWS_MAX} windows"));
        }
        let mut windows: Vec<_> = self.window.iter().take(WINDOWS_MAX).map(|raw| raw.check(faults)).collect();
        if windows.is_empty() {
            windows = USUAL.to_vec();
        }
        windows.sort_by(|a, b| b.immediacy.cmp(&a.immediacy).then(b.burn.total_cmp(&a.burn)));
        Settings {
            allowed: 1.0 - objective / 100.0,
            over_s: self.over.map_or(OVER_S, |over| over.0.max(1)),
            min_events: self.min_events.map_or(MIN_EVENTS, |least| *least),
            windows,
        }
    }
}

impl RawWindow {
    fn check(&self, faults: &mut Faults) -> Window {
        if self.long.0 <= self.short.0 || self.short.0 == 0 {
            faults.add(self.short.span.clone(), "SG-JDG-051", "the short window must be shorter than the long one");
        } else if self.long.0 > LONG_MAX_S {
            faults.add(self.long.span.clone(), "SG-JDG-051", "a window is at most 15d long");
        }
        if self.burn.is_nan() || *self.burn <= 0.0 {
            faults.add(self.burn.span.clone(), "SG-JDG-051", "a burn rate is above 0");
        }
        Window { long_s: self.long.0, short_s: self.short.0, burn: *self.burn, immediacy: self.immediacy }
    }
}

pub fn roles(_: &Settings) -> Vec<Role> {
    vec![Role::required(FAILED, "Sum").many(), Role::required(CALLS, "Sum").many()]
}

pub fn reach_s(settings: &Settings, period_s: u32) -> u64 {
    settings.windows.iter().map(|window| window.long_s).max().unwrap_or(0) + u64::from(period_s)
}

struct Burn {
    rate: f64,
    events: f64,
}

pub fn judge(settings: &Settings, memory: Memory, inputs: &Inputs<'_>, now: Time) -> (Memory, Verdict) {
    let of = |role| inputs.all(role).map(|(_, points)| points).collect::<Vec<_>>();
    let (failed, calls) = (of(FAILED), of(CALLS));
    let counts = Counts { failed: &failed, calls: &calls, now };
    let mut memory = memory;
    let mut burn = |length_s: u64| {
        let (failed, events) = counts.window(length_s, &mut memory)?;
        Some(Burn { rate: if events > 0.0 { failed / events / settings.allowed } else { 0.0 }, events })
    };
    let mut newest = None;
    for window in &settings.windows {
        // The short window first: it is cheap, and mostly it says no.
        let Some(short) = burn(window.short_s) else { continue };
        let fast = short.rate > window.burn;
        newest.get_or_insert((short, *window));
        if !fast {
            continue;
        }
        let Some(long) = burn(window.long_s) else { continue };
        if long.rate > window.burn && long.events >= settings.min_events {
            let verdict = Verdict::firing(reason("budget.burning", settings, &long, window, window.long_s));
            return (memory, verdict.value(long.rate).immediacy(window.immediacy));
        }
    }
    let Some((short, window)) = newest else {
        return (memory, Verdict::unknown(Reason::new("budget.missing")));
    };
    let verdict = Verdict::fine(reason("budget.fine", settings, &short, &window, window.short_s));
    (memory, verdict.value(short.rate))
}

#[derive(Clone, Copy)]
struct Counts<'a> {
    failed: &'a [View<'a>],
    calls: &'a [View<'a>],
    now: Time,
}

impl Counts<'_> {
    /// Failures and events of the window that ends now; `None` where no calls are known in it.
    fn window(self, length_s: u64, memory: &mut Memory) -> Option<(f64, f64)> {
        let from = self.now.saturating_sub_unsigned(length_s);
        if self.calls.iter().all(|points| points.since(from).newest().is_none()) {
            return None;
        }
        if length_s < KEPT_MIN_S {
            return Some(self.between(from, self.now));
        }
        let block = BLOCK_S as Time;
        let whole_from = from.saturating_add(block - 1).div_euclid(block) * block;
        // The newest block is left out as well: its points may still come late.
        let whole_to = (self.now.div_euclid(block) - 1) * block;
        let kept = memory.kept.filter(|kept| (kept.from, kept.to) == (whole_from, whole_to)).unwrap_or_else(|| {
            let (failed, events) = self.between(whole_from, whole_to);
            Kept { from: whole_from, to: whole_to, failed, events }
        });
        memory.kept = Some(kept);
        let (head, tail) = (self.between(from, whole_from), self.between(whole_to, self.now));
        Some((head.0 + kept.failed + tail.0, head.1 + kept.events + tail.1))
    }

    fn between(self, from: Time, to: Time) -> (f64, f64) {
        (sum(self.failed, from, to), sum(self.calls, from, to))
    }
}

/// Of the periods that begin between the two.
fn sum(series: &[View<'_>], from: Time, to: Time) -> f64 {
    let one = |points: &View<'_>| {
        let (since, after) = (points.since(from).raw(), points.since(to).len());
        total(&since[..since.len().saturating_sub(after)])
    };
    series.iter().map(one).sum()
}

/// Gaps, and what is below nothing, count for nothing. Eight sums stand side by side: no addition waits for the one
/// before it.
fn total(values: &[f64]) -> f64 {
    // Not `max`: that would look for NaN once more.
    let counted = |value: f64| if value > 0.0 { value } else { 0.0 };
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for (sum, value) in sums.iter_mut().zip(eight) {
            *sum += counted(*value);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().copied().map(counted).sum::<f64>()
}

fn reason(key: &'static str, settings: &Settings, burn: &Burn, window: &Window, over_s: u64) -> Reason {
    let lasts_s = if burn.rate > 0.0 { settings.over_s as f64 / burn.rate } else { f64::INFINITY };
    let mut reason = Reason::new(key)
        .with("burn", Fact::Number(burn.rate))
        .with("limit", Fact::Number(window.burn))
        .with("window", Fact::DurationS(over_s as f64))
        .with("failed", Fact::Percent(burn.rate * settings.allowed * 100.0))
        .with("events", Fact::Count(burn.events as u64));
    if lasts_s.is_finite() {
        reason = reason.with("budget_lasts", Fact::DurationS(lasts_s));
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Input;
    use crate::points::Points;
    use crate::series::Dimensions;
    use crate::verdict::State;

    fn settings() -> Settings {
        Settings { allowed: 0.001, over_s: OVER_S, min_events: 100.0, windows: USUAL.to_vec() }
    }

    /// Three days of minutes, of which the newest `bad_minutes` fail at `share` of `calls` a minute.
    fn judged(bad_minutes: usize, share: f64, calls: f64) -> Verdict {
        let length = 3 * 1_440;
        let failed = (0..length).map(|at| if at >= length - bad_minutes { calls * share } else { f64::NAN });
        let failed = Points::new(0, 60, failed);
        let calls = Points::new(0, 60, vec![calls; length]);
        let dimensions = Dimensions::default();
        let input = |role, points| Input { role, dimensions: &dimensions, points };
        let series = [input(FAILED, failed.view()), input(CALLS, calls.view())];
        let now = calls.end();
        judge(&settings(), Memory::default(), &Inputs::new(now, &series), now).1
    }

    /// The rows of the table, each a little inside and a little outside.
    #[test]
    fn each_row_of_the_table() {
        let expect = |minutes, share, state, immediacy| {
            let verdict = judged(minutes, share, 100.0);
            assert_eq!((verdict.state, verdict.immediacy), (state, immediacy), "{minutes} min of {share}");
        };
        expect(60, 0.0145, State::Firing, Some(Immediacy::Now));
        expect(60, 0.0143, State::Fine, None);
        expect(360, 0.0061, State::Firing, Some(Immediacy::Now));
        expect(360, 0.0059, State::Fine, None);
        expect(4_320, 0.0011, State::Firing, Some(Immediacy::Later));
        expect(4_320, 0.0009, State::Fine, None);
        // A short outage of everything burns 2 % of a month within minutes.
        expect(1, 1.0, State::Firing, Some(Immediacy::Now));
    }

    /// Stepped minute by minute with what is remembered, or with nothing: the same verdict, whatever the minute.
    #[test]
    fn what_is_remembered_changes_no_verdict() {
        let length = 4 * 1_440;
        let share = |minute: usize| [0.0, 0.4, f64::NAN, 0.1, 0.3][(minute / 7) % 5];
        let failed = Points::new(0, 60, (0..length).map(share));
        let calls = Points::new(0, 60, (0..length).map(|minute| 90.0 + (minute % 21) as f64));
        let dimensions = Dimensions::default();
        let input = |role, points| Input { role, dimensions: &dimensions, points };
        let series = [input(FAILED, failed.view()), input(CALLS, calls.view())];
        let (mut memory, mut fired) = (Memory::default(), 0);
        for minute in 3 * 1_440..length as Time {
            let now = minute * 60 + 17;
            let inputs = Inputs::new(now, &series);
            let (after, verdict) = judge(&settings(), memory, &inputs, now);
            let (_, anew) = judge(&settings(), Memory::default(), &inputs, now);
            assert_eq!((verdict.state, verdict.immediacy), (anew.state, anew.immediacy));
            let (one, other) = (verdict.value.unwrap(), anew.value.unwrap());
            assert!((one - other).abs() < 1e-9 * other.abs(), "{one} {other}");
            fired += usize::from(verdict.state == State::Firing);
            memory = after;
        }
        assert!(memory.kept.is_some() && fired > 1_000, "{fired}");
    }

    #[test]
    fn a_sum_passes_over_gaps_and_what_is_below_nothing() {
        let values: Vec<f64> = (0..29).map(|n| [1.0, f64::NAN, -4.0, 0.5][n % 4]).collect();
        for length in 0..values.len() {
            let expect: f64 = values[..length].iter().filter(|value| **value > 0.0).sum();
            assert_eq!(total(&values[..length]), expect, "{length}");
        }
    }

    #[test]
    fn few_events_wake_nobody_and_no_calls_tell_nothing() {
        assert_eq!(judged(5, 1.0, 0.02).state, State::Fine);
        assert_eq!(judged(0, 0.0, f64::NAN).state, State::Unknown);
        assert_eq!(judged(0, 0.0, 0.0).state, State::Fine);
    }
}
