//! Charts as SVG, drawn here so that the report needs nothing of a network and no script.

use std::fmt::Write;

/// A named line; a gap where there is no value.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    pub name: &'a str,
    /// A colour of the page's style, light or dark.
    pub colour: &'a str,
    /// What was wanted lies broad below what was.
    pub is_wanted: bool,
    pub points: Vec<(f64, Option<f64>)>,
}

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 220.0;
/// Room for the numbers at the left and below.
const LEFT: f64 = 92.0;
const BELOW: f64 = 24.0;
/// Parts of the scales.
const TICKS: u32 = 4;

/// A whole figure: the lines over `length_s`, from zero to the highest value.
pub(super) fn svg(lines: &[Line<'_>], length_s: f64, unit: &str) -> String {
    let values = lines.iter().flat_map(|line| line.points.iter().filter_map(|(_, value)| *value));
    let top = nice(values.fold(0.0, f64::max));
    let x = |at_s: f64| LEFT + (WIDTH - LEFT) * (at_s / length_s.max(0.001)).clamp(0.0, 1.0);
    let y = |value: f64| (HEIGHT - BELOW) * (1.0 - value / top) + 6.0;
    let mut out = format!("<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\">", HEIGHT + 6.0);
    // Writing into a String cannot fail.
    for tick in 0..=TICKS {
        let share = f64::from(tick) / f64::from(TICKS);
        let (value, at_s) = (top * share, length_s * share);
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
             <text x=\"{1}\" y=\"{2:.1}\" text-anchor=\"end\">{3}</text>\
             <text x=\"{4:.1}\" y=\"{5}\" text-anchor=\"{6}\">{at_s:.0} s</text>",
            y(value),
            LEFT - 6.0,
            y(value) + 4.0,
            short(value, unit),
            x(at_s),
            HEIGHT + 2.0,
            if tick == TICKS { "end" } else { "middle" },
        );
    }
    for line in lines {
        let class = if line.is_wanted { "line wanted" } else { "line" };
        let _ = write!(
            out,
            "<path class=\"{class}\" style=\"stroke:{}\" d=\"{}\"/>",
            line.colour,
            path(&line.points, x, y)
        );
    }
    out.push_str("</svg>");
    out
}

/// Moves after a gap, draws else.
fn path(points: &[(f64, Option<f64>)], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let mut out = String::new();
    let mut pen_down = false;
    for (at_s, value) in points {
        let Some(value) = value else {
            pen_down = false;
            continue;
        };
        // Writing into a String cannot fail.
        let _ = write!(out, "{}{:.1} {:.1}", if pen_down { 'L' } else { 'M' }, x(*at_s), y(*value));
        pen_down = true;
    }
    out
}

/// The next of 1, 2, 2.5, 5, 10, ... that is not below.
fn nice(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let decade = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * decade);
    steps.into_iter().find(|step| *step >= value).unwrap_or(value)
}

fn short(value: f64, unit: &str) -> String {
    let (value, prefix) = match value {
        _ if value >= 1e9 => (value / 1e9, "G"),
        _ if value >= 1e6 => (value / 1e6, "M"),
        _ if value >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = usize::from(value < 10.0 && value.fract() != 0.0);
    format!("{value:.digits$}{prefix}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round() {
        assert_eq!([0.0, 0.3, 7.0, 10.0, 11.0, 220.0, 480.0].map(nice), [1.0, 0.5, 10.0, 10.0, 20.0, 250.0, 500.0]);
        assert_eq!(short(12_500.0, ""), "12k");
        assert_eq!(short(0.5, " ms"), "0.5 ms");
    }

    #[test]
    fn a_gap_is_a_gap() {
        let points = [(0.0, Some(1.0)), (1.0, Some(2.0)), (2.0, None), (3.0, Some(1.0))];
        assert_eq!(path(&points, |at| at, |value| value), "M0.0 1.0L1.0 2.0M3.0 1.0");
    }
}
