//! Scripted faults: `OPERATION FAULT [key=value ...]`, one language for tests, the command line and the control door.
//!
//! ```text
//! PutMetricData throttle times=3          the first three calls
//! logs:* error status=503 from=10s to=70s for a minute, from ten seconds after the fault was set
//! * drop-after chance=0.05 seed=7         one call in twenty, the same ones in every run
//! PutMetricData poison name=bad_*         a datum that the service will never take
//! ```
//!
//! Faults are asked in the order in which they were set; the first that fires is played, alone.

use std::str::FromStr;
use std::time::{Duration, Instant};

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// `ThrottlingException`.
    Throttle,
    /// A failure of the service: `status=500`.
    Error { status: u16 },
    /// The connection is closed before anything is accepted.
    DropBefore,
    /// Accepted, then the connection is closed without an answer: the ambiguous case.
    DropAfter,
    /// Never answers (`for=` limits the wait, then drops), nothing accepted.
    HangBefore { lasting: Option<Duration> },
    /// Accepted, never answered.
    HangAfter { lasting: Option<Duration> },
    /// Accepted, answered late: `by=2s`.
    Slow { by: Duration },
    /// `AccessDenied`, naming the principal and the action as AWS does.
    Denied,
    /// `ExpiredTokenException`.
    Expired,
    /// The service's clock is off by so many milliseconds: its `Date`, and its judgement of signatures and ages.
    Skew { by_ms: i64 },
    /// A web page with status 200, as a captive portal or a wrong proxy gives.
    Nonsense,
    /// A true answer that lacks half of its body, then the connection is closed; accepted.
    Cut,
    /// Datums whose name matches are refused, and with each of them its whole request.
    Poison { name: String },
}

/// When a fault fires; all conditions must hold.
#[derive(Clone, Debug, PartialEq)]
struct When {
    skip: u64,
    times: u64,
    from: Duration,
    to: Option<Duration>,
    /// Out of 2^32.
    chance: u64,
}

#[derive(Clone, Debug)]
pub struct Fault {
    operation: String,
    what: What,
    when: When,
    set: Instant,
    matched: u64,
    fired: u64,
    random: u64,
}

impl Fault {
    /// The fault to play on this call, if it is due.
    pub fn draw(&mut self, operation: &str) -> Option<What> {
        if !matches(&self.operation, operation) {
            return None;
        }
        self.matched += 1;
        let since = self.set.elapsed();
        let due = self.matched > self.when.skip
            && self.fired < self.when.times
            && since >= self.when.from
            && self.when.to.is_none_or(|to| since < to)
            && self.lucky();
        self.fired += u64::from(due);
        due.then(|| self.what.clone())
    }

    /// `SplitMix64`, so that a seed gives the same run everywhere.
    fn lucky(&mut self) -> bool {
        if self.when.chance >= 1 << 32 {
            return true;
        }
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) >> 32 < self.when.chance
    }
}

/// `cloudwatch:PutMetricData` is met by itself, `PutMetricData`, `cloudwatch:*` and `*`; `*` may stand at the end alone.
pub fn matches(pattern: &str, name: &str) -> bool {
    let short = name.split_once(':').map_or(name, |(_, short)| short);
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start) || short.starts_with(start),
        None => pattern == name || pattern == short,
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let operation = words.next().ok_or("a fault is written OPERATION FAULT [key=value ...]")?.to_owned();
        let kind = words.next().ok_or_else(|| format!("`{text}` names no fault after the operation"))?;
        let mut keys = Keys::read(words)?;
        let what = what(kind, &mut keys)?;
        let when = When {
            skip: keys.take("skip")?.unwrap_or(0),
            times: keys.take("times")?.unwrap_or(u64::MAX),
            from: keys.duration("from")?.unwrap_or_default(),
            to: keys.duration("to")?,
            chance: keys.take::<f64>("chance")?.map_or(1 << 32, |chance| (chance * 4_294_967_296.0) as u64),
        };
        let random = keys.take("seed")?.unwrap_or(1);
        keys.none_left()?;
        Ok(Self { operation, what, when, set: Instant::now(), matched: 0, fired: 0, random })
    }
}

