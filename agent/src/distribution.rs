//! The readings of one series in one period, as values with counts.
//!
//! Invariants: up to `VALUES_MAX` distinct values are kept exactly. Beyond them, values share cells; a cell is told
//! apart by its logarithm and shown as the mean of its members, so the sum stays exact; no member is further than
//! 1 % from that mean, as long as the values span less than 10^9 to 1 (30,000 to 1 with both signs). The smallest and the largest are always
//! shown as they are. What is added commutes: the same readings in any order, or merged from parts, give cells that
//! obey the same bound, and so do the percentiles of periods that `CloudWatch` merges.
//!
//! Cells are logarithmic rather than log-linear (powers of two cut in equal parts): the mean of a cell must lie within
//! 1 % of both its ends, and log-linear cells are narrow enough only at 128 to the power of two: 1,700 for a range of
//! 10,000 to 1, where these need 926. They adapt: a narrow range gets cells eight times as fine, and all fit one datum.

pub mod buckets;

/// Most distinct values of one datum (facts/cloudwatch.md, PutMetricData).
pub const VALUES_MAX: usize = 150;

/// 2^360, beyond which `CloudWatch` refuses a value (facts/cloudwatch.md, PutMetricData).
pub const VALUE_MAX: f64 = 2.348_542_582_773_833_2e108;

/// Most cells of one series: fourteen datums a period. Past it cells double their width and the 1 % is given up.
pub const CELLS_MAX: usize = 14 * VALUES_MAX;

/// The widest cell that keeps the 1 %: its ends are 1.01 to 1.
const WIDEST: f64 = 1.01;

/// Cells start this many halvings finer than the widest.
const FINE_LEVELS: u32 = 3;

/// Greater than any |index| of a finite value, so that indices of both signs keep their order (ln of the smallest
/// subnormal is -745, times 8 / ln 1.01 is -599,000).
const OFFSET: i32 = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Cell {
    key: i32,
    count: f64,
    sum: f64,
    min: f64,
    max: f64,
}

