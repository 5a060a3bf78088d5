//! A chart: lines of the store over a range, drawn here as SVG, redrawn in the browser where it may.

use std::fmt::Write;

use alarm::disk::Trend;
use alarm::points::Time;
use alarm::rules::Statistic;
use alarm::series::Unit;
use maud::{Markup, html};

use super::say::{Say, shown};
use crate::local::house::House;

/// How far back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Range {
    #[default]
    Hour,
    Day,
    Week,
    Month,
}

impl Range {
    pub(super) const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.word() == word)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    pub(super) fn says(self, say: &Say) -> &'static str {
        let (en, ko) = match self {
            Self::Hour => ("1 hour", "1시간"),
            Self::Day => ("24 hours", "24시간"),
            Self::Week => ("7 days", "7일"),
            Self::Month => ("30 days", "30일"),
        };
        if say.code() == "ko" { ko } else { en }
    }

    pub(super) fn span_s(self) -> Time {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
            Self::Month => 30 * 86_400,
        }
    }

    /// As many points as a screen has pixels, and no more.
    pub(super) fn period_s(self) -> u32 {
        match self {
            Self::Hour => 10,
            Self::Day => 120,
            Self::Week => 900,
            Self::Month => 3_600,
        }
    }

    /// For our own drawing, which is a third as wide.
    fn coarse_s(self, now: Time, since: Option<Time>) -> u32 {
        match self {
            Self::Hour if since.is_some_and(|since| now.saturating_sub(since) < 1_200) => 10,
            Self::Hour => 20,
            Self::Day => 600,
            Self::Week => 3_600,
            Self::Month => 4 * 3_600,
        }
    }

    /// From `since` on nothing is missing but what was never measured: an hour of which minutes are known is shown as
    /// those minutes.
    pub(super) fn bounds(self, now: Time, period_s: u32, since: Option<Time>) -> (Time, Time) {
        let period = Time::from(period_s);
        let until = now.div_euclid(period) * period + period;
        let known = since.filter(|_| self == Self::Hour).map_or(Time::MAX, |since| until.saturating_sub(since));
        let span = known.clamp(FRESH_S.min(self.span_s()), self.span_s());
        (until - span.div_euclid(period) * period, until)
    }
}

/// One line of a chart.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) series: u32,
    pub(super) statistic: Statistic,
    pub(super) label: String,
}

#[derive(Clone, Debug)]
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) unit: Unit,
    pub(super) lines: Vec<Line>,
    /// The top of the scale, where there is a natural one.
    pub(super) top: Option<f64>,
    /// Of the first line: its trend, drawn ahead.
    pub(super) ahead: Option<Trend>,
    /// What there is to say below it.
    pub(super) notes: Vec<String>,
}

/// What a chart shows at least.
const FRESH_S: Time = 300;

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 150.0;
/// A trend is drawn ahead for half of what is shown behind.
pub(super) const AHEAD_SHARE: f64 = 0.5;

/// Lines with their values, on one grid of times.
pub(super) struct Drawn {
    pub(super) start: Time,
    pub(super) period_s: u32,
    pub(super) values: Vec<Vec<f64>>,
}

/// Reads the lines of a chart.
pub(super) fn read(house: &House, lines: &[(u32, Statistic)], range: Range, period_s: u32, now: Time) -> Drawn {
    let (from, until) = range.bounds(now, period_s, house.store.since());
    let values = lines.iter().map(|(series, statistic)| {
        let rows = house.store.rows(*series, std::slice::from_ref(statistic), period_s, (from, until));
        let mut values = rows.columns.into_iter().next().unwrap_or_default();
        bridge(&mut values);
        values
    });
    Drawn { start: from, period_s, values: values.collect() }
}

/// What is measured less often than the chart has slots is held from one to the next. Longer than its usual pace is a gap.
fn bridge(values: &mut [f64]) {
    let real: Vec<usize> = (0..values.len()).filter(|at| !values[*at].is_nan()).collect();
    let mut apart: Vec<usize> = real.windows(2).map(|two| two[1] - two[0]).collect();
    apart.sort_unstable();
    let Some(pace) = apart.get(apart.len() / 2).copied().filter(|pace| *pace > 1) else { return };
    for two in real.windows(2).filter(|two| two[1] - two[0] <= pace + 1) {
        let held = values[two[0]];
        values[two[0] + 1..two[1]].fill(held);
    }
}

