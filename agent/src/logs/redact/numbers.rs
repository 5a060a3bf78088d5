//! Numbers that name a person or a card: told from the other digits of a log by shape, checksum and neighbours.

use super::{Span, What};

/// Most groups of digits that any known number has; `+82-10-1234-5678` has four.
const GROUPS_MAX: usize = 5;
/// Most digits that any known number has: a card of 19.
const DIGITS_MAX: usize = 19;

/// Fewer than all numbers that are looked for have.
const SHORT: usize = 9;

/// The end of the run of digits that begins at `start`, where it is too short for anything looked for and nothing that
/// follows could make it longer: nine numbers in ten are a time, a count or a part of an address.
#[inline]
pub(super) fn short(text: &[u8], start: usize) -> Option<usize> {
    let run = text[start..].iter().take(SHORT).take_while(|byte| byte.is_ascii_digit()).count();
    let end = start + run;
    let goes_on = match text.get(end) {
        Some(b'-') => true,
        Some(b' ') => (2..=4).contains(&run),
        Some(b'.') => run == 3 && text[start..].starts_with(b"01"),
        _ => false,
    };
    let long = run == SHORT || (goes_on && text.get(end + 1).is_some_and(u8::is_ascii_digit));
    (!long).then_some(end)
}

/// Digits in groups with single hyphens between them.
#[derive(Debug)]
pub(super) struct Token {
    start: usize,
    /// The first byte that is not looked at again as a number.
    pub(super) end: usize,
    groups: [u8; GROUPS_MAX],
    group_count: usize,
    digits: usize,
}

impl Token {
    /// The run that begins with the digit at `start`.
    pub(super) fn at(text: &[u8], start: usize) -> Self {
        Self::run(text, start, b'-')
    }

    fn run(text: &[u8], start: usize, joint: u8) -> Self {
        let mut token = Self { start, end: start, groups: [0; GROUPS_MAX], group_count: 0, digits: 0 };
        loop {
            let from = token.end;
            while text.get(token.end).is_some_and(u8::is_ascii_digit) {
                token.end += 1;
            }
            let len = token.end - from;
            token.digits += len;
            if token.group_count < GROUPS_MAX {
                token.groups[token.group_count] = len.min(255) as u8;
            }
            token.group_count += 1;
            let joined = text.get(token.end) == Some(&joint) && text.get(token.end + 1).is_some_and(u8::is_ascii_digit);
            if !joined || (joint == b' ' && token.digits >= DIGITS_MAX) {
                return token;
            }
            token.end += 1;
        }
    }

    fn shape(&self) -> &[u8] {
        &self.groups[..self.group_count.min(GROUPS_MAX)]
    }

    pub(super) fn judge(&self, text: &[u8]) -> Option<Span> {
        // Two thirds of all numbers in a log are shorter than anything looked for.
        if self.digits < SHORT {
            return self.spaced(text).or_else(|| self.dotted(text));
        }
        if let Some(back) = self.country(text).filter(|_| self.group_count > 1 && self.digits <= 12) {
            return Some(Span { start: self.start - back, end: self.end, what: What::Phone });
        }
        if self.digits > DIGITS_MAX || self.group_count > GROUPS_MAX || !self.alone(text) {
            return None;
        }
        let what = self.what(text)?;
        let plus = usize::from(what == What::Phone && self.after_plus(text));
        Some(Span { start: self.start - plus, end: self.end, what })
    }

    /// `010.1234.5678`: a mobile number of Korea; nothing else begins so.
    fn dotted(&self, text: &[u8]) -> Option<Span> {
        let mobile = self.groups[0] == 3 && self.group_count == 1 && text[self.start..].starts_with(b"01");
        if !mobile {
            return None;
        }
        let whole = Self::run(text, self.start, b'.');
        let is = matches!(whole.shape(), [3, 3 | 4, 4]) && whole.alone(text);
        is.then_some(Span { start: whole.start, end: whole.end, what: What::Phone })
    }

    /// The same numbers with spaces: a card in groups of four, a telephone number.
    fn spaced(&self, text: &[u8]) -> Option<Span> {
        let first = self.groups[0];
        let spaced = text.get(self.end) == Some(&b' ') && text.get(self.end + 1).is_some_and(u8::is_ascii_digit);
        if !spaced || self.group_count != 1 || !(2..=4).contains(&first) {
            return None;
        }
        let whole = Self::run(text, self.start, b' ');
        let known = whole.digits >= 9 && whole.group_count <= GROUPS_MAX && whole.alone(text);
        if let Some(what) = known.then(|| whole.what(text)).flatten() {
            let plus = usize::from(what == What::Phone && whole.after_plus(text));
            return Some(Span { start: whole.start - plus, end: whole.end, what });
        }
        // A card with its security code or its date behind it.
        let card = Self { end: self.start + 19, groups: [4, 4, 4, 4, 0], group_count: 4, digits: 16, ..whole };
        let is = whole.group_count > 4 && whole.groups[..4] == [4; 4] && card.what(text) == Some(What::Card);
        is.then_some(Span { start: card.start, end: card.end, what: What::Card })
    }

