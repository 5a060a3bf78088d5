//! What is found, as a verdict: slope, time to full with its interval, and the level some hours and a week ago.

use super::now::Pace;
use super::settings::Settings;
use super::{Creep, DAY_S, Found, Stands};
use crate::grade::Immediacy;
use crate::verdict::{Fact, Reason, TimeLeft, Verdict};

const HOUR_S: f64 = 3_600.0;

pub(super) fn verdict(settings: &Settings, found: &Found) -> Verdict {
    let (key, immediacy) = match found.stands {
        Stands::Fine => ("disk.fine", None),
        Stands::Later => ("disk.later", Some(Immediacy::Later)),
        Stands::LaterNearlyFull => ("disk.later_nearly_full", Some(Immediacy::Soon)),
        Stands::NearlyFull => ("disk.nearly_full", Some(Immediacy::Now)),
        Stands::RunsAway => ("disk.now", Some(Immediacy::Now)),
    };
    let reason = reason(key, settings, found);
    let verdict = if immediacy.is_some() { Verdict::firing(reason) } else { Verdict::fine(reason) };
    let time_left = time_left(found);
    Verdict { immediacy, time_left, ..verdict.value(found.live.level) }
}

/// By the pace of now where it runs away, by the trend of days else; by whichever there is while it is fine.
fn time_left(found: &Found) -> Option<TimeLeft> {
    let by_pace = |pace: Pace| TimeLeft {
        low_s: pace.low_h * HOUR_S,
        likely_s: pace.hours * HOUR_S,
        high_s: pace.high_h * HOUR_S,
    };
    let by_trend = |creep: Creep| TimeLeft {
        low_s: creep.low_days * DAY_S,
        likely_s: creep.days * DAY_S,
        high_s: creep.high_days * DAY_S,
    };
    match found.stands {
        Stands::RunsAway | Stands::NearlyFull => found.pace.map(by_pace).or(found.creep.map(by_trend)),
        Stands::Fine | Stands::Later | Stands::LaterNearlyFull => found.creep.map(by_trend),
    }
}

fn reason(key: &'static str, settings: &Settings, found: &Found) -> Reason {
    let mut facts = Vec::with_capacity(9);
    facts.push(("of", Fact::Text(found.role.to_owned())));
    facts.push(("level", Fact::Percent(found.live.level)));
    match (found.stands, found.pace, found.creep) {
        (Stands::RunsAway | Stands::NearlyFull, Some(pace), _) => {
            facts.push(("per_hour", Fact::Percent(pace.per_hour)));
        }
        (_, _, Some(creep)) => {
            facts.push(("per_day", Fact::Percent(creep.trend.per_day)));
            facts.push(("days", Fact::Count(u64::from(creep.trend.days))));
        }
        _ => {}
    }
    let mut ago = |name, level: Option<f64>| {
        if let Some(level) = level {
            facts.push((name, Fact::Percent(level)));
        }
    };
    ago("six_hours_ago", found.live.six_hours_ago);
    ago("day_ago", found.day_ago);
    ago("week_ago", found.week_ago);
    facts.push(("limit", Fact::Percent(settings.full_at)));
    Reason { key, facts: facts.into() }
}
