//! M of N with missing data, exactly as `CloudWatch` decides (facts/alarm-semantics.md, N, M and missing data).
//!
//! Nothing here remembers: what the state was before is the caller's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a missing point counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// With nothing to judge the state is unknown.
    #[default]
    Missing,
    /// With nothing to judge the state stays.
    Ignore,
    Breaching,
    NotBreaching,
}

/// `m` breaching points of the newest `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    pub m: u32,
    pub n: u32,
}

/// `CloudWatch` looks a few points further back than N; how many is unpublished, its documented example has 2.
pub const RANGE_EXTRA: u32 = 2;

/// What was counted in the evaluation range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub real: u32,
    /// Of all that are real.
    pub breaching: u32,
    /// Of the newest N that are real.
    pub breaching_newest: u32,
    /// The age of the oldest real point in periods; the newest slot has the age 1.
    pub oldest: u32,
}

impl Seen {
    /// A real point, which is older than all that were noted before.
    #[inline]
    pub fn note(&mut self, age: u32, breaching: bool, n: u32) {
        self.real += 1;
        self.oldest = age;
        self.breaching += u32::from(breaching);
        self.breaching_newest += u32::from(breaching && self.real <= n);
    }

    /// How many breach of those that decide.
    pub fn counted(&self, n: u32) -> u32 {
        if self.real >= n { self.breaching_newest } else { self.breaching }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Alarm,
    /// Fewer than M breach, but all that is known does, for long enough.
    Premature,
    Ok,
    Insufficient,
    Keep,
}

#[inline]
pub fn decide(seen: Seen, points: Points, missing: Missing) -> Decision {
    let by_count = |breaching| if breaching >= points.m { Decision::Alarm } else { Decision::Ok };
    if seen.real >= points.n {
        return by_count(seen.breaching_newest);
    }
    if seen.real == 0 {
        return match missing {
            Missing::Missing => Decision::Insufficient,
            Missing::Ignore => Decision::Keep,
            Missing::Breaching => Decision::Alarm,
            Missing::NotBreaching => Decision::Ok,
        };
    }
    let fill = if missing == Missing::Breaching { points.n - seen.real } else { 0 };
    let decision = by_count(seen.breaching + fill);
    let premature = decision == Decision::Ok && seen.breaching == seen.real && seen.oldest >= points.m;
    match missing {
        Missing::Missing if premature => Decision::Premature,
        Missing::Ignore if premature => Decision::Keep,
        _ => decision,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Decision::{Alarm, Insufficient, Keep, Ok, Premature};
    use super::*;

    fn slots(text: &str) -> Vec<Option<bool>> {
        let slot = |c: &str| match c {
            "0" => Some(false),
            "X" => Some(true),
            _ => None,
        };
        text.split(' ').map(slot).collect()
    }

    fn seen(slots: &[Option<bool>], n: u32) -> Seen {
        let mut seen = Seen::default();
        for (age, slot) in (1..).zip(slots.iter().rev()) {
            if let Some(breaching) = slot {
                seen.note(age, *breaching, n);
            }
        }
        seen
    }

    const TREATMENTS: [Missing; 4] = [Missing::Missing, Missing::Ignore, Missing::Breaching, Missing::NotBreaching];

    fn check(text: &str, n: u32, m: u32, expect: [Decision; 4]) {
        let seen = seen(&slots(text), n);
        let got = TREATMENTS.map(|missing| decide(seen, Points { m, n }, missing));
        assert_eq!(got, expect, "{text} with {m} of {n}");
    }

    /// Every row of the table.
    #[test]
    fn the_documented_rows() {
        check("0 - X - X", 3, 3, [Ok, Ok, Ok, Ok]);
        check("0 - - - -", 3, 3, [Ok, Ok, Ok, Ok]);
        check("- - - - -", 3, 3, [Insufficient, Keep, Alarm, Ok]);
        check("0 X X - X", 3, 3, [Alarm, Alarm, Alarm, Alarm]);
        check("- - X - -", 3, 3, [Premature, Keep, Alarm, Ok]);
        check("0 - X - X", 3, 2, [Alarm, Alarm, Alarm, Alarm]);
        check("0 0 X 0 X", 3, 2, [Alarm, Alarm, Alarm, Alarm]);
        check("0 - X - -", 3, 2, [Ok, Ok, Alarm, Ok]);
        check("- - - - 0", 3, 2, [Ok, Ok, Alarm, Ok]);
        check("- - - X -", 3, 2, [Premature, Keep, Alarm, Ok]);
        check("- - - - X", 3, 3, [Ok, Ok, Alarm, Ok]);
        check("- - - X -", 3, 3, [Ok, Ok, Alarm, Ok]);
    }

    /// A second implementation, written from the prose: it makes lists and looks at them.
    fn naive(slots: &[Option<bool>], n: usize, m: usize, missing: Missing) -> Decision {
        let real: Vec<bool> = slots.iter().flatten().copied().collect();
        let count = |list: &[bool]| list.iter().filter(|breaching| **breaching).count();
        let verdict = |list: &[bool]| if count(list) < m { Ok } else { Alarm };
        if real.len() >= n {
            return verdict(&real[real.len() - n..]);
        }
        let mut filled = real.clone();
        let filler = match missing {
            Missing::Breaching => Some(true),
            Missing::NotBreaching => Some(false),
            Missing::Missing | Missing::Ignore => None,
        };
        while let (Some(filler), true) = (filler, filled.len() < n) {
            filled.push(filler);
        }
        if filled.is_empty() {
            return if missing == Missing::Ignore { Keep } else { Insufficient };
        }
        if filler.is_some() || verdict(&filled) == Alarm {
            return verdict(&filled);
        }
        let old_slots = &slots[..=slots.len() - m.min(slots.len())];
        let early = !real.contains(&false) && old_slots.iter().any(Option::is_some);
        match (early, missing) {
            (true, Missing::Ignore) => Keep,
            (true, _) => Premature,
            (false, _) => Ok,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_naive_one(
            n in 1_usize..8, m in 1_usize..8, extra in 0_usize..4,
            slots in prop::collection::vec(prop::option::of(any::<bool>()), 12),
        ) {
            let m = m.min(n);
            let range = &slots[..n + extra];
            let seen = seen(range, n as u32);
            for missing in TREATMENTS {
                let got = decide(seen, Points { m: m as u32, n: n as u32 }, missing);
                prop_assert_eq!(got, naive(range, n, m, missing), "{:?} {} of {} {:?}", range, m, n, missing);
            }
        }
    }
}