    /// `+82 10-1234-5678`: how far back the country stands before the number.
    fn country(&self, text: &[u8]) -> Option<usize> {
        let head = text[..self.start].strip_suffix(b" ")?;
        let digits = head.iter().rev().take(4).take_while(|byte| byte.is_ascii_digit()).count();
        let is = (1..=3).contains(&digits) && head[..head.len() - digits].ends_with(b"+");
        is.then_some(digits + 2)
    }

    fn what(&self, text: &[u8]) -> Option<What> {
        let mut digits = [0; DIGITS_MAX];
        let bytes = text[self.start..self.end].iter().filter(|byte| byte.is_ascii_digit());
        for (slot, byte) in digits.iter_mut().zip(bytes) {
            *slot = byte - b'0';
        }
        let digits = digits.get(..self.digits)?;
        if self.is_phone(text, digits) {
            return Some(What::Phone);
        }
        match self.shape() {
            // With its hyphen the date is enough: numbers given since October 2020 have no checksum.
            [6, 7] if resident_date(digits) => Some(What::ResidentNumber),
            [13] if resident_date(digits) && resident_checksum(digits) => Some(What::ResidentNumber),
            [3, 2, 5] if business_checksum(digits) => Some(What::BusinessNumber),
            [_] | [4, 4, 4, ..] | [4, 6, 4 | 5] if card(digits) => Some(What::Card),
            _ => None,
        }
    }

    fn is_phone(&self, text: &[u8], digits: &[u8]) -> bool {
        if self.after_plus(text) {
            return (9..=15).contains(&digits.len()) && digits[0] != 0;
        }
        match self.shape() {
            // 010-1234-5678, 02-123-4567, 031-123-4567; 82 before it where the plus was forgotten.
            [2 | 3, 3 | 4, 4] => digits[0] == 0 && digits[1] != 0,
            [2, 2, 3 | 4, 4] => digits[..2] == [8, 2],
            // A mobile number in one run.
            [11] => digits[..2] == [0, 1] && matches!(digits[2], 0 | 1 | 6..=9),
            _ => false,
        }
    }

    fn after_plus(&self, text: &[u8]) -> bool {
        self.start > 0 && text[self.start - 1] == b'+'
    }

    /// Part of no longer word, fraction or identifier.
    fn alone(&self, text: &[u8]) -> bool {
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let before = self.start.checked_sub(1).and_then(|at| text.get(at));
        let after = text.get(self.end);
        let fraction = (before == Some(&b'.') && self.start > 1 && text[self.start - 2].is_ascii_digit())
            || (after == Some(&b'.') && text.get(self.end + 1).is_some_and(u8::is_ascii_digit));
        !before.is_some_and(word) && !after.is_some_and(word) && !fraction
    }
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(*digit))
}

/// Begins as one of the networks' numbers does, has that network's length, and passes Luhn.
fn card(digits: &[u8]) -> bool {
    let len = digits.len();
    if !(13..=19).contains(&len) {
        return false;
    }
    let network = match number(&digits[..4]) {
        4000..=4999 => matches!(len, 13 | 16 | 19),
        // The last of these: cards for Korea alone.
        5100..=5599 | 2221..=2720 | 9400..=9499 => len == 16,
        3400..=3499 | 3700..=3799 => len == 15,
        3528..=3589 | 6011 | 6200..=6299 | 6440..=6599 => len >= 16,
        3000..=3059 | 3600..=3699 | 3800..=3999 => len >= 14,
        _ => false,
    };
    network && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let value = u32::from(*digit) << (at % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The first six digits are a date, the seventh says century and sex.
fn resident_date(digits: &[u8]) -> bool {
    let (month, day) = (number(&digits[2..4]), number(&digits[4..6]));
    (1..=12).contains(&month) && (1..=31).contains(&day) && (1..=8).contains(&digits[6])
}

fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

fn resident_checksum(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    let native = (11 - sum % 11) % 10;
    let foreign = (native + 2) % 10;
    let last = u32::from(digits[12]);
    last == if digits[6] >= 5 { foreign } else { native }
}

fn business_checksum(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + u32::from(digits[8]) * 5 / 10;
    (10 - sum % 10) % 10 == u32::from(digits[9])
}
