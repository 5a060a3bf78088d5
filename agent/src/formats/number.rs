//! Reads a decimal number from bytes, fast: sources read a million a second.

use memchr::memchr2;

const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// A finite number. Up to 15 digits are exact in a double and so is the power of ten that divides them, so one division
/// gives the nearest double; everything else is read by the standard library.
pub fn number(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 16 {
        return slow(text);
    }
    let (mut whole, mut count, mut after) = (0_u64, 0_usize, None::<usize>);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                whole = whole * 10 + u64::from(byte - b'0');
                count += 1;
                after = after.map(|digits| digits + 1);
            }
            b'.' if after.is_none() => after = Some(0),
            _ => return slow(text),
        }
    }
    if count == 0 || count > 15 {
        return slow(text);
    }
    let value = whole as f64 / POWERS[after.unwrap_or(0)];
    Some(if negative { -value } else { value })
}

fn slow(text: &[u8]) -> Option<f64> {
    // Words for infinity and NaN are numbers to the library and none to us.
    if memchr2(b'n', b'N', text).is_some() {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_the_nearest_double(text in "[+-]?[0-9]{0,18}\\.?[0-9]{0,18}(e[+-]?[0-9]{1,3})?") {
            let wanted = text.parse().ok().filter(|value: &f64| value.is_finite());
            prop_assert_eq!(number(text.as_bytes()), wanted);
        }
    }

    #[test]
    fn words_are_no_numbers() {
        for word in ["", "nan", "NaN", "inf", "Infinity", "-", ".", "1e", "0x1", " 1", "1e999"] {
            assert_eq!(number(word.as_bytes()), None, "{word}");
        }
    }
}
