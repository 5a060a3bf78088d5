//! What the module promises, over readings that nobody chose.

use proptest::prelude::*;

use super::*;

/// The percentile as the nearest rank, which needs no interpolation and so no excuse.
fn percentile(sorted: &[(f64, f64)], percent: f64) -> f64 {
    let total: f64 = sorted.iter().map(|(_, count)| count).sum();
    let rank = (percent / 100.0 * total).ceil().max(1.0);
    let mut seen = 0.0;
    for (value, count) in sorted {
        seen += count;
        if seen >= rank - 1e-9 {
            return *value;
        }
    }
    sorted.last().expect("not empty").0
}

fn of(values: &[f64]) -> Distribution {
    let mut distribution = Distribution::default();
    for value in values {
        distribution.add(*value, 1.0);
    }
    distribution
}

fn truth(values: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<_> = values.iter().map(|value| (*value, 1.0)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    sorted
}

/// What `CloudWatch` does with several datums, or several periods: one bag.
fn merged(parts: &[Distribution]) -> Vec<(f64, f64)> {
    let mut all: Vec<_> = parts.iter().flat_map(Distribution::datums).flatten().collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all
}

fn holds(shown: &[(f64, f64)], values: &[f64]) {
    let true_values = truth(values);
    for percent in [0.1, 1.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0] {
        let (is, should) = (percentile(shown, percent), percentile(&true_values, percent));
        assert!((is - should).abs() <= should.abs() * 0.010_001, "p{percent}: {is} for {should}");
    }
    let count: f64 = shown.iter().map(|(_, count)| count).sum();
    assert!((count - values.len() as f64).abs() < 1e-6, "{count} readings of {}", values.len());
    let (sum, should): (f64, f64) = (shown.iter().map(|(v, n)| v * n).sum(), values.iter().sum());
    let scale: f64 = values.iter().map(|v| v.abs()).sum();
    assert!((sum - should).abs() <= scale * 1e-9, "sum {sum} for {should}");
    assert_eq!(shown.first().map(|(v, _)| *v), true_values.first().map(|(v, _)| *v), "minimum");
    assert_eq!(shown.last().map(|(v, _)| *v), true_values.last().map(|(v, _)| *v), "maximum");
}

/// Any scale will do.
fn scale() -> impl Strategy<Value = f64> {
    prop_oneof![Just(1.0), Just(1e-9), Just(1e12)]
}

fn scaled(values: &[f64], scale: f64) -> Vec<f64> {
    values.iter().map(|value| value * scale).collect()
}

/// 10,000 to 1, dense, of any sign.
fn readings() -> impl Strategy<Value = Vec<f64>> {
    let logs = prop::collection::vec(0.0..10_000_f64.ln(), 1..4_000);
    let signs = prop_oneof![Just(0.0), Just(0.5), Just(1.0)];
    (logs, signs, any::<u64>()).prop_map(|(logs, negative, seed)| {
        let mut state = seed | 1;
        logs.into_iter()
            .map(|log| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let dice = (state >> 11) as f64 / (1_u64 << 53) as f64;
                let sign = if dice < negative { -1.0 } else { 1.0 };
                if dice > 0.99 { 0.0 } else { log.exp() * sign }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn percentiles_stay_within_one_percent(values in readings(), scale in scale()) {
        let values = scaled(&values, scale);
        holds(&merged(&[of(&values)]), &values);
    }

    #[test]
    fn also_after_periods_are_merged(periods in prop::collection::vec((readings(), scale()), 2..5)) {
        let periods: Vec<_> = periods.iter().map(|(values, scale)| scaled(values, *scale)).collect();
        let parts: Vec<_> = periods.iter().map(|values| of(values)).collect();
        holds(&merged(&parts), &periods.concat());
    }

    #[test]
    fn also_when_merged_here(one in readings(), two in readings(), scale in scale()) {
        let (one, two) = (scaled(&one, scale), scaled(&two, scale));
        let mut both = of(&one);
        both.merge(&of(&two));
        holds(&both.shown(), &[one, two].concat());
    }

    #[test]
    fn no_datum_is_too_large(values in readings()) {
        let datums = of(&values).datums();
        prop_assert!(datums.len() <= 14);
        prop_assert!(datums.iter().all(|datum| !datum.is_empty() && datum.len() <= VALUES_MAX));
    }

    #[test]
    fn few_values_are_exact(values in prop::collection::vec(-1e9..1e9_f64, 1..=VALUES_MAX), again in 1..5_usize) {
        let many: Vec<_> = std::iter::repeat_n(values.clone(), again).flatten().collect();
        let mut should = truth(&values);
        should.dedup_by(|next, held| { let same = next.0 == held.0; if same { held.1 += next.1 } same });
        for (_, count) in &mut should {
            *count *= again as f64;
        }
        prop_assert_eq!(of(&many).shown(), should);
    }
}

#[test]
fn a_narrow_range_fits_one_datum_with_finer_cells() {
    // 1.16 to 1 in cells of 1.00125: 120 of them.
    let values: Vec<_> = (0..10_000).map(|at| 50.0 + f64::from(at) / 1_250.0).collect();
    let distribution = of(&values);
    assert_eq!(distribution.datums().len(), 1);
    let (is, should) = (percentile(&distribution.shown(), 99.0), percentile(&truth(&values), 99.0));
    assert!((is - should).abs() < should * 0.001_25, "{is} for {should}");
}

#[test]
fn a_range_beyond_the_promise_is_bounded_and_keeps_its_ends() {
    let values: Vec<_> = (-700..700).flat_map(|e| [f64::from(e) / 7.0, f64::from(e) / 7.1].map(f64::exp)).collect();
    let spread: Vec<_> = values.iter().flat_map(|v| (0..9).map(move |n| v * (1.0 + f64::from(n) / 80.0))).collect();
    let shown = of(&spread).shown();
    assert!(shown.len() <= CELLS_MAX);
    let (least, most) = (spread.iter().copied().fold(f64::MAX, f64::min), spread.iter().copied().fold(0.0, f64::max));
    assert_eq!((shown[0].0, shown[shown.len() - 1].0), (least, most));
}

#[test]
fn the_odd_values_have_their_cells() {
    let odd = [0.0, -0.0, f64::MIN_POSITIVE / 4.0, -f64::MIN_POSITIVE, f64::MAX / 1e10, -1e300];
    let mut values: Vec<f64> = (0..200).map(f64::from).collect();
    values.extend(odd);
    let shown = of(&values).shown();
    assert!(shown.is_sorted_by(|a, b| a.0 < b.0), "sorted and distinct");
    assert_eq!(shown.iter().find(|(v, _)| *v == 0.0).map(|(_, n)| *n), Some(3.0));
}

#[test]
fn a_sampled_reading_counts_for_many() {
    let mut distribution = Distribution::default();
    distribution.add(5.0, 10.0);
    distribution.add(5.0, 2.5);
    assert_eq!(distribution.shown(), [(5.0, 12.5)]);
    assert_eq!(distribution.count(), 12.5);
}