pub(super) fn figure(house: &House, say: &Say, chart: &Chart, range: Range) -> Markup {
    let lines: Vec<_> = chart.lines.iter().map(|line| (line.series, line.statistic.clone())).collect();
    let drawn = read(house, &lines, range, range.coarse_s(say.now, house.store.since()), say.now);
    let wanted: Vec<String> = lines.iter().map(|(series, statistic)| format!("{series}.{statistic}")).collect();
    let ahead = chart.ahead.filter(|_| range.span_s() >= Range::Week.span_s());
    let newest = |at: usize| drawn.values.get(at)?.iter().rev().find(|value| !value.is_nan()).copied();
    html! {
        figure.chart data-lines=(wanted.join(" ")) data-range=(range.word()) data-unit=(chart.unit.name())
            data-top=[chart.top] data-ahead=[ahead.map(|_| lines[0].0)] data-labels=(chart.lines.iter().map(|line| line.label.as_str()).collect::<Vec<_>>().join("\u{1f}")) {
            figcaption {
                span.title { (chart.title) }
                @for (at, line) in chart.lines.iter().enumerate() {
                    span class={ "legend l" (at) } { (line.label) " " b { (shown(newest(at), chart.unit)) } }
                }
            }
            div.plot { (svg(say, chart, &drawn, ahead, range)) }
            @for note in &chart.notes { p.note { (note) } }
        }
    }
}

fn svg(say: &Say, chart: &Chart, drawn: &Drawn, ahead: Option<Trend>, range: Range) -> Markup {
    let real = drawn.values.iter().flatten().copied().filter(|value| !value.is_nan());
    let highest = real.clone().fold(0.0_f64, f64::max);
    let top = chart.top.map_or(if highest > 0.0 { highest * 1.05 } else { 1.0 }, |top| top.max(highest));
    let slots = drawn.values.first().map_or(1, Vec::len).max(1) as f64;
    let width = if ahead.is_some() { WIDTH / (1.0 + AHEAD_SHARE) } else { WIDTH };
    let y = |value: f64| HEIGHT - (value / top).clamp(0.0, 1.0) * HEIGHT;
    let label = match say.code() {
        "ko" => format!("{}, 최근 {}", chart.title, range.says(say)),
        _ => format!("{}, last {}", chart.title, range.says(say)),
    };
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
            @for share in [0.25, 0.5, 0.75] { line.grid x1="0" x2=(WIDTH) y1=(HEIGHT * share) y2=(HEIGHT * share) {} }
            @if let Some(trend) = ahead {
                @let days = range.span_s() as f64 * AHEAD_SHARE / 86_400.0;
                @let end = |slope: f64| y(trend.level + slope * days);
                polygon.likely points={ (width) "," (y(trend.level)) " " (WIDTH) "," (end(trend.high)) " " (WIDTH) "," (end(trend.low)) } {}
                line.ahead x1=(width) y1=(y(trend.level)) x2=(WIDTH) y2=(end(trend.per_day)) {}
            }
            @for (at, values) in drawn.values.iter().enumerate() {
                path class={ "line l" (at) } d=(path(values, |slot| slot as f64 / slots * width, y)) {}
            }
        }
        div.scale aria-hidden="true" { span { (shown(Some(top), chart.unit)) } span { (shown(Some(0.0), chart.unit)) } }
    }
}

/// Gaps are gaps: a line is lifted over them.
fn path(values: &[f64], x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) -> String {
    let (mut path, mut down) = (String::new(), false);
    for (slot, value) in values.iter().enumerate() {
        if value.is_nan() {
            down = false;
            continue;
        }
        // Writing into a String cannot fail.
        let _ = write!(path, "{}{:.0} {:.1}", if down { "L" } else { "M" }, x(slot), y(*value));
        if !down {
            // A point that stands alone is a dot, not nothing.
            path.push_str("h1");
        }
        down = true;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_host_shows_its_minutes_as_soon_as_there_are_any() {
        let span = |range: Range, age: Time| {
            let (from, until) = range.bounds(10_000_000, 10, Some(10_000_000 - age));
            until - from
        };
        assert_eq!((span(Range::Hour, 5), span(Range::Hour, 1_000), span(Range::Hour, 90_000)), (300, 1_010, 3_600));
        assert_eq!(span(Range::Day, 5), 86_400);
    }

    #[test]
    fn what_is_measured_once_a_minute_is_a_line_and_a_gap_in_it_stays_one() {
        let every = |pace: usize, without: usize| -> Vec<f64> {
            (0..30).map(|at| if at % pace == 0 && at != without { at as f64 } else { f64::NAN }).collect()
        };
        let mut values = every(6, 12);
        bridge(&mut values);
        let gap: Vec<_> = (0..25).filter(|at| values[*at].is_nan()).collect();
        assert_eq!(gap, (7..18).collect::<Vec<_>>(), "{values:?}");
        assert_eq!((values[5], values[23]), (0.0, 18.0));
        let mut values = every(1, 12);
        bridge(&mut values);
        assert!(values[12].is_nan());
    }

    #[test]
    fn a_gap_lifts_the_line() {
        let drawn = path(&[1.0, 2.0, f64::NAN, 3.0], |slot| slot as f64 * 10.0, |value| value);
        assert_eq!(drawn, "M0 1.0h1L10 2.0M30 3.0h1");
    }
}
