//! A profile: what rate is meant at each moment. Every shape becomes segments of straight lines, so that one formula
//! tells how many arrivals are due by a time, and when the n-th is due.

/// A stretch in which the rate goes in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Arrivals a second, at the beginning and at the end.
    pub from: f64,
    pub to: f64,
    pub length_s: f64,
}

impl Segment {
    /// Arrivals due in all of it.
    pub fn count(&self) -> f64 {
        f64::midpoint(self.from, self.to) * self.length_s
    }

    pub fn rate(&self, at_s: f64) -> f64 {
        self.from + (self.to - self.from) * (at_s / self.length_s)
    }

    /// When `count` arrivals were due. The root is taken in the form that does not cancel for a flat segment.
    pub fn when(&self, count: f64) -> f64 {
        let slope = (self.to - self.from) / self.length_s;
        let root = (self.from * self.from + 2.0 * slope * count).max(0.0).sqrt();
        let divisor = self.from + root;
        if divisor <= 0.0 { self.length_s } else { (2.0 * count / divisor).clamp(0.0, self.length_s) }
    }
}

/// What a person writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Constant {
        rate: f64,
        length_s: f64,
    },
    Ramp {
        from: f64,
        to: f64,
        length_s: f64,
    },
    /// From one rate to another in equal steps, each held.
    Steps {
        from: f64,
        to: f64,
        by: f64,
        each_s: f64,
    },
    /// The base, then at once the peak, then at once the base again.
    Spike {
        base: f64,
        peak: f64,
        before_s: f64,
        length_s: f64,
        after_s: f64,
    },
}

/// Steps of one shape, at most: a slip of the finger makes no million segments.
pub const STEPS_MAX: f64 = 1_000.0;

impl Shape {
    pub fn segments(&self) -> Vec<Segment> {
        let flat = |rate, length_s| Segment { from: rate, to: rate, length_s };
        let made = match *self {
            Self::Constant { rate, length_s } => vec![flat(rate, length_s)],
            Self::Ramp { from, to, length_s } => vec![Segment { from, to, length_s }],
            Self::Steps { from, to, by, each_s } => {
                let steps = ((to - from).abs() / by.abs()).floor().min(STEPS_MAX) as usize;
                let by = by.abs() * if to < from { -1.0 } else { 1.0 };
                (0..=steps).map(|step| flat(from + by * step as f64, each_s)).collect()
            }
            Self::Spike { base, peak, before_s, length_s, after_s } => {
                vec![flat(base, before_s), flat(peak, length_s), flat(base, after_s)]
            }
        };
        made.into_iter().filter(|segment| segment.length_s > 0.0).collect()
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    pub segments: Vec<Segment>,
}

impl Profile {
    pub fn of(shapes: &[Shape]) -> Self {
        Self { segments: shapes.iter().flat_map(Shape::segments).collect() }
    }

    pub fn constant(rate: f64, length_s: f64) -> Self {
        Self::of(&[Shape::Constant { rate, length_s }])
    }

    pub fn length_s(&self) -> f64 {
        self.segments.iter().map(|segment| segment.length_s).sum()
    }

    pub fn count(&self) -> f64 {
        self.segments.iter().map(Segment::count).sum()
    }

    /// The highest rate asked for.
    pub fn peak(&self) -> f64 {
        self.segments.iter().flat_map(|segment| [segment.from, segment.to]).fold(0.0, f64::max)
    }

    /// The rate asked for at a moment; none before and after.
    pub fn rate(&self, at_s: f64) -> f64 {
        let mut begins = 0.0;
        for segment in &self.segments {
            if at_s < begins + segment.length_s {
                return if at_s < begins { 0.0 } else { segment.rate(at_s - begins) };
            }
            begins += segment.length_s;
        }
        0.0
    }
}
