//! The rule of a composite alarm, in CloudWatch's own grammar (facts/alarm-semantics.md, Composites):
//! `ALARM("x")`, `OK`, `INSUFFICIENT_DATA`, `AND`, `OR`, `NOT`, `TRUE`, `FALSE`, parentheses, and
//! `AT_LEAST(2, ALARM, (a, b, c))`. `NOT` binds closest, then `AND`, then `OR`.
//!
//! Read into a list of operations for a stack, so that neither its judging nor its dropping recurses.

use std::ops::Range;

use crate::cursor::{Cursor, Wrong, unknown};
use crate::verdict::State;

/// Most alarms that one rule may name.
pub const CHILDREN_MAX: usize = 100;
/// Most elements (states, operators, constants) of one rule.
pub const ELEMENTS_MAX: usize = 500;
const TEXT_MAX: usize = 10_240;
/// Parentheses and NOTs inside each other: more than the elements allow would be all of them.
const DEPTH_MAX: usize = 256;

#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    Constant(bool),
    /// The child of this number is in that state.
    Is(usize, State),
    Not,
    And,
    Or,
    AtLeast {
        least: Least,
        negated: bool,
        state: State,
        children: Vec<usize>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Least {
    Count(usize),
    Percent(f64),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    pub operations: Vec<Operation>,
    /// Each child with the place of its first naming.
    pub children: Vec<(String, Range<usize>)>,
}

const WORDS: &[&str] = &["ALARM", "OK", "INSUFFICIENT_DATA", "AND", "OR", "NOT", "TRUE", "FALSE", "AT_LEAST"];

impl Formula {
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        if text.chars().count() > TEXT_MAX {
            return Err(Wrong { at: 0..0, says: format!("longer than {TEXT_MAX} characters") });
        }
        let made = Self { operations: vec![], children: vec![] };
        let mut parser = Parser { cursor: Cursor::new(text), elements: 0, made };
        parser.any()?;
        parser.cursor.end("AND, OR or the end")?;
        Ok(parser.made)
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    elements: usize,
    made: Formula,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<(), Wrong> {
        self.all()?;
        while self.word("OR")? {
            self.all()?;
            self.made.operations.push(Operation::Or);
        }
        Ok(())
    }

    fn all(&mut self) -> Result<(), Wrong> {
        self.one()?;
        while self.word("AND")? {
            self.one()?;
            self.made.operations.push(Operation::And);
        }
        Ok(())
    }

    fn one(&mut self) -> Result<(), Wrong> {
        self.cursor.down(DEPTH_MAX)?;
        if self.cursor.sign('(') {
            self.any()?;
            self.cursor.expect(')')?;
        } else if self.word("NOT")? {
            self.one()?;
            self.made.operations.push(Operation::Not);
        } else if self.word("TRUE")? {
            self.made.operations.push(Operation::Constant(true));
        } else if self.word("FALSE")? {
            self.made.operations.push(Operation::Constant(false));
        } else if self.word("AT_LEAST")? {
            self.at_least()?;
        } else {
            let state = self.state()?;
            self.cursor.expect('(')?;
            let child = self.child()?;
            self.cursor.expect(')')?;
            self.made.operations.push(Operation::Is(child, state));
        }
        self.cursor.up();
        Ok(())
    }

    fn at_least(&mut self) -> Result<(), Wrong> {
        self.cursor.expect('(')?;
        let (least, place) = self.least()?;
        self.cursor.expect(',')?;
        let negated = self.word("NOT")?;
        let state = self.state()?;
        self.cursor.expect(',')?;
        self.cursor.expect('(')?;
        let mut children = vec![self.child()?];
        while self.cursor.sign(',') {
            children.push(self.child()?);
            self.element(self.cursor.at..self.cursor.at)?;
        }
        self.cursor.expect(')')?;
        self.cursor.expect(')')?;
        if matches!(least, Least::Count(count) if count > children.len()) {
            return Err(Wrong { at: place, says: format!("there are only {} alarms to count", children.len()) });
        }
        self.made.operations.push(Operation::AtLeast { least, negated, state, children });
        Ok(())
    }

    fn least(&mut self) -> Result<(Least, Range<usize>), Wrong> {
        self.cursor.blank();
        let at = self.cursor.take(|c| c.is_ascii_digit() || c == '.');
        let digits = &self.cursor.text[at.clone()];
        let wrong = |says: &str| Wrong { at: at.clone(), says: says.to_owned() };
        if self.cursor.sign('%') {
            let percent = digits.parse().ok().filter(|percent| *percent > 0.0 && *percent <= 100.0);
            return percent
                .map(|p| (Least::Percent(p), at.clone()))
                .ok_or_else(|| wrong("a share is above 0 % and at most 100 %"));
        }
        let count = digits.parse().ok().filter(|count| *count > 0);
        count
            .map(|c| (Least::Count(c), at.clone()))
            .ok_or_else(|| wrong("a number of alarms (2) or a share (50%) was expected here"))
    }

    fn state(&mut self) -> Result<State, Wrong> {
        for (word, state) in [("ALARM", State::Firing), ("OK", State::Fine), ("INSUFFICIENT_DATA", State::Unknown)] {
            if self.word(word)? {
                return Ok(state);
            }
        }
        let from = self.cursor.at;
        let at = self.cursor.take(|c| c.is_alphanumeric() || c == '_');
        let said = &self.cursor.text[at.clone()];
        if said.is_empty() {
            self.cursor.at = from;
            return Err(self.cursor.wrong("ALARM, OK or INSUFFICIENT_DATA was expected here"));
        }
        let says = format!("`{said}` is no word of this grammar");
        Err(unknown(at, &says, &said.to_uppercase(), WORDS.iter().copied()))
    }

    /// Quoted, or without space, parenthesis and comma.
    fn child(&mut self) -> Result<usize, Wrong> {
        self.cursor.blank();
        let at = if self.cursor.sign('"') {
            let at = self.cursor.take(|c| c != '"');
            self.cursor.expect('"')?;
            at
        } else {
            self.cursor.take(|c| !c.is_whitespace() && !"(),\"".contains(c))
        };
        let name = &self.cursor.text[at.clone()];
        if name.is_empty() {
            return Err(self.cursor.wrong("the name of an alarm was expected here"));
        }
        if let Some(known) = self.made.children.iter().position(|(known, _)| known == name) {
            return Ok(known);
        }
        if self.made.children.len() == CHILDREN_MAX {
            return Err(Wrong { at, says: format!("more than {CHILDREN_MAX} alarms are named") });
        }
        self.made.children.push((name.to_owned(), at));
        Ok(self.made.children.len() - 1)
    }

    fn element(&mut self, at: Range<usize>) -> Result<(), Wrong> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(Wrong { at, says: format!("more than {ELEMENTS_MAX} elements") });
        }
        Ok(())
    }

    /// Takes this word if it stands here, whole.
    fn word(&mut self, word: &str) -> Result<bool, Wrong> {
        self.cursor.blank();
        let rest = &self.cursor.text[self.cursor.at..];
        let Some(after) = rest.strip_prefix(word) else { return Ok(false) };
        if after.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return Ok(false);
        }
        let at = self.cursor.at..self.cursor.at + word.len();
        self.cursor.at = at.end;
        self.element(at)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expect: Result<usize, (usize, &str)>) {
        crate::cursor::check(text, Formula::parse(text), |made| made.children.len(), expect);
    }

    #[test]
    fn the_grammar() {
        check("ALARM(\"cpu high\") AND NOT (OK(disk) OR INSUFFICIENT_DATA(net)) OR FALSE", Ok(3));
        check("AT_LEAST(2, NOT ALARM, (a, b, \"c d\")) AND TRUE", Ok(3));
        check("AT_LEAST(50%, OK, (a, b))AND ALARM(a)", Ok(2));
        check("ALARM(arn:aws:cloudwatch:eu-west-1:1:alarm:x)", Ok(1));
        check("", Err((0, "ALARM, OK or")));
        check("ALRAM(x)", Err((0, "did you mean `ALARM`")));
        check("alarm(x)", Err((0, "did you mean `ALARM`")));
        check("ALARM(x", Err((7, "`)` was expected")));
        check("ALARM(x) ALARM(y)", Err((9, "AND, OR or the end")));
        check("ALARM()", Err((6, "the name of an alarm")));
        check("AT_LEAST(3, ALARM, (a, b))", Err((9, "only 2 alarms")));
        check("AT_LEAST(0%, ALARM, (a, b))", Err((9, "above 0 %")));
    }

    #[test]
    fn the_limits() {
        let many = |count: usize| (0..count).map(|n| format!("ALARM(a{n})")).collect::<Vec<_>>().join(" OR ");
        check(&many(100), Ok(100));
        check(&many(101), Err((many(100).len() + 10, "100 alarms")));
        check(&format!("ALARM(a){}", " OR ALARM(a)".repeat(300)), Err((3_000, "500 elements")));
        check(&format!("ALARM({})", "x".repeat(10_240)), Err((0, "10240 characters")));
        check(&"(".repeat(9_999), Err((256, "levels deep")));
        check(&"NOT ".repeat(499), Err((1_023, "levels deep")));
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "(ALARM|OK|NOT|AND|OR|AT_LEAST|[(),\"%0-9 ]|\\PC){0,60}") {
            let _ = Formula::parse(&text);
        }
    }
}
