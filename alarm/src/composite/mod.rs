//! An alarm made of alarms: of these rules, of composites again, or of native CloudWatch alarms by their names.
//!
//! A child that nobody knows is unknown, which is `INSUFFICIENT_DATA` and neither OK nor ALARM: as in `CloudWatch`, a
//! composite itself is then simply true or false. It has no series and remembers nothing.

mod grammar;
mod suppress;

pub use grammar::{CHILDREN_MAX, ELEMENTS_MAX, Formula, Least, Operation};
pub use suppress::{Suppressed, Suppressor, suppressed};

use serde::{Deserialize, Serialize};

use crate::inputs::Inputs;
use crate::judge::Role;
use crate::points::Time;
use crate::verdict::{Fact, Reason, State, Verdict};

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub formula: Formula,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {}

pub fn roles(_: &Settings) -> Vec<Role> {
    Vec::new()
}

pub fn reach_s(_: &Settings, _: u32) -> u64 {
    0
}

pub fn judge(settings: &Settings, memory: Memory, inputs: &Inputs<'_>, _: Time) -> (Memory, Verdict) {
    let children = &settings.formula.children;
    let states: Vec<_> = children.iter().map(|(name, _)| inputs.child(name).unwrap_or(State::Unknown)).collect();
    let met = evaluate(&settings.formula.operations, &states);
    let named = |wanted: State| -> String {
        let of_state = children.iter().zip(&states).filter(|(_, state)| **state == wanted);
        of_state.map(|((name, _), _)| name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let reason = Reason::new(if met { "composite.met" } else { "composite.not_met" })
        .with("firing", Fact::Text(named(State::Firing)))
        .with("unknown", Fact::Text(named(State::Unknown)))
        .with("of", Fact::Count(children.len() as u64));
    (memory, if met { Verdict::firing(reason) } else { Verdict::fine(reason) })
}

fn evaluate(operations: &[Operation], states: &[State]) -> bool {
    let mut stack: Vec<bool> = Vec::with_capacity(16);
    for operation in operations {
        let mut pop = || stack.pop().unwrap_or(false);
        let top = match operation {
            Operation::Constant(constant) => *constant,
            Operation::Is(child, state) => states[*child] == *state,
            Operation::Not => !pop(),
            // Both are popped before either is looked at.
            Operation::And => pop() & pop(),
            Operation::Or => pop() | pop(),
            Operation::AtLeast { least, negated, state, children } => {
                let agree = children.iter().filter(|child| (states[**child] == *state) != *negated).count();
                match least {
                    Least::Count(count) => agree >= *count,
                    Least::Percent(percent) => agree as f64 * 100.0 >= percent * children.len() as f64,
                }
            }
        };
        stack.push(top);
    }
    stack.pop().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Child;

    fn check(text: &str, firing: &str, unknown: &str, expect: bool) {
        let settings = Settings { formula: Formula::parse(text).unwrap() };
        let state = |name: &str| match () {
            () if firing.contains(name) => State::Firing,
            () if unknown.contains(name) => State::Unknown,
            () => State::Fine,
        };
        let children: Vec<_> = ["a", "b", "c", "d"].map(|name| Child { name, state: state(name) }).into();
        let inputs = Inputs::new(0, &[]).children(&children);
        let (_, verdict) = judge(&settings, Memory {}, &inputs, 0);
        assert_eq!(verdict.state == State::Firing, expect, "{text} with {firing} firing, {unknown} unknown");
    }

    #[test]
    fn the_operators_and_their_order() {
        check("ALARM(a) OR ALARM(b) AND ALARM(c)", "a", "", true);
        check("(ALARM(a) OR ALARM(b)) AND ALARM(c)", "a", "", false);
        check("NOT ALARM(a) AND ALARM(b)", "b", "", true);
        check("NOT (ALARM(a) AND ALARM(b))", "ab", "", false);
        check("OK(a)", "", "a", false);
        check("INSUFFICIENT_DATA(a)", "", "a", true);
        check("INSUFFICIENT_DATA(nobody)", "", "", true);
        check("TRUE AND NOT FALSE", "", "", true);
    }

    #[test]
    fn at_least() {
        check("AT_LEAST(2, ALARM, (a, b, c))", "a", "", false);
        check("AT_LEAST(2, ALARM, (a, b, c))", "ac", "", true);
        check("AT_LEAST(50%, ALARM, (a, b, c, d))", "ad", "", true);
        check("AT_LEAST(51%, ALARM, (a, b, c, d))", "ad", "", false);
        check("AT_LEAST(3, NOT OK, (a, b, c, d))", "ad", "b", true);
    }
}
