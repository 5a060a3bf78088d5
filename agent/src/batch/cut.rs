//! From points to requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BYTES_MAX, DATUMS_MAX, Datum, Request};
use crate::window::Point;

/// Requests of one namespace each, as few as the bounds allow, in the order of the points.
pub fn cut(points: &[Point]) -> Vec<Request> {
    let mut by_namespace = BTreeMap::<&str, Vec<Datum>>::new();
    for point in points {
        let datums = by_namespace.entry(&point.series.namespace).or_default();
        for values in point.values.datums() {
            let series = Arc::clone(&point.series);
            datums.push(Datum { series, unit: point.unit, at: point.at, fine: point.fine, values });
        }
    }
    by_namespace.into_iter().flat_map(|(namespace, datums)| pack(namespace, datums)).collect()
}

fn pack(namespace: &str, datums: Vec<Datum>) -> Vec<Request> {
    let mut requests = Vec::new();
    let mut room = 0;
    for datum in datums {
        let bytes = bytes_at_most(&datum);
        match requests.last_mut() {
            Some(Request { datums, .. }) if datums.len() < DATUMS_MAX && bytes <= room => datums.push(datum),
            _ => {
                requests.push(Request { namespace: namespace.to_owned(), datums: vec![datum] });
                room = BYTES_MAX - ENVELOPE;
            }
        }
        room = room.saturating_sub(bytes);
    }
    requests
}

/// The namespace and the frame around the datums.
const ENVELOPE: usize = 512;

/// The most that a datum can take as Smithy RPC v2 CBOR: names of members 120, a number 9, a head up to 3.
fn bytes_at_most(datum: &Datum) -> usize {
    let dimensions: usize = datum.series.dimensions.iter().map(|(name, value)| name.len() + value.len() + 24).sum();
    160 + datum.series.name.len() + dimensions + 18 * datum.values.len()
}

#[cfg(test)]
mod tests {
    use alarm::series::{Dimensions, Series, Unit};
    use proptest::prelude::*;

    use super::*;
    use crate::window::{Distribution, VALUES_MAX};

    fn point(namespace: &str, name: String, values: usize) -> Point {
        let mut distribution = Distribution::default();
        (0..values).for_each(|n| distribution.add(1.1_f64.powi(n as i32), 1.0));
        let series = Series { namespace: namespace.into(), name, dimensions: Dimensions::default() };
        Point {
            series: Arc::new(series),
            unit: Unit::Count,
            at: 60,
            fine: false,
            source: "test",
            priority: 50,
            values: distribution,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_lost_and_every_bound_is_held(
            sizes in prop::collection::vec((0..3_u8, 1..400_usize, 1..250_usize), 0..1_500)
        ) {
            let points: Vec<_> = sizes
                .iter()
                .enumerate()
                .map(|(at, (space, values, name))| point(["A", "B", "C"][*space as usize], format!("{at:0name$}"), *values))
                .collect();
            let requests = cut(&points);
            for request in &requests {
                prop_assert!(!request.datums.is_empty() && request.datums.len() <= DATUMS_MAX);
                prop_assert!(request.datums.iter().all(|datum| datum.series.namespace == request.namespace));
                prop_assert!(request.datums.iter().all(|datum| datum.values.len() <= VALUES_MAX));
                let bytes: usize = request.datums.iter().map(bytes_at_most).sum();
                prop_assert!(bytes + ENVELOPE <= BYTES_MAX);
            }
            let readings: f64 = requests.iter().flat_map(|r| &r.datums).flat_map(|d| &d.values).map(|(_, n)| n).sum();
            let expect: usize = sizes.iter().map(|(_, values, _)| values).sum();
            prop_assert_eq!(readings, expect as f64);
        }
    }

    #[test]
    fn as_few_requests_as_may_be() {
        let points: Vec<_> = (0..2_001).map(|n| point("A", n.to_string(), 1)).collect();
        let sizes: Vec<_> = cut(&points).iter().map(|request| request.datums.len()).collect();
        assert_eq!(sizes, [1_000, 1_000, 1]);
    }
}
