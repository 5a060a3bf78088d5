//! What the keys of a threshold mean: one edge or two, M of N, what is missing.

use super::raw::RawAlarm;
use crate::sheet::{At, Faults};
use crate::threshold::{Edge, Limit, Missing, Points, Settings};

/// The longest evaluation, in points: a week of minutes. `CloudWatch` stops at a day of them.
const N_MAX: u32 = 7 * 1_440;

pub(super) fn threshold(raw: &RawAlarm, period_s: u32, late_s: u32, faults: &mut Faults) -> Settings {
    let limit = limit(raw, faults);
    let points = points(raw, period_s, faults);
    let usual = if raw.min_events.is_some() { Missing::NotBreaching } else { Missing::Missing };
    Settings { limit, points, missing: raw.missing.unwrap_or(usual), late_s }
}

fn limit(raw: &RawAlarm, faults: &mut Faults) -> Limit {
    for said in [&raw.above, &raw.at_least, &raw.below, &raw.at_most, &raw.clear].into_iter().flatten() {
        if !said.is_finite() {
            faults.add(said.span.clone(), "SG-RUL-003", "a limit is a finite number");
        }
    }
    let upper = edge(raw.above.as_ref(), raw.at_least.as_ref(), "`above` and `at_least`", faults);
    let lower = edge(raw.below.as_ref(), raw.at_most.as_ref(), "`below` and `at_most`", faults);
    match (upper, lower) {
        (None, None) => {
            let says = "no limit: say `above`, `at_least`, `below` or `at_most`";
            faults.add(raw.name.span.clone(), "SG-RUL-003", says);
        }
        (Some(upper), Some(lower)) if upper.at < lower.at => {
            let says = "every value is above the one limit or below the other";
            faults.add(raw.name.span.clone(), "SG-RUL-003", says);
        }
        _ => {}
    }
    if let Some(clear) = &raw.clear {
        let wrong = match (upper, lower) {
            (Some(_), Some(_)) => Some("with two limits there is no one value to clear at"),
            (Some(edge), None) if clear.value > edge.at => {
                Some("`clear` lies above the limit: it would clear as it fires")
            }
            (None, Some(edge)) if clear.value < edge.at => {
                Some("`clear` lies below the limit: it would clear as it fires")
            }
            _ => None,
        };
        if let Some(says) = wrong {
            faults.add(clear.span.clone(), "SG-RUL-003", says);
        }
    }
    Limit { upper, lower, clear: raw.clear.as_ref().map(|clear| clear.value) }
}

fn edge(open: Option<&At<f64>>, closed: Option<&At<f64>>, both: &str, faults: &mut Faults) -> Option<Edge> {
    if let (Some(_), Some(closed)) = (open, closed) {
        faults.add(closed.span.clone(), "SG-RUL-003", format!("{both} say two different limits; keep one"));
    }
    let open = open.map(|at| Edge { at: at.value, inclusive: false });
    open.or_else(|| closed.map(|at| Edge { at: at.value, inclusive: true }))
}

fn points(raw: &RawAlarm, period_s: u32, faults: &mut Faults) -> Points {
    match (&raw.points, &raw.lasting) {
        (Some(said), None) => parse(said).unwrap_or_else(|says| {
            faults.add(said.span.clone(), "SG-RUL-004", says);
            Points { m: 1, n: 1 }
        }),
        (None, Some(lasting)) => {
            let n = u32::try_from(lasting.0.div_ceil(u64::from(period_s.max(1)))).unwrap_or(u32::MAX).max(1);
            if n > N_MAX {
                faults.add(lasting.span.clone(), "SG-RUL-004", format!("that is more than {N_MAX} points"));
            }
            Points { m: n.min(N_MAX), n: n.min(N_MAX) }
        }
        (Some(said), Some(_)) => {
            faults.add(said.span.clone(), "SG-RUL-004", "`points` and `for` both say how long; keep one");
            Points { m: 1, n: 1 }
        }
        (None, None) => Points { m: 1, n: 1 },
    }
}

/// "3 of 5"
fn parse(text: &str) -> Result<Points, String> {
    let wrong = || format!("\"{text}\" is not like \"3 of 5\"");
    let (m, n) = text.split_once(" of ").ok_or_else(wrong)?;
    let number = |digits: &str| digits.trim().parse::<u32>().map_err(|_| wrong());
    let (m, n) = (number(m)?, number(n)?);
    if m == 0 || m > n || n > N_MAX {
        return Err(format!("of {n} points, from 1 to all of them can breach, and at most {N_MAX} are looked at"));
    }
    Ok(Points { m, n })
}
