//! The one pass: which pairs of neighbouring bytes, and which runs of digits, are worth a closer look.
//!
//! Nine bytes in ten are decided by one look into a table and one shift, without a branch that could be guessed wrong: a
//! log is full of colons, hyphens and short numbers, and to stop at each cost more than all the rest of the redaction.

use super::{Span, numbers, secrets};

/// Runs of four digits: every number that is looked for has one, or follows a plus.
const RUN: u32 = 0b1111;

/// What a byte is as the second of a pair, and, shifted by `FIRST`, as the first.
const DIGIT: u32 = 1;
const KEY_END: u32 = 1 << 1;
const AT: u32 = 1 << 2;
const BEARER: u32 = 1 << 3;
const AWS: u32 = 1 << 4;
const JWT: u32 = 1 << 5;
const HYPHEN: u32 = 1 << 6;
const UNDERSCORE: u32 = 1 << 7;
const SLACK: u32 = 1 << 8;
const PLUS: u32 = 1 << 9;
const FIRST: u32 = 16;

/// Each kind of pair with the bytes that may be its first (none: any) and its second.
const PAIRS: [(u32, &[u8], &[u8]); 9] = [
    (KEY_END, b" \"'dDeEtTyYlLsSnN", b"=:"),
    (AT, b"", b"@"),
    (BEARER, b"Bb", b"Ee"),
    (AWS, b"A", b"KSI"),
    (JWT, b"y", b"J"),
    // `--flag`, `-----BEGIN`, `sk-`, `glpat-`.
    (HYPHEN, b"-kt", b"-"),
    (UNDERSCORE, b"posuetm", b"_"),
    (SLACK, b"o", b"x"),
    (PLUS, b"+", b"0123456789"),
];

const CLASSES: [u32; 256] = {
    let mut table = [AT << FIRST; 256];
    let mut digit = b'0';
    while digit <= b'9' {
        table[digit as usize] |= DIGIT;
        digit += 1;
    }
    let mut pair = 0;
    while pair < PAIRS.len() {
        let (kind, firsts, seconds) = PAIRS[pair];
        let mut at = 0;
        while at < firsts.len() {
            table[firsts[at] as usize] |= kind << FIRST;
            at += 1;
        }
        at = 0;
        while at < seconds.len() {
            table[seconds[at] as usize] |= kind;
            at += 1;
        }
        pair += 1;
    }
    table
};

pub(super) fn scan(text: &[u8], spans: &mut Vec<Span>) {
    let mut pass = Pass { text, spans, from: 0, resumed: 0 };
    let (mut at, mut first, mut run) = (0, u32::MAX >> FIRST, 0_u32);
    while let Some(byte) = text.get(at) {
        let class = CLASSES[usize::from(*byte)];
        let pair = class & first;
        run = run << 1 | class & DIGIT;
        first = class >> FIRST;
        at += 1;
        if pair == 0 && run & RUN != RUN {
            continue;
        }
        let next = if class & DIGIT == 0 { pass.pair(at - 1, pair) } else { pass.numbers(at - 1) };
        if next >= at {
            (at, run) = (next, 0);
            first = CLASSES[usize::from(text[at - 1])] >> FIRST;
            pass.resumed = at;
        }
    }
}

#[derive(Debug)]
struct Pass<'a> {
    text: &'a [u8],
    spans: &'a mut Vec<Span>,
    /// Nothing before this may be found again.
    from: usize,
    /// What stands before this was looked at to its end.
    resumed: usize,
}

impl Pass<'_> {
    /// A closer look at the pair whose second byte stands at `at`. Returns from where to go on.
    fn pair(&mut self, at: usize, pair: u32) -> usize {
        let (text, from) = (self.text, self.from);
        // Where the byte is by which the rule knows its secret.
        let mark = match pair {
            BEARER | AWS => at.checked_sub(1),
            HYPHEN if at > 0 && text[at - 1] == b'-' => at.checked_sub(1),
            // `xoxb-`
            SLACK => Some(at + 2).filter(|at| text.get(*at) == Some(&b'-')),
            _ => Some(at),
        };
        let Some(mark) = mark.filter(|mark| *mark >= self.resumed) else { return at };
        let found =
            if pair == KEY_END { secrets::after_key(text, from, mark) } else { secrets::at_mark(text, from, mark) };
        found.map_or(at, |span| self.found(span).map_or(at, |end| end.max(at + 1)))
    }

    /// The digits around `at`, with whatever could join them into one number. Returns the first byte behind them.
    fn numbers(&mut self, at: usize) -> usize {
        let text = self.text;
        let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
        let joint = |at: usize| matches!(text.get(at), Some(b'-' | b' ' | b'.'));
        let mut start = at;
        while start > self.resumed
            && (is_digit(start - 1) || (start - 1 > self.resumed && joint(start - 1) && is_digit(start - 2)))
        {
            start -= 1;
        }
        let mut at = start;
        loop {
            if is_digit(at) {
                at = self.number(at);
            } else if at > start && joint(at) && is_digit(at - 1) && is_digit(at + 1) {
                at += 1;
            } else {
                return at;
            }
        }
    }

    fn number(&mut self, at: usize) -> usize {
        if let Some(end) = numbers::short(self.text, at) {
            return end;
        }
        let token = numbers::Token::at(self.text, at);
        token.judge(self.text).and_then(|span| self.found(span)).map_or(token.end, |end| end.max(token.end))
    }

    fn found(&mut self, span: Span) -> Option<usize> {
        if span.start < self.from || span.end <= span.start {
            return None;
        }
        self.from = span.end;
        self.spans.push(span);
        Some(span.end)
    }
}
