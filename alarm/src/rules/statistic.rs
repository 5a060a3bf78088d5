//! A statistic as `CloudWatch` names it: `Average`, `p99`, `TM(10%:90%)`.

use std::fmt;

use crate::math::Fold;
use crate::sheet::did_you_mean;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Statistic {
    Average,
    Sum,
    Minimum,
    Maximum,
    SampleCount,
    /// Tenths of a percent: p99.9 is 999. In tenths so that it can be a key.
    Percentile(u16),
    /// Trimmed means and their kin, as `CloudWatch` spells them.
    Trimmed(String),
}

const PLAIN: &[(&str, Statistic)] = &[
    ("Average", Statistic::Average),
    ("Sum", Statistic::Sum),
    ("Minimum", Statistic::Minimum),
    ("Maximum", Statistic::Maximum),
    ("SampleCount", Statistic::SampleCount),
];
/// Words that people type for them.
const ALIASES: &[(&str, &str)] =
    &[("avg", "Average"), ("mean", "Average"), ("min", "Minimum"), ("max", "Maximum"), ("count", "SampleCount")];
const TRIMMED: &[&str] = &["tm", "tc", "ts", "wm", "pr", "iqm"];

impl Statistic {
    pub fn parse(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let meant = ALIASES.iter().find(|(alias, _)| *alias == lower).map_or(text, |(_, name)| name);
        if let Some((_, plain)) = PLAIN.iter().find(|(name, _)| name.eq_ignore_ascii_case(meant)) {
            return Ok(plain.clone());
        }
        if let Some(tenths) = lower.strip_prefix('p').and_then(tenths) {
            return Ok(Self::Percentile(tenths));
        }
        if TRIMMED.iter().any(|known| lower.starts_with(known)) && lower.len() <= 32 && is_trimmed(&lower) {
            return Ok(Self::Trimmed(text.to_owned()));
        }
        let near = did_you_mean(text, PLAIN.iter().map(|(name, _)| *name));
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Err(format!("\"{text}\" is no statistic; write Average, Sum, Minimum, Maximum, SampleCount, or like p99{hint}"))
    }

    /// How several series of this statistic become one. A percentile cannot be put together: the worst is taken.
    pub fn fold(&self) -> Fold {
        match self {
            Self::Sum | Self::SampleCount => Fold::Sum,
            Self::Minimum => Fold::Minimum,
            Self::Maximum | Self::Percentile(_) => Fold::Maximum,
            Self::Average | Self::Trimmed(_) => Fold::Average,
        }
    }
}

/// "99.9" -> 999; above 0, at most 100, at most one place after the point.
fn tenths(digits: &str) -> Option<u16> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(part) || part.len() != 1 {
        return None;
    }
    let tenths = whole.parse::<u16>().ok()?.checked_mul(10)? + part.parse::<u16>().ok()?;
    (1..=1_000).contains(&tenths).then_some(tenths)
}

fn is_trimmed(lower: &str) -> bool {
    let rest = lower.trim_start_matches(|c: char| c.is_ascii_lowercase());
    rest.chars().all(|c| c.is_ascii_digit() || "().:%".contains(c)) && (lower == "iqm" || !rest.is_empty())
}

impl fmt::Display for Statistic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percentile(tenths) if tenths % 10 == 0 => write!(out, "p{}", tenths / 10),
            Self::Percentile(tenths) => write!(out, "p{}.{}", tenths / 10, tenths % 10),
            Self::Trimmed(text) => out.write_str(text),
            plain => {
                let name = PLAIN.iter().find(|(_, known)| known == plain).map_or("Average", |(name, _)| name);
                out.write_str(name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_there_and_back() {
        for name in ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "p99", "p99.9", "p0.1", "p100", "tm95"] {
            assert_eq!(Statistic::parse(name).unwrap().to_string(), name);
        }
        assert_eq!(Statistic::parse("TM(10%:90%)").unwrap().to_string(), "TM(10%:90%)");
        assert_eq!(Statistic::parse("max"), Ok(Statistic::Maximum));
        for wrong in ["", "p", "p0", "p101", "p99.99", "p-1", "tm", "tm(x)", "p６", "Averge"] {
            assert!(Statistic::parse(wrong).is_err(), "{wrong} was taken");
        }
        assert!(Statistic::parse("Averge").unwrap_err().contains("did you mean `Average`"));
    }
}
