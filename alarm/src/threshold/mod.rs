//! M of N points past a limit, with CloudWatch's semantics of missing data, and a separate limit to clear.
//!
//! One thing is better than in `CloudWatch`: there, an alarm whose data went missing turns fine when a single breaching
//! point comes back. Here an episode ends only when a point that does not breach was seen (or when the rule says that
//! missing is not breaching).

mod limit;
mod missing;

pub use limit::{Edge, Limit};
pub use missing::{Decision, Missing, Points, RANGE_EXTRA, Seen, decide};

use serde::{Deserialize, Serialize};

use crate::inputs::Inputs;
use crate::judge::Role;
use crate::points::{Time, View};
use crate::verdict::{Fact, Facts, Named, Reason, Verdict};

/// The role of the series judged.
pub const VALUE: &str = "value";

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    pub limit: Limit,
    pub points: Points,
    pub missing: Missing,
    /// How late a point may come: at least so far behind N the evaluation range reaches.
    pub late_s: u32,
}

impl Settings {
    /// How many slots are looked at.
    #[inline]
    pub fn range(&self, period_s: u32) -> u32 {
        let period_s = period_s.max(1);
        if u64::from(self.late_s) <= u64::from(period_s) * u64::from(RANGE_EXTRA) {
            return self.points.n + RANGE_EXTRA;
        }
        self.points.n + self.late_s.div_ceil(period_s)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stands {
    Ok,
    Alarm,
    #[default]
    Insufficient,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    stands: Stands,
    /// It was in alarm and has not been seen well since.
    #[serde(default)]
    open: bool,
}

pub fn roles(_: &Settings) -> Vec<Role> {
    vec![Role::required(VALUE, "Average")]
}

pub fn reach_s(settings: &Settings, period_s: u32) -> u64 {
    u64::from(settings.range(period_s)) * u64::from(period_s)
}

#[inline]
pub fn judge(settings: &Settings, memory: Memory, inputs: &Inputs<'_>, now: Time) -> (Memory, Verdict) {
    judge_view(settings, memory, inputs.one(VALUE).unwrap_or(View::empty(60)), now)
}

/// For judges that make a series first and then hold it against a limit.
#[inline]
pub fn judge_view(settings: &Settings, memory: Memory, points: View<'_>, now: Time) -> (Memory, Verdict) {
    let limit = settings.limit.now(memory.open);
    let range = settings.range(points.period_s());
    let (seen, values) = look(points, now, range, &limit, settings.points.n);
    let decision = decide(seen, settings.points, settings.missing);
    let well_seen = seen.breaching < seen.real || settings.missing == Missing::NotBreaching;
    let (stands, open) = match decision {
        Decision::Alarm | Decision::Premature => (Stands::Alarm, true),
        Decision::Insufficient => (Stands::Insufficient, memory.open),
        Decision::Ok if memory.open && !well_seen => (memory.stands, true),
        Decision::Ok => (Stands::Ok, false),
        Decision::Keep => (memory.stands, memory.open),
    };
    let gap = decision == Decision::Ok && open;
    let key = match (decision, stands) {
        (Decision::Alarm, _) if seen.real == 0 => "threshold.missing_breaches",
        (Decision::Alarm, _) => "threshold.breaching",
        (Decision::Premature, _) => "threshold.breaching_before_gap",
        (Decision::Ok, _) if gap => "threshold.gap_is_no_recovery",
        (Decision::Ok, _) if seen.real == 0 => "threshold.missing_is_fine",
        (Decision::Ok, _) if seen.counted(settings.points.n) > 0 => "threshold.too_few",
        (Decision::Ok, _) => "threshold.fine",
        (Decision::Insufficient, _) => "threshold.missing",
        (Decision::Keep, _) => "threshold.kept",
    };
    let reason = reason(key, settings, &limit, seen, values, points.period_s());
    let verdict = match stands {
        Stands::Ok => Verdict::fine(reason),
        Stands::Alarm => Verdict::firing(reason),
        Stands::Insufficient => Verdict::unknown(reason),
    };
    (Memory { stands, open }, verdict.value(values.unwrap_or(f64::NAN)))
}

/// Counts the newest `range` periods that ended by `now`, and finds the worst value of the newest `n`.
#[inline]
fn look(points: View<'_>, now: Time, range: u32, limit: &Limit, n: u32) -> (Seen, Option<f64>) {
    let points = points.until(now);
    let (mut seen, mut worst) = (Seen::default(), None);
    for (age, value) in (absent(points, now, range) + 1..=range).zip(points.raw().iter().rev()) {
        if value.is_nan() {
            continue;
        }
        seen.note(age, limit.breaches(*value), n);
        if seen.real <= n {
            worst = Some(worst.map_or(*value, |held| limit.worse(held, *value)));
        }
    }
    (seen, worst)
}

/// Periods that ended and of which nothing came are the newest gaps.
#[inline]
fn absent(points: View<'_>, now: Time, range: u32) -> u32 {
    let period = Time::from(points.period_s());
    let since = now.saturating_sub(points.end());
    if since < period {
        return 0;
    }
    u32::try_from(since / period).map_or(range, |absent| absent.min(range))
}

/// `value` is the worst that counts, where one was seen.
const FACTS: &[Named; 7] = &[
    ("value", Fact::Number),
    ("limit", Fact::Number),
    ("breaching", Fact::counted),
    ("needed", Fact::counted),
    ("of", Fact::counted),
    ("real", Fact::counted),
    ("period", Fact::DurationS),
];

#[inline]
fn reason(
    key: &'static str,
    settings: &Settings,
    limit: &Limit,
    seen: Seen,
    worst: Option<f64>,
    period_s: u32,
) -> Reason {
    let Points { m, n } = settings.points;
    let limit = limit.nearest(worst.unwrap_or(f64::INFINITY));
    let [counted, m, n, real, period] = [seen.counted(n), m, n, seen.real, period_s].map(f64::from);
    Reason { key, facts: Facts::table(FACTS, [worst.unwrap_or(f64::NAN), limit, counted, m, n, real, period]) }
}
