//! An alarm that keeps another from telling people: "not during a deployment".
//!
//! It never changes a state, only whether people are told; when it lifts, they are told by the state of that moment.

use serde::{Deserialize, Serialize};

use crate::points::Time;
use crate::verdict::State;

#[derive(Clone, Debug, PartialEq)]
pub struct Suppressor {
    pub alarm: String,
    /// After each change of the alarm, how long to wait for the suppressor to fire.
    pub wait_s: u64,
    /// How long it still suppresses after it cleared.
    pub extension_s: u64,
}

/// What is remembered: when the suppressor was last seen to clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// It fires.
    by: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleared: Option<Time>,
}

impl Suppressed {
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether people must not be told now, with what is to be remembered. `changed` is since when the alarm's state stands.
pub fn suppressed(it: &Suppressor, memory: Suppressed, state: State, changed: Time, now: Time) -> (Suppressed, bool) {
    if state == State::Firing {
        return (Suppressed { by: true, cleared: None }, true);
    }
    let cleared = if memory.by { Some(now) } else { memory.cleared.map(|at| at.min(now)) };
    let extended = cleared.is_some_and(|at| now < at.saturating_add_unsigned(it.extension_s));
    let waiting = now < changed.min(now).saturating_add_unsigned(it.wait_s);
    (Suppressed { by: false, cleared: cleared.filter(|_| extended) }, extended || waiting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_then_suppresses_then_extends() {
        let it = Suppressor { alarm: "deploy".into(), wait_s: 120, extension_s: 180 };
        let mut memory = Suppressed::default();
        let mut told = String::new();
        // The alarm changes at minute 0; the suppressor fires from minute 1 to minute 4.
        for minute in 0..12_i64 {
            let state = if (1..=4).contains(&minute) { State::Firing } else { State::Fine };
            let (after, quiet) = suppressed(&it, memory, state, 0, minute * 60);
            memory = after;
            told.push(if quiet { '-' } else { 'T' });
        }
        assert_eq!(told, "--------TTTT");
        assert_eq!(memory, Suppressed::default());
        // Each change restarts the wait.
        assert!(suppressed(&it, memory, State::Fine, 700, 720).1);
        assert!(!suppressed(&it, memory, State::Fine, 700, 820).1);
    }
}
