//! The screen of a run: what is known goes in, lines come out. Pure.

use std::collections::VecDeque;

use load::tally::Slot;

use super::super::quantity::length;

/// One stretch, a second in short runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moment {
    started: f64,
    requests: f64,
    failed: f64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
}

impl Moment {
    pub(super) fn of(slot: &Slot, slot_s: f64) -> Self {
        let per_s = |count: u64| count as f64 / slot_s;
        Self {
            started: per_s(slot.started),
            requests: per_s(slot.requests),
            failed: per_s(slot.failed),
            p50_ms: slot.latency.quantile_ms(0.5),
            p99_ms: slot.latency.quantile_ms(0.99),
        }
    }
}

/// All that is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    pub(super) title: String,
    /// Which pressing of the test it is, where there are several.
    pub(super) what: String,
    pub(super) elapsed_s: f64,
    pub(super) length_s: f64,
    /// Processors that we use ourselves.
    pub(super) cores: f64,
    pub(super) moments: VecDeque<Moment>,
    pub(super) notes: VecDeque<String>,
}

/// Columns before a curve: its name, and its newest value.
const BEFORE: usize = 34;
const BAR_MAX: usize = 60;
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Scene {
    fn left_s(&self) -> f64 {
        (self.length_s - self.elapsed_s).max(0.0)
    }

    /// For a pipe: the newest stretch in one line.
    pub(super) fn line(&self) -> String {
        let last = self.moments.back().map_or_else(String::new, |last| {
            format!(": {:.0} requests/s, {:.0} failures/s, p99 {}", last.requests, last.failed, ms(last.p99_ms))
        });
        format!("{:.0} s, {:.0} s left{last}", self.elapsed_s, self.left_s())
    }
}

/// The lines for a terminal of this size; what does not fit is left out from below.
pub(super) fn screen(scene: &Scene, (columns, rows): (usize, usize)) -> Vec<String> {
    let mut lines =
        vec![scene.title.clone(), scene.what.clone(), String::new(), progress(scene, columns), String::new()];
    let mut draw = |name: &str, value: fn(&Moment) -> Option<f64>, said: fn(Option<f64>) -> String| {
        let values: Vec<_> = scene.moments.iter().map(value).collect();
        let newest = said(values.last().copied().flatten());
        lines.push(format!("{name:<18}{newest:>12}    {}", curve(&values, columns.saturating_sub(BEFORE))));
    };
    draw("journeys started", |moment| Some(moment.started), per_s);
    draw("requests", |moment| Some(moment.requests), per_s);
    draw("failures", |moment| Some(moment.failed), per_s);
    draw("latency p50", |moment| moment.p50_ms, ms);
    draw("latency p99", |moment| moment.p99_ms, ms);
    lines.push(format!("{:<18}{:>12}", "our own CPU", format!("{:.2}", scene.cores)));
    lines.push(String::new());
    lines.extend(scene.notes.iter().cloned());
    lines.push("q or Ctrl-C ends it with a full report of what was run".to_owned());
    lines.truncate(rows);
    lines.into_iter().map(|line| line.chars().take(columns).collect()).collect()
}

/// `[#####-----]  50 %   12s of 24s, 12s left`
fn progress(scene: &Scene, columns: usize) -> String {
    let share = (scene.elapsed_s / scene.length_s.max(0.001)).clamp(0.0, 1.0);
    let width = columns.saturating_sub(48).clamp(8, BAR_MAX);
    let filled = (share * width as f64) as usize;
    let (elapsed, whole, left) = (length(scene.elapsed_s), length(scene.length_s), length(scene.left_s()));
    format!(
        "[{}{}] {:>3.0} %   {elapsed} of {whole}, {left} left",
        "#".repeat(filled),
        "-".repeat(width - filled),
        100.0 * share
    )
}

/// The newest values at the right, each as high as it is beside the highest; a gap where there is none.
fn curve(values: &[Option<f64>], width: usize) -> String {
    let shown = &values[values.len().saturating_sub(width)..];
    let top = shown.iter().flatten().copied().fold(0.0, f64::max);
    let letter = |value: &Option<f64>| match value {
        None => ' ',
        Some(_) if top <= 0.0 => LEVELS[0],
        Some(value) => LEVELS[((value / top * LEVELS.len() as f64) as usize).min(LEVELS.len() - 1)],
    };
    shown.iter().map(letter).collect()
}

fn per_s(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}/s"))
}

fn ms(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1} ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene() -> Scene {
        let moment = |started, p99_ms| Moment { started, requests: started, failed: 0.0, p50_ms: Some(1.0), p99_ms };
        let moments = [moment(50.0, Some(4.0)), moment(100.0, None), moment(100.0, Some(8.0))];
        Scene {
            title: "load on http://127.0.0.1:1".to_owned(),
            elapsed_s: 15.0,
            length_s: 60.0,
            cores: 0.25,
            moments: moments.into(),
            ..Scene::default()
        }
    }

    #[test]
    fn a_screen() {
        let lines = screen(&scene(), (80, 24));
        assert_eq!(lines[3], "[########------------------------]  25 %   15s of 1m, 45s left");
        assert_eq!(lines[5], "journeys started         100/s    ▅██");
        assert_eq!(lines[9], "latency p99             8.0 ms    ▅ █");
        assert_eq!(scene().line(), "15 s, 45 s left: 100 requests/s, 0 failures/s, p99 8.0 ms");
    }

    #[test]
    fn nothing_is_wider_or_higher_than_the_terminal() {
        for (columns, rows) in [(80, 24), (20, 5), (1, 1), (200, 60)] {
            let lines = screen(&scene(), (columns, rows));
            assert!(lines.len() <= rows && lines.iter().all(|line| line.chars().count() <= columns));
        }
    }
}
