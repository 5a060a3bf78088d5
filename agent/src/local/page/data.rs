//! What the browser asks for by itself: numbers of a chart, and news of each round.

use std::fmt::Write;

use alarm::points::Time;
use alarm::rules::Statistic;
use bytes::Bytes;
use hyper::StatusCode;
use tokio::sync::mpsc;

use super::answer::{self, Answer};
use super::chart::{Range, read};
use super::host::trend;
use crate::local::house::House;

/// Lines of one request.
const LINES_MAX: usize = 12;
/// News that wait for a browser; one that takes none is not told further.
const NEWS_MAX: usize = 4;

/// `{"start":...,"period":10,"lines":[[1,2,null]],"ahead":{...}}`
pub(super) fn answer<'a>(
    house: &House,
    range: Range,
    wanted: impl Iterator<Item = &'a str>,
    ahead: Option<&str>,
    now: Time,
) -> Answer {
    let line = |text: &str| -> Option<(u32, Statistic)> {
        let (series, statistic) = text.split_once('.')?;
        let series = series.parse().ok().filter(|id| (*id as usize) < house.store.catalogue().entries().len())?;
        Some((series, Statistic::parse(statistic).ok()?))
    };
    let lines: Option<Vec<_>> = wanted.take(LINES_MAX).map(line).collect();
    let Some(lines) = lines.filter(|lines| !lines.is_empty()) else {
        return answer::text(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", "no such series\n");
    };
    let drawn = read(house, &lines, range, range.period_s(), now);
    let mut json = format!("{{\"start\":{},\"period\":{},\"lines\":[", drawn.start, drawn.period_s);
    for (at, values) in drawn.values.iter().enumerate() {
        json.push_str(if at == 0 { "[" } else { ",[" });
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                json.push(',');
            }
            number(&mut json, *value);
        }
        json.push(']');
    }
    json.push(']');
    if let Some(trend) = ahead.and_then(|id| id.parse().ok()).and_then(|id| trend(house, id, now)) {
        // Writing into a String cannot fail.
        let _ = write!(
            json,
            ",\"ahead\":{{\"level\":{},\"per_day\":{},\"low\":{},\"high\":{}}}",
            trend.level, trend.per_day, trend.low, trend.high
        );
    }
    json.push('}');
    answer::text(StatusCode::OK, "application/json", json)
}

/// Five digits: a pixel is wider than what is left out.
fn number(json: &mut String, value: f64) {
    if value.is_nan() {
        json.push_str("null");
    } else if value.fract() == 0.0 && value.abs() < 1e15 {
        let _ = write!(json, "{value}");
    } else {
        let rounded: f64 = format!("{value:.4e}").parse().unwrap_or(value);
        let _ = write!(json, "{rounded}");
    }
}

/// An event for each round. A browser that does not read is no burden: its news are dropped, not kept.
pub(super) fn live(house: &House) -> Answer {
    let (sender, receiver) = mpsc::channel(NEWS_MAX);
    let mut rounds = house.rounds();
    tokio::task::spawn_local(async move {
        let first = Bytes::from_static(b"retry: 3000\n\n");
        if sender.send(first).await.is_err() {
            return;
        }
        loop {
            tokio::select! {
                changed = rounds.changed() => if changed.is_err() { return },
                () = sender.closed() => return,
            }
            let round = *rounds.borrow_and_update();
            let event = Bytes::from(format!("event: round\ndata: {round}\n\n"));
            if let Err(mpsc::error::TrySendError::Closed(_)) = sender.try_send(event) {
                return;
            }
        }
    });
    answer::news(receiver)
}