impl Cell {
    fn absorb(&mut self, other: &Cell) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Held {
    /// Sorted distinct values, each with its count.
    Exact(Vec<(f64, f64)>),
    /// Sorted by key; at `level` a cell is 2^level of the finest.
    Cells { level: u32, cells: Vec<Cell> },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Distribution(Held);

impl Default for Distribution {
    fn default() -> Self {
        Self(Held::Exact(Vec::new()))
    }
}

impl Distribution {
    /// `value` is finite and `count` finite and above zero: the window lets nothing else in.
    pub fn add(&mut self, value: f64, count: f64) {
        // Zero has one sign here, or it would be two distinct values.
        let value = if value == 0.0 { 0.0 } else { value };
        match &mut self.0 {
            Held::Exact(values) => {
                match values.binary_search_by(|(held, _)| held.total_cmp(&value)) {
                    Ok(at) => values[at].1 += count,
                    Err(at) => values.insert(at, (value, count)),
                }
                if values.len() > VALUES_MAX {
                    self.0 = cells_of(values);
                }
            }
            Held::Cells { level, cells } => {
                let cell = Cell { key: key(value, *level), count, sum: value * count, min: value, max: value };
                put(cells, &cell);
                coarsen(level, cells);
            }
        }
    }

    pub fn merge(&mut self, other: &Distribution) {
        match &other.0 {
            Held::Exact(values) => values.iter().for_each(|(value, count)| self.add(*value, *count)),
            Held::Cells { level: theirs, cells: more } => {
                if let Held::Exact(values) = &self.0 {
                    self.0 = cells_of(values);
                }
                let Held::Cells { level, cells } = &mut self.0 else { return };
                let meet = (*level).max(*theirs);
                widen(level, cells, meet);
                for cell in more {
                    put(cells, &Cell { key: cell.key >> (meet - theirs), ..*cell });
                }
                coarsen(level, cells);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Held::Exact(values) => values.is_empty(),
            Held::Cells { cells, .. } => cells.is_empty(),
        }
    }

    /// How many readings: the `SampleCount` that `CloudWatch` will show.
    pub fn count(&self) -> f64 {
        self.shown().iter().map(|(_, count)| count).sum()
    }

    /// Forgets the readings and keeps the memory, for the next period.
    pub fn clear(&mut self) {
        match &mut self.0 {
            Held::Exact(values) => values.clear(),
            Held::Cells { .. } => *self = Self::default(),
        }
    }

    /// Sorted distinct values with their counts, as they will be published.
    pub fn shown(&self) -> Vec<(f64, f64)> {
        match &self.0 {
            Held::Exact(values) => values.clone(),
            Held::Cells { cells, .. } => shown(cells),
        }
    }

    /// The same in parts that a datum can hold; all belong to the same period.
    pub fn datums(&self) -> Vec<Vec<(f64, f64)>> {
        self.shown().chunks(VALUES_MAX).map(<[_]>::to_vec).collect()
    }
}

/// The cell of a value: its logarithm, with zero in the middle and the negatives mirrored below.
fn key(value: f64, level: u32) -> i32 {
    let finest = f64::from(1_u32 << FINE_LEVELS) / WIDEST.ln();
    let index = (value.abs().ln() * finest).floor() as i32 + OFFSET;
    let key = if value == 0.0 {
        0
    } else if value > 0.0 {
        index
    } else {
        -index
    };
    key >> level
}

fn cells_of(values: &[(f64, f64)]) -> Held {
    let (mut level, mut cells) = (0, Vec::with_capacity(values.len()));
    for (value, count) in values {
        put(&mut cells, &Cell { key: key(*value, level), count: *count, sum: value * count, min: *value, max: *value });
    }
    coarsen(&mut level, &mut cells);
    Held::Cells { level, cells }
}

fn put(cells: &mut Vec<Cell>, cell: &Cell) {
    match cells.binary_search_by_key(&cell.key, |held| held.key) {
        Ok(at) => cells[at].absorb(cell),
        Err(at) => cells.insert(at, *cell),
    }
}

/// Widens cells until they fit: one datum while that keeps the 1 %, `CELLS_MAX` whatever it costs.
fn coarsen(level: &mut u32, cells: &mut Vec<Cell>) {
    // The ends get cells of their own when shown.
    while cells.len() > if *level < FINE_LEVELS { VALUES_MAX - 2 } else { CELLS_MAX - 2 } {
        let wider = *level + 1;
        widen(level, cells, wider);
    }
}

fn widen(level: &mut u32, cells: &mut Vec<Cell>, to: u32) {
    let by = to - *level;
    if by == 0 {
        return;
    }
    for cell in cells.iter_mut() {
        cell.key >>= by;
    }
    cells.dedup_by(|next, held| {
        let same = next.key == held.key;
        if same {
            held.absorb(next);
        }
        same
    });
    *level = to;
}

/// Means with counts, the extremes apart and exact.
fn shown(cells: &[Cell]) -> Vec<(f64, f64)> {
    let mut shown = Vec::with_capacity(cells.len() + 2);
    let last = cells.len().saturating_sub(1);
    for (at, cell) in cells.iter().enumerate() {
        let mut rest = *cell;
        let min_apart = at == 0 && split(&mut rest, cell.min);
        let max_apart = at == last && split(&mut rest, cell.max);
        if min_apart {
            shown.push((cell.min, 1.0));
        }
        shown.push(((rest.sum / rest.count).clamp(cell.min, cell.max), rest.count));
        if max_apart {
            shown.push((cell.max, 1.0));
        }
    }
    // A mean may fall on an end that stands apart.
    shown.dedup_by(|next, held| {
        let same = next.0 == held.0;
        if same {
            held.1 += next.1;
        }
        same
    });
    shown
}

/// Takes one reading of `value` out of a cell that holds more than that.
fn split(cell: &mut Cell, value: f64) -> bool {
    let can = cell.count > 1.0 && cell.min < cell.max;
    if can {
        cell.count -= 1.0;
        cell.sum -= value;
    }
    can
}

#[cfg(test)]
mod tests;
