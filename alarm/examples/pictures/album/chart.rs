//! Two cases below each other as SVG: as wide as a phone, readable on a light page and on a dark one, and by its shapes
//! alone for who sees no colours.

use std::fmt::Write;

use alarm::verdict::State;

use super::play::{Played, Said};

const WIDTH: f64 = 360.0;
/// Of what is drawn; left of it stand the numbers.
const LEFT: f64 = 44.0;
const RIGHT: f64 = 352.0;
const PLOT_HEIGHT: f64 = 84.0;
const STRIP_HEIGHT: f64 = 12.0;
const TEXT_HEIGHT: f64 = 16.0;
/// Characters of 12 pixels that fit into a line, and of bold ones.
const CHARACTERS: usize = 56;
const BOLD_CHARACTERS: usize = 48;

const STYLE: &str = "\
:root{--ink:#1f2328;--soft:#59636e;--rule:#d1d9e0;--one:#0969da;--two:#8250df;--limit:#bc4c00;--fine:#1a7f37;--page:#cf222e;--ticket:#9a6700}\
@media(prefers-color-scheme:dark){:root{--ink:#f0f6fc;--soft:#9198a1;--rule:#3d444d;--one:#4493f8;--two:#ab7df8;--limit:#f0883e;--fine:#3fb950;--page:#f85149;--ticket:#d29922}}\
text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--ink)}\
.title{font-weight:600}.soft{fill:var(--soft)}.end{text-anchor:end}\
.rule{stroke:var(--rule)}.one,.two{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}.one{stroke:var(--one)}.two{stroke:var(--two);stroke-dasharray:4 2}\
.name-one{fill:var(--one)}.name-two{fill:var(--two)}\
.limit{stroke:var(--limit);stroke-dasharray:6 4}.clear{stroke:var(--limit);stroke-dasharray:1 4}\
.fine{fill:var(--fine)}.page{fill:var(--page)}.ticket,.note{fill:var(--ticket)}.unknown{fill:none;stroke:var(--soft);stroke-dasharray:2 2}\
.mark{stroke:var(--soft)}";

pub(super) fn draw(judge: &str, cases: &[Played<'_>]) -> String {
    let mut body = String::new();
    let mut top = 6.0;
    for case in cases {
        top = panel(&mut body, case, top) + 14.0;
    }
    let height = top - 8.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{judge}: a case that fires and one that does not\">\n<style>{STYLE}</style>\n{body}</svg>\n"
    )
}

/// Gives where the next may begin.
fn panel(svg: &mut String, played: &Played<'_>, top: f64) -> f64 {
    let mut y = top;
    let fires = played.states.iter().any(|said| said.state == State::Firing);
    let word = if fires { "Fires" } else { "Does not fire" };
    for line in wrap(&format!("{word}. {}", played.case.title), BOLD_CHARACTERS) {
        y += TEXT_HEIGHT;
        text(svg, "title", 8.0, y, &line);
    }
    y += TEXT_HEIGHT;
    names(svg, played, y);
    y += 8.0;
    plot(svg, played, y);
    y += PLOT_HEIGHT + 6.0;
    strip(svg, &played.states, y);
    let (at, says) = &played.says;
    let x = column_x(*at as f64 + 0.5, played.states.len());
    let _ = writeln!(
        svg,
        "<path class=\"mark\" d=\"M{x:.1} {:.1}V{:.1}\"/>",
        y - PLOT_HEIGHT - 6.0,
        y + STRIP_HEIGHT + 3.0
    );
    y += STRIP_HEIGHT + TEXT_HEIGHT;
    let length = played.states.len() as f64 * f64::from(played.case.period_s);
    text(svg, "soft", LEFT, y, "0");
    text(svg, "soft end", RIGHT, y, &span(length));
    for line in wrap(&format!("After {}: {says}", span((*at + 1) as f64 * f64::from(played.case.period_s))), CHARACTERS)
    {
        y += TEXT_HEIGHT;
        text(svg, "", 8.0, y, &line);
    }
    y
}

/// What the lines are, in their colours.
fn names(svg: &mut String, played: &Played<'_>, y: f64) {
    let mut x = LEFT;
    for ((name, _), class) in played.lines.iter().zip(["name-one", "name-two"]) {
        text(svg, class, x, y, name);
        x += name.len() as f64 * 6.6 + 16.0;
    }
}

