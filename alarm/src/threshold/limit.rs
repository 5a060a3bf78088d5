//! The line that a value must not cross, and the line behind which it is well again: 80 up, 75 down.

/// A bound and whether the bound itself breaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    pub at: f64,
    pub inclusive: bool,
}

/// At least one edge is there; with both, what is outside of them breaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    pub upper: Option<Edge>,
    pub lower: Option<Edge>,
    /// While firing, a value breaches until it has come back to here. Only with one edge.
    pub clear: Option<f64>,
}

impl Limit {
    pub fn above(at: f64) -> Self {
        Self { upper: Some(Edge { at, inclusive: false }), lower: None, clear: None }
    }

    pub fn below(at: f64) -> Self {
        Self { upper: None, lower: Some(Edge { at, inclusive: false }), clear: None }
    }

    /// The limit that counts now: while firing, the clear threshold stands for the edge.
    #[must_use]
    #[inline]
    pub fn now(self, firing: bool) -> Self {
        let Some(at) = self.clear.filter(|_| firing) else { return self };
        let moved = |edge: Edge| Edge { at, inclusive: edge.inclusive && edge.at == at };
        Self { upper: self.upper.map(moved), lower: self.lower.map(moved), clear: None }
    }

    #[inline]
    pub fn breaches(&self, value: f64) -> bool {
        let over = self.upper.is_some_and(|e| value > e.at || (e.inclusive && value == e.at));
        let under = self.lower.is_some_and(|e| value < e.at || (e.inclusive && value == e.at));
        over || under
    }

    /// The edge that the value has crossed, or is nearest to.
    #[inline]
    pub fn nearest(&self, value: f64) -> f64 {
        let far = |edge: Edge| (value - edge.at).abs();
        match (self.upper, self.lower) {
            (Some(upper), Some(lower)) => {
                if far(upper) <= far(lower) {
                    upper.at
                } else {
                    lower.at
                }
            }
            (Some(only), None) | (None, Some(only)) => only.at,
            (None, None) => f64::NAN,
        }
    }

    /// Of two values, the one that is worse.
    #[inline]
    pub fn worse(&self, one: f64, other: f64) -> f64 {
        let badness = |value: f64| {
            let over = self.upper.map_or(f64::NEG_INFINITY, |edge| value - edge.at);
            let under = self.lower.map_or(f64::NEG_INFINITY, |edge| edge.at - value);
            over.max(under)
        };
        if badness(other) > badness(one) { other } else { one }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eighty_up_seventy_five_down() {
        let limit = Limit { clear: Some(75.0), ..Limit::above(80.0) };
        assert_eq!([75.0, 80.0, 80.1].map(|v| limit.now(false).breaches(v)), [false, false, true]);
        assert_eq!([74.0, 75.0, 75.1].map(|v| limit.now(true).breaches(v)), [false, false, true]);
        let low = Limit { clear: Some(20.0), ..Limit::below(10.0) };
        assert_eq!([9.9, 10.0, 15.0].map(|v| low.now(false).breaches(v)), [true, false, false]);
        assert_eq!([19.9, 20.0].map(|v| low.now(true).breaches(v)), [true, false]);
    }

    #[test]
    fn outside_of_both_edges() {
        let limit = Limit { lower: Some(Edge { at: 2.0, inclusive: true }), ..Limit::above(8.0) };
        assert_eq!([1.0, 2.0, 5.0, 8.0, 8.1].map(|v| limit.breaches(v)), [true, true, false, false, true]);
        assert_eq!((limit.nearest(1.0), limit.nearest(9.0)), (2.0, 8.0));
        assert_eq!(limit.worse(1.0, 8.5), 1.0);
    }
}
