//! What a day may cost in bytes.

/// Bytes that may be shipped in a day.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    pub bytes_per_day: Option<u64>,
    pub day: i64,
    pub spent: u64,
    /// That it is spent was said today.
    pub(super) said: bool,
}

impl Budget {
    pub fn new(bytes_per_day: Option<u64>, day: i64, spent: u64) -> Self {
        Self { bytes_per_day, day, spent, said: false }
    }

    /// Whether so much may still go today.
    pub(super) fn spend(&mut self, bytes: usize, now_ms: i64) -> bool {
        let day = now_ms.div_euclid(86_400_000);
        if day != self.day {
            *self = Self { bytes_per_day: self.bytes_per_day, day, spent: 0, said: false };
        }
        let after = self.spent + bytes as u64;
        let fits = self.bytes_per_day.is_none_or(|most| after <= most);
        if fits {
            self.spent = after;
        }
        fits
    }
}
