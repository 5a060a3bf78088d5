//! What is found, as a verdict: its key, the numbers of its sentence, the time left with its interval.

use super::reading::Reading;
use super::settings::Settings;
use super::{FAR_S, Left};
use crate::grade::{Immediacy, Impact};
use crate::verdict::{Fact, Reason, TimeLeft, Verdict};

pub(super) fn verdict(settings: &Settings, reading: &Reading, left: &Left, firing: bool, spent: bool) -> Verdict {
    let key = match (firing, reading.unlimited, spent) {
        (false, ..) => "burst.fine",
        (true, false, true) => "burst.empty",
        (true, false, false) if left.any() => "burst.draining",
        (true, true, true) => "burst.charged",
        (true, true, false) if left.any() => "burst.charges_soon",
        (true, ..) => "burst.recovering",
    };
    let reason = reason(key, reading);
    let percent = 100.0 * reading.level.middle() / reading.bucket.most_held;
    let mut verdict = if firing { Verdict::firing(reason) } else { Verdict::fine(reason) }.value(percent);
    if spent {
        verdict.time_left = Some(TimeLeft { low_s: 0.0, likely_s: 0.0, high_s: 0.0 });
    } else if left.any() {
        let near = |seconds: f64| seconds.min(FAR_S);
        verdict.time_left =
            Some(TimeLeft { low_s: near(left.0.low_s), likely_s: near(left.0.likely_s), high_s: near(left.0.high_s) });
    }
    verdict.immediacy = match verdict.time_left {
        Some(time_left) => Some(immediacy(settings, time_left.likely_s)),
        None => firing.then_some(Immediacy::Later),
    };
    // A surplus costs money; no user is slower for it.
    verdict.impact = (firing && reading.unlimited).then_some(Impact::None);
    verdict
}

fn immediacy(settings: &Settings, likely_s: f64) -> Immediacy {
    if likely_s <= settings.now_below_s {
        Immediacy::Now
    } else if likely_s <= settings.soon_below_s {
        Immediacy::Soon
    } else {
        Immediacy::Later
    }
}

fn reason(key: &'static str, reading: &Reading) -> Reason {
    let (bucket, used) = (&reading.bucket, &reading.used);
    let mut facts = Vec::with_capacity(10);
    facts.push(("left", Fact::Percent(100.0 * reading.level.middle() / bucket.most_held)));
    facts.push(("held", Fact::Number(reading.level.middle())));
    facts.push(("cpu", Fact::Percent(100.0 * used.likely / bucket.width)));
    facts.push(("baseline", Fact::Percent(bucket.baseline_percent())));
    facts.push(("drain_per_hour", Fact::Number(bucket.drain(used.likely) * 60.0)));
    facts.push(("over", Fact::DurationS(used.over_min * 60.0)));
    if reading.unlimited {
        facts.push(("owed", Fact::Number(reading.owed)));
        facts.push(("dollars_per_hour", Fact::Money(bucket.dollars_per_hour(used.likely))));
        facts.push(("dollars_owed", Fact::Money(bucket.dollars_owed(reading.owed))));
    }
    if reading.estimated {
        facts.push(("estimated", Fact::Count(1)));
    }
    Reason { key, facts: facts.into() }
}
