//! Numbers as the store keeps them: 17 significant bits, and cells of 8.
//!
//! A code keeps the order of the values, and neighbours differ by one: what changes little has small differences, which
//! is what the blocks are made small by. A value comes back within 0.0008 %, an integer below 131,072 as it was; a
//! cell within 0.4 %, an integer up to 256 as it was. Nothing below 2^-40 is told from zero.

/// Bits of the fraction that a code keeps.
const FRACTION_BITS: u32 = 16;
const DROPPED: u32 = f64::MANTISSA_DIGITS - 1 - FRACTION_BITS;
/// The code of 2^-40 would be this, if codes began at the smallest number there is.
const TINY: u64 = (1_023 - 40) << FRACTION_BITS;
/// A cell is so many codes, as a power of two.
const CELL_BITS: u32 = 9;

/// The code of 2^361, beyond what any metric holds: what a changed byte makes of a code stays a number.
const CODE_MAX: u32 = (361 + 40) << FRACTION_BITS;

/// Integers below it are their own code's equal, whatever the fraction.
pub(super) const WHOLE_MAX: f64 = (1_u64 << (FRACTION_BITS + 1)) as f64;

pub(super) fn code(value: f64) -> i32 {
    let bits = value.abs().to_bits();
    let kept = (bits + (1 << (DROPPED - 1))) >> DROPPED;
    let code = kept.saturating_sub(TINY) as i32;
    if value < 0.0 { -code } else { code }
}

pub(super) fn value(code: i32) -> f64 {
    if code == 0 {
        return 0.0;
    }
    let value = f64::from_bits((u64::from(code.unsigned_abs().min(CODE_MAX)) + TINY) << DROPPED);
    if code < 0 { -value } else { value }
}

/// What is left of a value that was kept.
pub(super) fn rounded(number: f64) -> f64 {
    value(code(number))
}

pub(super) fn cell(value: f64) -> i32 {
    (code(value) + (1 << (CELL_BITS - 1))) >> CELL_BITS
}

/// The middle of a cell.
pub(super) fn middle(cell: i32) -> f64 {
    value(cell << CELL_BITS)
}

/// A number with its sign in the lowest bit: small ones of either sign are small.
pub(super) fn folded(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

pub(super) fn unfolded(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn integers_come_back_as_they_were() {
        for number in [0.0, 1.0, -1.0, 100.0, 99_999.0, 131_071.0, -131_071.0] {
            assert_eq!(rounded(number), number);
        }
        for number in 0..=256 {
            let number = f64::from(number);
            assert_eq!(middle(cell(number)), number);
        }
        assert_eq!(code(1e-13), 0);
    }

    proptest! {
        #[test]
        fn values_come_back_nearly(number in prop_oneof![-1e9..1e9_f64, -1.0..1.0_f64, any::<f64>()]) {
            prop_assume!(number.is_finite() && number.abs() > 1e-11 && number.abs() < 1e108);
            prop_assert!((rounded(number) - number).abs() <= number.abs() * 8e-6);
            prop_assert_eq!(code(rounded(number)), code(number));
            prop_assert!((middle(cell(number)) - number).abs() <= number.abs() * 0.004);
        }

        #[test]
        fn order_is_kept(one in -1e12..1e12_f64, other in -1e12..1e12_f64) {
            prop_assert_eq!(one <= other, code(one) <= code(other) || code(one) == code(other) && one <= other);
        }

        #[test]
        fn signs_fold(number in any::<i32>()) {
            prop_assert_eq!(unfolded(folded(i64::from(number))), i64::from(number));
        }
    }
}
