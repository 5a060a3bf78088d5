//! The arithmetic of a bucket that fills slowly and is emptied by bursts. No time, no series, no opinion.
//!
//! The unit of what it holds is the provider's: EC2's credits (a vCPU-minute), or Lightsail's minutes of the whole
//! machine. `width` is what one minute at 100 % takes, so that the same lines serve both.

/// The shape of one machine's bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// What one minute at 100 % of the machine takes.
    pub width: f64,
    pub earned_per_min: f64,
    pub most_held: f64,
    /// T2: given at launch, held above `most_held`, spent first.
    pub launch_credits: f64,
    /// Without, nothing ever comes back, and only what is above the baseline is taken.
    pub refills: bool,
    /// What a unit borrowed beyond the most that may be owed costs, in unlimited mode.
    pub dollars_per_credit: f64,
}

impl Bucket {
    /// A bucket like EC2's for any machine whose baseline is known: a day of earnings.
    pub fn of_baseline(vcpus: f64, baseline_percent: f64) -> Self {
        let earned_per_min = vcpus * baseline_percent / 100.0;
        Self {
            width: vcpus,
            earned_per_min,
            most_held: earned_per_min * 24.0 * 60.0,
            launch_credits: 0.0,
            refills: true,
            dollars_per_credit: 0.0,
        }
    }

    /// The share of the machine that can be used for ever.
    pub fn baseline_percent(&self) -> f64 {
        100.0 * self.earned_per_min / self.width
    }

    /// What leaves the bucket in a minute of this use; negative while it fills.
    pub fn drain(&self, used_per_min: f64) -> f64 {
        let net = used_per_min - self.earned_per_min;
        if self.refills { net } else { net.max(0.0) }
    }

    /// Minutes until nothing is held. Infinite while it does not drain.
    ///
    /// Above the cap lie launch credits: they are spent first, and what is earned meanwhile is lost, since the rest
    /// is full. So the part above the cap goes at the whole use, not at use less earnings.
    pub fn minutes_to_empty(&self, held: f64, used_per_min: f64) -> f64 {
        let drain = self.drain(used_per_min);
        if drain <= 0.0 {
            return f64::INFINITY;
        }
        let above = (held - self.most_held).clamp(0.0, self.launch_credits);
        above / used_per_min + (held - above).max(0.0) / drain
    }

    /// Minutes until surplus is charged: as much as a full bucket may be owed for nothing.
    pub fn minutes_to_charges(&self, held: f64, owed: f64, used_per_min: f64) -> f64 {
        let drain = self.drain(used_per_min);
        if drain <= 0.0 {
            return f64::INFINITY;
        }
        self.minutes_to_empty(held, used_per_min) + (self.most_held - owed).max(0.0) / drain
    }

    /// Dollars an hour once charges have begun.
    pub fn dollars_per_hour(&self, used_per_min: f64) -> f64 {
        self.drain(used_per_min).max(0.0) * 60.0 * self.dollars_per_credit
    }

    /// What is owed at once when the machine stops, ends, or goes to standard mode.
    pub fn dollars_owed(&self, owed: f64) -> f64 {
        owed.max(0.0) * self.dollars_per_credit
    }

    /// What is held after some minutes of this use.
    pub fn after(&self, held: f64, used_per_min: f64, minutes: f64) -> f64 {
        let room = self.most_held.max(held);
        let next = held - self.drain(used_per_min) * minutes;
        // Launch credits above the cap neither grow nor are topped up.
        next.clamp(0.0, room)
    }
}
