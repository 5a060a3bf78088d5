//! What a person sees while it runs: one screen where the output is a terminal, else a line a second.

use std::collections::VecDeque;
use std::time::Duration;

use load::run::{Progress, Stop};

use super::super::Out;
use super::super::terminal::{Key, Terminal};
use super::screen::{Moment, Scene, screen};

/// Lines on a pipe come no more often.
const TELL_S: f64 = 1.0;
/// Moments that are drawn: a wide terminal's worth.
const MOMENTS_MAX: usize = 240;
const NOTES_MAX: usize = 12;

#[derive(Debug)]
pub(super) struct Live {
    terminal: Option<Terminal>,
    scene: Scene,
    told_s: f64,
    last: Option<u64>,
}

impl Live {
    /// Keys still make signals: Ctrl-C means what it always does.
    pub(super) fn begin(out: &Out, title: &str) -> Self {
        let terminal = if out.json() { None } else { Terminal::enter_with_signals().ok().flatten() };
        Self { terminal, scene: Scene { title: title.to_owned(), ..Scene::default() }, told_s: 0.0, last: None }
    }

    /// Another pressing of the same test.
    pub(super) fn next(&mut self, what: &str) {
        what.clone_into(&mut self.scene.what);
        (self.told_s, self.last) = (0.0, None);
    }

    pub(super) fn note(&mut self, out: &mut Out, says: &str) {
        if self.terminal.is_none() {
            out.remark(says);
            return;
        }
        self.scene.notes.push_back(says.to_owned());
        if self.scene.notes.len() > NOTES_MAX {
            self.scene.notes.pop_front();
        }
    }

    pub(super) fn tell(&mut self, progress: Progress<'_>, cores: f64, stop: &Stop, out: &mut Out) {
        if let Some((at, slot)) = progress.last.filter(|(at, _)| self.last.is_none_or(|last| last < *at)) {
            self.last = Some(at);
            remember(&mut self.scene.moments, Moment::of(slot, progress.slot_s));
        }
        self.scene.elapsed_s = progress.elapsed_s.max(0.0);
        self.scene.length_s = progress.length_s;
        self.scene.cores = cores;
        if self.terminal.is_some() {
            self.show(stop);
        } else if progress.elapsed_s >= self.told_s + TELL_S {
            self.told_s = progress.elapsed_s.floor();
            out.remark(&self.scene.line());
        }
    }

    /// Draws, and hears whether the person has enough. The screen is left then, so that a second Ctrl-C finds the
    /// terminal as it was.
    pub(super) fn show(&mut self, stop: &Stop) {
        if self.terminal.is_none() {
            return;
        }
        let quits = matches!(Terminal::key(Duration::ZERO), Ok(Some(Key::Quit)));
        if quits {
            stop.set();
        }
        // A terminal that went away is no reason to end a run.
        let drawn = Terminal::draw(&screen(&self.scene, Terminal::size()));
        if stop.is_set() || drawn.is_err() {
            self.terminal = None;
        }
    }

    /// What was noted on the screen stands in the terminal afterwards too.
    pub(super) fn end(&mut self, out: &mut Out) {
        if self.terminal.take().is_some() {
            for note in &self.scene.notes {
                out.remark(note);
            }
        }
    }
}

fn remember(moments: &mut VecDeque<Moment>, moment: Moment) {
    moments.push_back(moment);
    if moments.len() > MOMENTS_MAX {
        moments.pop_front();
    }
}
