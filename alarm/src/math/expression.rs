//! The little language of ratios, rates and sums: `100 * failed / calls`, `sum(calls)`, `rate(bytes)`.
//!
//! Compiled to a list of operations for a stack. Bounded: at most `TEXT_MAX` characters, `OPERATIONS_MAX` operations,
//! and parentheses `DEPTH_MAX` deep. It has no loops and cannot fail at run time: what has no value is a gap.

use crate::cursor::{Cursor, Wrong, unknown};

const TEXT_MAX: usize = 2_048;
const OPERATIONS_MAX: usize = 200;
const DEPTH_MAX: usize = 32;

/// How several series of one role become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// As the statistic of the role wants it.
    Usual,
    Sum,
    Average,
    Minimum,
    Maximum,
    Count,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    Number(f64),
    /// The value of a role in this period, or in the one before (`back` = 1).
    Load {
        role: usize,
        fold: Fold,
        back: u8,
    },
    Add,
    Subtract,
    Multiply,
    Divide,
    Negate,
    Absolute,
    Larger,
    Smaller,
    /// A gap becomes this number.
    Fill,
    /// Divides by the length of a period in seconds.
    PerSecond,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    pub operations: Vec<Operation>,
    /// The names used, in the order in which they first stand: `Load::role` points here.
    pub names: Vec<String>,
}

/// Each function with the number of its arguments.
const FUNCTIONS: &[(&str, usize)] = &[
    ("sum", 1),
    ("avg", 1),
    ("min", 1),
    ("max", 1),
    ("count", 1),
    ("rate", 1),
    ("diff", 1),
    ("abs", 1),
    ("fill", 2),
    ("larger", 2),
    ("smaller", 2),
];

impl Expression {
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        if text.len() > TEXT_MAX {
            return Err(Wrong { at: 0..text.len(), says: format!("longer than {TEXT_MAX} characters") });
        }
        let mut parser = Parser { cursor: Cursor::new(text), made: Self { operations: vec![], names: vec![] } };
        parser.sum()?;
        parser.cursor.end("an operator (+ - * /) or the end")?;
        if parser.made.names.is_empty() {
            return Err(Wrong { at: 0..text.len(), says: "it names no series".to_owned() });
        }
        Ok(parser.made)
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    made: Expression,
}

impl<'a> Parser<'a> {
    fn sum(&mut self) -> Result<(), Wrong> {
        self.product()?;
        loop {
            let operation = match self.cursor.peek() {
                Some('+') => Operation::Add,
                Some('-') => Operation::Subtract,
                _ => return Ok(()),
            };
            self.cursor.at += 1;
            self.product()?;
            self.push(operation)?;
        }
    }

    fn product(&mut self) -> Result<(), Wrong> {
        self.factor()?;
        loop {
            let operation = match self.cursor.peek() {
                Some('*') => Operation::Multiply,
                Some('/') => Operation::Divide,
                _ => return Ok(()),
            };
            self.cursor.at += 1;
            self.factor()?;
            self.push(operation)?;
        }
    }

