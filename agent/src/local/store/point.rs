//! One period of one series, as the store holds it: sum, count, and how the readings lie.
//!
//! The sum is kept to 17 bits and with it the average; where readings differ, the extremes and percentiles are known
//! to 0.4 %. A point in memory has each reading's cell; one from a block has seven knots of them.

use alarm::rules::Statistic;

use super::number::{cell, middle, rounded};
use crate::window::Distribution;

/// The shares at which a block remembers how the readings lie.
pub(super) const SHARES: [f64; KNOTS] = [0.0, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0];
pub(super) const KNOTS: usize = 7;

/// Cells of one point in memory: 512 bytes. More are joined, two by two.
const CELLS_MAX: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub(super) sum: f64,
    pub(super) count: f32,
    /// `None`: all readings are alike.
    pub(super) spread: Option<Box<Spread>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Spread {
    /// Cells in order, each with how many readings it has.
    Cells(Vec<(i32, f32)>),
    Knots([i32; KNOTS]),
}

impl Point {
    /// What a window has seen.
    pub fn of(values: &Distribution) -> Self {
        let shown = values.shown();
        let count: f64 = shown.iter().map(|(_, count)| count).sum();
        let sum = shown.iter().map(|(value, count)| value * count).sum();
        let spread = (shown.len() > 1).then(|| {
            let mut cells: Vec<(i32, f32)> = shown.iter().map(|(value, count)| (cell(*value), *count as f32)).collect();
            join(&mut cells);
            Box::new(Spread::Cells(cells))
        });
        Self { sum: rounded(sum), count: count as f32, spread }
    }

    pub fn one(value: f64) -> Self {
        Self { sum: rounded(value), count: 1.0, spread: None }
    }

    pub(super) fn mean(&self) -> f64 {
        mean(self.sum, self.count)
    }
}

pub(super) fn mean(sum: f64, count: f32) -> f64 {
    if count > 0.0 { sum / f64::from(count) } else { 0.0 }
}

/// Sorts, joins equal cells, and then neighbours until they are few; the ends stay as they are.
fn join(cells: &mut Vec<(i32, f32)>) {
    cells.sort_unstable_by_key(|(cell, _)| *cell);
    cells.dedup_by(|next, held| {
        let same = next.0 == held.0;
        if same {
            held.1 += next.1;
        }
        same
    });
    while cells.len() > CELLS_MAX {
        let last = cells.len() - 1;
        let mut joined = Vec::with_capacity(cells.len() / 2 + 2);
        joined.push(cells[0]);
        for two in cells[1..last].chunks(2) {
            let count: f32 = two.iter().map(|(_, count)| count).sum();
            let heavier = if two.len() == 2 && two[1].1 > two[0].1 { two[1].0 } else { two[0].0 };
            joined.push((heavier, count));
        }
        joined.push(cells[last]);
        *cells = joined;
    }
}

/// Several points becoming one.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    sum: f64,
    count: f64,
    min: f64,
    max: f64,
    cells: Vec<(i32, f32)>,
    /// Whether the cells are wanted: only percentiles need them.
    wants_cells: bool,
    /// Count and knots of the first point, as long as it is the only one: of it alone a percentile is mostly a knot, and
    /// a month of charts is made of such.
    alone: Option<(f32, [i32; KNOTS])>,
    /// The one value that all have, as long as they do.
    alike: Option<f64>,
}