fn text(svg: &mut String, class: &str, x: f64, y: f64, says: &str) {
    let says = says.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(svg, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{says}</text>");
}

fn wrap(says: &str, characters: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in says.split(' ') {
        let last = lines.last_mut().expect("there is one");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > characters {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

fn span(seconds: f64) -> String {
    let minutes = seconds / 60.0;
    match minutes {
        ..=180.0 => format!("{minutes:.0} min"),
        ..=2_880.0 => format!("{:.1} h", minutes / 60.0),
        _ => format!("{:.1} days", minutes / 1_440.0),
    }
}

fn column_x(at: f64, count: usize) -> f64 {
    LEFT + (RIGHT - LEFT) * at / count.max(1) as f64
}

/// Two lines share the time, and their scale where the case says so.
fn plot(svg: &mut String, played: &Played<'_>, top: f64) {
    let bottom = top + PLOT_HEIGHT;
    for (at, (_, values)) in played.lines.iter().enumerate() {
        let limit = played.case.limit.filter(|_| at == 0);
        let others = played.lines.iter().filter(|_| played.case.one_scale).flat_map(|(_, values)| values);
        let real = || values.iter().chain(others.clone()).copied().filter(|value| !value.is_nan()).chain(limit);
        let (low, high) = (real().fold(0.0, f64::min), real().fold(f64::MIN_POSITIVE, f64::max));
        let high = high + (high - low) * 0.08;
        let y = |value: f64| bottom - (value - low) / (high - low) * PLOT_HEIGHT;
        if at == 0 {
            let _ =
                writeln!(svg, "<path class=\"rule\" d=\"M{LEFT} {bottom:.1}H{RIGHT}M{LEFT} {top:.1}V{bottom:.1}\"/>");
            text(svg, "soft end", LEFT - 4.0, bottom, &short(low));
            let highest = real().fold(f64::MIN_POSITIVE, f64::max);
            if limit.is_none_or(|limit| y(limit) - y(highest) > TEXT_HEIGHT) {
                text(svg, "soft end", LEFT - 4.0, y(highest) + 4.0, &short(highest));
            }
        }
        for (edge, class) in [(limit, "limit"), (played.case.clear.filter(|_| at == 0), "clear")] {
            let Some(edge) = edge else { continue };
            let _ = writeln!(svg, "<path class=\"{class}\" d=\"M{LEFT} {:.1}H{RIGHT}\"/>", y(edge));
            if class == "limit" && bottom - y(edge) > TEXT_HEIGHT {
                text(svg, "soft end", LEFT - 4.0, y(edge) + 4.0, &short(edge));
            }
        }
        let class = if at == 0 { "one" } else { "two" };
        let _ = writeln!(svg, "<path class=\"{class}\" d=\"{}\"/>", path(values, &y));
    }
}

fn short(value: f64) -> String {
    if value >= 10_000.0 { format!("{:.0}k", value / 1_000.0) } else { format!("{}", (value * 10.0).round() / 10.0) }
}

/// Gaps are gaps. Where more points than pixels stand, a column goes from its lowest to its highest.
fn path(values: &[f64], y: &dyn Fn(f64) -> f64) -> String {
    let each = values.len().div_ceil((RIGHT - LEFT) as usize).max(1);
    let mut path = String::new();
    let mut pen_down = false;
    for (column, chunk) in values.chunks(each).enumerate() {
        let real = || chunk.iter().copied().filter(|value| !value.is_nan());
        let (Some(low), Some(high)) = (real().reduce(f64::min), real().reduce(f64::max)) else {
            pen_down = false;
            continue;
        };
        let x = column_x((column * each) as f64 + chunk.len() as f64 / 2.0, values.len());
        let pen = if pen_down { 'L' } else { 'M' };
        let _ = write!(path, "{pen}{x:.1} {:.1}", y(low));
        if high > low {
            let _ = write!(path, "V{:.1}", y(high));
        } else if !pen_down {
            // A point alone is a dot.
            path.push_str("h.1");
        }
        pen_down = true;
    }
    path
}

/// Fine is a thin line, firing a block, unknown a dashed frame.
fn strip(svg: &mut String, states: &[Said], top: f64) {
    let mut from = 0;
    while from < states.len() {
        let said = states[from];
        let to = states[from..].iter().position(|other| *other != said).map_or(states.len(), |length| from + length);
        let (x, end) = (column_x(from as f64, states.len()), column_x(to as f64, states.len()));
        let (class, y, height) = match said.state {
            State::Fine => ("fine", top + STRIP_HEIGHT - 3.0, 3.0),
            State::Firing => (said.grade, top, STRIP_HEIGHT),
            State::Unknown => ("unknown", top + 4.5, STRIP_HEIGHT - 5.0),
        };
        // A moment of five days is no pixel wide, and still there.
        let width = (end - x).max(1.0);
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        );
        from = to;
    }
}
