//! A tiny notation for series: `20+5x10 _ _ 80x3`.
//!
//! Each word stands for points: `80` one, `80x3` three, `20+5x10` ten that begin at 20 and rise by 5, `100-2x5` five
//! that fall, `_` a gap, `_x5` five of them.

use crate::points::POINTS_MAX;

/// Gaps are NaN. The fault says which word is wrong and where it begins.
pub fn parse(text: &str) -> Result<Vec<f64>, (usize, String)> {
    let mut values = Vec::new();
    let mut rest = 0;
    for word in text.split_whitespace() {
        let at = rest + text[rest..].find(word).unwrap_or(0);
        rest = at + word.len();
        let (first, step, count) = parts(word)
            .ok_or_else(|| (at, format!("\"{word}\" is no points; write like 80, 80x3, 20+5x10, _ or _x5")))?;
        if values.len() + count > POINTS_MAX {
            return Err((at, format!("more than {POINTS_MAX} points")));
        }
        values.extend((0..count).map(|number| first + step * number as f64));
    }
    Ok(values)
}

fn parts(word: &str) -> Option<(f64, f64, usize)> {
    let (run, count) = match word.split_once('x') {
        Some((run, count)) => (run, count.parse().ok().filter(|count| *count > 0)?),
        None => (word, 1),
    };
    if run == "_" {
        return Some((f64::NAN, 0.0, count));
    }
    // A sign after the first character and not of an exponent begins the step.
    let signs =
        run.char_indices().skip(1).filter(|(at, c)| matches!(c, '+' | '-') && !run[..*at].ends_with(['e', 'E']));
    let (first, step) = match signs.map(|(at, _)| at).next() {
        Some(at) => (&run[..at], number(&run[at..])?),
        None => (run, 0.0),
    };
    Some((number(first)?, step, count))
}

fn number(text: &str) -> Option<f64> {
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    text.parse().ok().filter(|number: &f64| plain && number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let shown = match parse(text) {
            Ok(values) => format!("{values:?}").replace("NaN", "_"),
            Err((at, _)) => format!("wrong at {at}"),
        };
        assert_eq!(shown, expect, "{text}");
    }

    #[test]
    fn words() {
        check("20+5x3 _ _ 80x2", "[20.0, 25.0, 30.0, _, _, 80.0, 80.0]");
        check("100-2.5x2 -3 1e2+1e1x2 _x2", "[100.0, 97.5, -3.0, 100.0, 110.0, _, _]");
        check("  ", "[]");
        for (wrong, at) in [("1 x3", 2), ("80x0", 0), ("1 2 nanx3", 4), ("inf", 0), ("5x99999999999", 0), ("1++2", 0)] {
            check(wrong, &format!("wrong at {at}"));
        }
    }
}