impl Fold {
    pub fn new(wants_cells: bool) -> Self {
        Self { wants_cells, ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.count <= 0.0
    }

    pub fn clear(&mut self) {
        let mut cells = std::mem::take(&mut self.cells);
        cells.clear();
        *self = Self { cells, wants_cells: self.wants_cells, ..Self::default() };
    }

    pub fn add(&mut self, point: &Point) {
        let mean = point.mean();
        match point.spread.as_deref() {
            None => self.take(point.sum, point.count, mean, mean, None),
            Some(Spread::Knots(knots)) => self.add_knots(point.sum, point.count, Some(knots)),
            Some(Spread::Cells(cells)) => {
                let (Some(first), Some(last)) = (cells.first(), cells.last()) else { return };
                self.take(point.sum, point.count, middle(first.0), middle(last.0), Some(cells));
            }
        }
    }

    pub(super) fn add_knots(&mut self, sum: f64, count: f32, knots: Option<&[i32; KNOTS]>) {
        let mean = mean(sum, count);
        let Some(knots) = knots else { return self.take(sum, count, mean, mean, None) };
        let first = self.is_empty();
        self.take(sum, count, middle(knots[0]), middle(knots[KNOTS - 1]), Some(&[]));
        if self.wants_cells {
            self.alone = Some((count, *knots));
            if !first {
                self.lay();
            }
        }
    }

    /// Makes cells of the knots that stood alone.
    fn lay(&mut self) {
        let Some((count, knots)) = self.alone.take() else { return };
        for at in 0..KNOTS - 1 {
            let half = (SHARES[at + 1] - SHARES[at]) as f32 * count / 2.0;
            self.cells.extend([(knots[at], half), (knots[at + 1], half)]);
        }
    }

    fn take(&mut self, sum: f64, count: f32, low: f64, high: f64, cells: Option<&[(i32, f32)]>) {
        self.lay();
        let first = self.is_empty();
        // A mean that was summed may lie a hair outside of the cells at its ends.
        self.min = if first { low } else { self.min.min(low) };
        self.max = if first { high } else { self.max.max(high) };
        self.alike = if cells.is_none() && (first || self.alike == Some(low)) { Some(low) } else { None };
        self.sum += sum;
        self.count += f64::from(count);
        if self.wants_cells {
            match cells {
                Some(cells) => self.cells.extend_from_slice(cells),
                None => self.cells.push((cell(low), count)),
            }
        }
    }

    /// The point of a longer period.
    pub(super) fn point(&mut self) -> Point {
        let (sum, count) = (rounded(self.sum), self.count as f32);
        if self.alike.is_some() {
            return Point { sum, count, spread: None };
        }
        self.lay();
        join(&mut self.cells);
        Point { sum, count, spread: Some(Box::new(Spread::Cells(self.cells.clone()))) }
    }

    /// `None` where there is nothing.
    pub fn statistic(&mut self, statistic: &Statistic) -> Option<f64> {
        if self.is_empty() {
            return None;
        }
        Some(match statistic {
            Statistic::Average => self.sum / self.count,
            Statistic::Sum => self.sum,
            Statistic::Minimum => self.min,
            Statistic::Maximum => self.max,
            Statistic::SampleCount => self.count,
            Statistic::Percentile(tenths) => self.share(f64::from(*tenths) / 1_000.0),
            Statistic::Trimmed(text) => self.trimmed(text),
        })
    }

    /// The value that so great a share of the readings does not exceed.
    fn share(&mut self, share: f64) -> f64 {
        if let Some(alike) = self.alike {
            return alike;
        }
        let knot = |(_, knots): (f32, [i32; KNOTS])| Some(knots[SHARES.iter().position(|known| *known == share)?]);
        if let Some(knot) = self.alone.and_then(knot) {
            return middle(knot);
        }
        self.lay();
        self.cells.sort_unstable_by_key(|(cell, _)| *cell);
        let cells = shares(&self.cells, [share]);
        middle(cells[0]).clamp(self.min, self.max)
    }

    /// `tm95`: the mean of the lowest 95 %. Of the other trimmed statistics the mean is taken, as nobody has asked.
    fn trimmed(&mut self, text: &str) -> f64 {
        let upto = text.to_ascii_lowercase().strip_prefix("tm").and_then(|rest| rest.parse::<f64>().ok());
        let (Some(percent), None) = (upto.filter(|upto| (0.0..=100.0).contains(upto)), self.alike) else {
            return self.sum / self.count;
        };
        self.lay();
        self.cells.sort_unstable_by_key(|(cell, _)| *cell);
        let mut left = self.count * percent / 100.0;
        let (mut sum, mut count) = (0.0, 0.0);
        for (cell, many) in &self.cells {
            let taken = f64::from(*many).min(left);
            sum += middle(*cell) * taken;
            count += taken;
            left -= taken;
        }
        if count > 0.0 { sum / count } else { self.min }
    }
}

/// The cells at the given shares, which ascend; the cells are sorted.
fn shares<const N: usize>(cells: &[(i32, f32)], wanted: [f64; N]) -> [i32; N] {
    let total: f64 = cells.iter().map(|(_, count)| f64::from(*count)).sum();
    let (mut at, mut below) = (0, 0.0);
    wanted.map(|share| {
        // A hair less, or a rounded sum asks for more readings than there are.
        let rank = share * total * (1.0 - 1e-9);
        while at + 1 < cells.len() && below + f64::from(cells[at].1) < rank {
            below += f64::from(cells[at].1);
            at += 1;
        }
        cells.get(at).map_or(0, |(cell, _)| *cell)
    })
}

impl Spread {
    pub(super) fn knots(&self) -> [i32; KNOTS] {
        match self {
            Self::Knots(knots) => *knots,
            Self::Cells(cells) => {
                let mut knots = shares(cells, SHARES);
                knots[KNOTS - 1] = cells.last().map_or(0, |(cell, _)| *cell);
                knots
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn statistic(points: &[Point], name: &str) -> f64 {
        let statistic = Statistic::parse(name).unwrap();
        let mut fold = Fold::new(true);
        for point in points {
            fold.add(point);
        }
        fold.statistic(&statistic).unwrap()
    }

    #[test]
    fn a_point_knows_its_statistics() {
        let points: Vec<_> = (1..=100).map(|value| Point::one(f64::from(value))).collect();
        for (name, expect) in [
            ("Average", 50.5),
            ("Sum", 5_050.0),
            ("Minimum", 1.0),
            ("Maximum", 100.0),
            ("SampleCount", 100.0),
            ("p50", 50.0),
            ("p99", 99.0),
            ("p100", 100.0),
            ("tm50", 25.5),
        ] {
            assert_eq!(statistic(&points, name), expect, "{name}");
        }
    }

    #[test]
    fn one_value_is_every_statistic() {
        for name in ["Average", "Minimum", "Maximum", "p50", "p99"] {
            assert_eq!(statistic(&[Point::one(12_345.0), Point::one(12_345.0)], name), 12_345.0);
        }
    }

    proptest! {
            /// Against the readings themselves, through cells, knots and the joining of ten periods.
            #[test]
            fn percentiles_survive(values in prop::collection::vec(1.0..1_000.0_f64, 60), tenths in prop_oneof![Just(500_u16), Just(900), Just(990)]) {
                let minutes: Vec<Point> = values.chunks(6).map(|six| {
                    let mut fold = Fold::new(true);
                    for value in six {
     fold.add(&Point::one(*value));
    }
                    fold.point()
                }).collect();
                let mut whole = Fold::new(true);
                for minute in &minutes {
     whole.add(minute);
    }
                let mut sorted = values.clone();
                sorted.sort_by(f64::total_cmp);
                let exact = sorted[(f64::from(tenths) / 1_000.0 * 60.0).ceil() as usize - 1];
                let found = whole.statistic(&Statistic::Percentile(tenths)).unwrap();
                prop_assert!((found - exact).abs() <= exact * 0.005, "{found} for {exact}");
            }
        }
}