fn what(kind: &str, keys: &mut Keys<'_>) -> Result<What, String> {
    Ok(match kind {
        "throttle" => What::Throttle,
        "error" => What::Error { status: keys.take("status")?.unwrap_or(500) },
        "drop-before" => What::DropBefore,
        "drop-after" => What::DropAfter,
        "hang-before" => What::HangBefore { lasting: keys.duration("for")? },
        "hang-after" => What::HangAfter { lasting: keys.duration("for")? },
        "slow" => What::Slow { by: keys.duration("by")?.ok_or("slow needs by=DURATION")? },
        "denied" => What::Denied,
        "expired" => What::Expired,
        "skew" => What::Skew { by_ms: keys.signed("by")?.ok_or("skew needs by=[-]DURATION")? },
        "nonsense" => What::Nonsense,
        "cut" => What::Cut,
        "poison" => What::Poison { name: keys.take("name")?.ok_or("poison needs name=PATTERN")? },
        other => return Err(format!("no fault is called `{other}`")),
    })
}

struct Keys<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Keys<'a> {
    fn read(words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let split = |word: &'a str| word.split_once('=').ok_or_else(|| format!("`{word}` is not key=value"));
        words.map(split).collect::<Result<_, _>>().map(Self)
    }

    fn raw(&mut self, key: &str) -> Option<&'a str> {
        let at = self.0.iter().position(|(had, _)| *had == key)?;
        Some(self.0.remove(at).1)
    }

    fn take<T: FromStr>(&mut self, key: &str) -> Result<Option<T>, String> {
        self.raw(key).map(|text| text.parse().map_err(|_| format!("`{text}` does not do for {key}"))).transpose()
    }

    fn duration(&mut self, key: &str) -> Result<Option<Duration>, String> {
        self.raw(key).map(duration).transpose()
    }

    fn signed(&mut self, key: &str) -> Result<Option<i64>, String> {
        let Some(text) = self.raw(key) else { return Ok(None) };
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        Ok(Some(sign * duration(text)?.as_millis() as i64))
    }

    fn none_left(&self) -> Result<(), String> {
        self.0.first().map_or(Ok(()), |(key, _)| Err(format!("this fault has no key `{key}`")))
    }
}

/// `500ms`, `10s`, `2m`, `3h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| format!("`{text}` is not a duration"))?;
    match &text[digits..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number * 60)),
        "h" => Ok(Duration::from_secs(number * 3600)),
        _ => Err(format!("`{text}` is not a duration: write 500ms, 10s, 2m or 3h")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fires(fault: &str, calls: usize) -> Vec<bool> {
        let mut fault: Fault = fault.parse().unwrap();
        (0..calls).map(|_| fault.draw("cloudwatch:PutMetricData").is_some()).collect()
    }

    #[test]
    fn counts_are_kept() {
        assert_eq!(fires("PutMetricData throttle skip=1 times=2", 5), [false, true, true, false, false]);
        assert_eq!(fires("logs:* throttle", 2), [false, false]);
        assert_eq!(fires("cloudwatch:* denied from=1h", 1), [false]);
        assert_eq!(fires("* denied to=0s", 1), [false]);
    }

    #[test]
    fn a_seed_gives_the_same_run_and_about_the_chance() {
        let first = fires("* drop-after chance=0.25 seed=7", 4000);
        assert_eq!(first, fires("* drop-after chance=0.25 seed=7", 4000));
        assert_ne!(first, fires("* drop-after chance=0.25 seed=8", 4000));
        let share = first.iter().filter(|fired| **fired).count();
        assert!((900..1100).contains(&share), "{share} of 4000");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in
            ["", "*", "* nothing", "* slow", "* slow by=2", "* throttle often=3", "* throttle times", "* poison"]
        {
            assert!(wrong.parse::<Fault>().is_err(), "`{wrong}` was taken");
        }
        let skew: Fault = "* skew by=-10m".parse().unwrap();
        assert_eq!(skew.what, What::Skew { by_ms: -600_000 });
    }
}
