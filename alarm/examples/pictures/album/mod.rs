//! The pictures of docs/alarms.md, one a judge: each case is played through the real rounds, and what is drawn is what
//! came of it.

mod cases;
mod chart;
mod play;

use cases::JUDGES;

/// File names and their text.
pub(crate) fn pictures() -> Vec<(String, String)> {
    let draw = |(judge, cases): &(&str, [cases::Case; 2])| {
        let played: Vec<_> = cases.iter().map(play::play).collect();
        (format!("{judge}.svg"), chart::draw(judge, &played))
    };
    JUDGES.iter().map(draw).collect()
}