    fn factor(&mut self) -> Result<(), Wrong> {
        self.cursor.down(DEPTH_MAX)?;
        match self.cursor.peek() {
            Some('(') => {
                self.cursor.at += 1;
                self.sum()?;
                self.cursor.expect(')')?;
            }
            Some('-') => {
                self.cursor.at += 1;
                self.factor()?;
                self.push(Operation::Negate)?;
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number()?,
            Some(c) if c.is_alphabetic() || c == '_' => self.word()?,
            _ => return Err(self.cursor.wrong("a number, a name or a parenthesis was expected here")),
        }
        self.cursor.up();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Wrong> {
        let word = self.cursor.take(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
        match self.cursor.text[word.clone()].parse::<f64>() {
            Ok(number) if number.is_finite() => self.push(Operation::Number(number)),
            _ => Err(Wrong { says: format!("\"{}\" is not a number", &self.cursor.text[word.clone()]), at: word }),
        }
    }

    fn word(&mut self) -> Result<(), Wrong> {
        let at = self.cursor.take(|c| c.is_alphanumeric() || c == '_');
        let word = &self.cursor.text[at.clone()];
        if self.cursor.peek() != Some('(') {
            return self.load(word, Fold::Usual, 0);
        }
        let Some((name, arguments)) = FUNCTIONS.iter().find(|(name, _)| *name == word) else {
            let says = format!("there is no function `{word}`");
            return Err(unknown(at, &says, word, FUNCTIONS.iter().map(|(name, _)| *name)));
        };
        self.cursor.at += 1;
        match *name {
            "sum" => self.fold(Fold::Sum)?,
            "avg" => self.fold(Fold::Average)?,
            "min" => self.fold(Fold::Minimum)?,
            "max" => self.fold(Fold::Maximum)?,
            "count" => self.fold(Fold::Count)?,
            "diff" => self.diff()?,
            _ => self.call(name, *arguments)?,
        }
        self.cursor.expect(')')
    }

    fn call(&mut self, name: &str, arguments: usize) -> Result<(), Wrong> {
        self.sum()?;
        for _ in 1..arguments {
            self.cursor.expect(',')?;
            self.sum()?;
        }
        self.push(match name {
            "rate" => Operation::PerSecond,
            "abs" => Operation::Absolute,
            "fill" => Operation::Fill,
            "larger" => Operation::Larger,
            _ => Operation::Smaller,
        })
    }

    /// The name of a series alone: these look at its series, not at numbers.
    fn series(&mut self) -> Result<&'a str, Wrong> {
        self.cursor.blank();
        let at = self.cursor.take(|c| c.is_alphanumeric() || c == '_');
        if at.is_empty() {
            return Err(self.cursor.wrong("the name of a series was expected here"));
        }
        Ok(&self.cursor.text[at])
    }

    fn fold(&mut self, fold: Fold) -> Result<(), Wrong> {
        let name = self.series()?;
        self.load(name, fold, 0)
    }

    fn diff(&mut self) -> Result<(), Wrong> {
        let name = self.series()?;
        self.load(name, Fold::Usual, 0)?;
        self.load(name, Fold::Usual, 1)?;
        self.push(Operation::Subtract)
    }

    fn load(&mut self, name: &str, fold: Fold, back: u8) -> Result<(), Wrong> {
        let known = self.made.names.iter().position(|held| held == name);
        let role = known.unwrap_or_else(|| {
            self.made.names.push(name.to_owned());
            self.made.names.len() - 1
        });
        self.push(Operation::Load { role, fold, back })
    }

    fn push(&mut self, operation: Operation) -> Result<(), Wrong> {
        if self.made.operations.len() == OPERATIONS_MAX {
            return Err(self.cursor.wrong(&format!("more than {OPERATIONS_MAX} operations")));
        }
        self.made.operations.push(operation);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expect: Result<usize, (usize, &str)>) {
        crate::cursor::check(text, Expression::parse(text), |made| made.operations.len(), expect);
    }

    #[test]
    fn what_can_be_said_and_what_cannot() {
        check("100 * failed / calls", Ok(5));
        check("-(a + b) * 2e3", Ok(6));
        check("diff(bytes)", Ok(3));
        check("fill(sum(a), 0)", Ok(3));
        check("", Err((0, "a number, a name")));
        check("1 + 2", Err((0, "names no series")));
        check("a b", Err((2, "an operator")));
        check("smu(a)", Err((0, "did you mean `sum`")));
        check("sum(3 +", Err((6, "`)` was expected")));
        check("(a", Err((2, "`)` was expected")));
        check("3x", Err((0, "\"3x\" is not a number")));
        check("한글 / 2", Ok(3));
        check(&"(".repeat(1_000), Err((32, "levels deep")));
        check(&"-".repeat(1_000), Err((32, "levels deep")));
        check(&format!("a{}", "+a".repeat(500)), Err((201, "operations")));
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "[-+*/(), a-z0-9.\\PC]{0,80}") {
            let _ = Expression::parse(&text);
        }
    }
}
