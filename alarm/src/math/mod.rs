//! A series made of others, held against a limit: ratios, rates, sums over series.
//!
//! What cannot be computed (a missing operand, a division by zero, too few events) is a gap, never a number: a failure
//! ratio of three calls at night wakes nobody.

mod expression;

pub use expression::{Expression, Fold, Operation};

use std::borrow::Cow;

use crate::inputs::Inputs;
use crate::judge::Role;
use crate::points::{Points, Time, View};
use crate::threshold;
use crate::verdict::Verdict;

pub use crate::threshold::Memory;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub expression: Expression,
    /// How the series of each name become one, in the order of `Expression::names`.
    pub folds: Vec<Fold>,
    pub events: Option<Events>,
    pub threshold: threshold::Settings,
}

/// A period counts only with so many events in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Events {
    /// Which of `Expression::names` counts them.
    pub role: usize,
    pub least: f64,
}

pub fn roles(settings: &Settings) -> Vec<Role> {
    let role = |name: &String| Role { name: Cow::Owned(name.clone()), ..Role::required("", "Sum").many() };
    settings.expression.names.iter().map(role).collect()
}

pub fn reach_s(settings: &Settings, period_s: u32) -> u64 {
    threshold::reach_s(&settings.threshold, period_s) + u64::from(period_s)
}

pub fn judge(settings: &Settings, memory: Memory, inputs: &Inputs<'_>, now: Time) -> (Memory, Verdict) {
    let names = &settings.expression.names;
    let series: Vec<Vec<View<'_>>> =
        names.iter().map(|name| inputs.all(name).map(|(_, points)| points).collect()).collect();
    let period_s = series.iter().flatten().map(View::period_s).next().unwrap_or(60);
    let made = compute(settings, &series, period_s, now);
    threshold::judge_view(&settings.threshold, memory, made.view(), now)
}

/// The newest periods of the expression: as many as the threshold looks at.
fn compute(settings: &Settings, series: &[Vec<View<'_>>], period_s: u32, now: Time) -> Points {
    let range = settings.threshold.range(period_s);
    let period = Time::from(period_s);
    let start = now.div_euclid(period).saturating_sub(Time::from(range)).saturating_mul(period);
    let mut stack = Vec::with_capacity(16);
    let values = (0..Time::from(range)).map(|slot| {
        let at = start.saturating_add(slot * period);
        let slot = Slot { settings, series, at, period };
        if slot.too_few() { f64::NAN } else { slot.value(&mut stack) }
    });
    Points::new(start, period_s, values.collect::<Vec<_>>())
}

struct Slot<'a> {
    settings: &'a Settings,
    series: &'a [Vec<View<'a>>],
    at: Time,
    period: Time,
}

impl Slot<'_> {
    fn too_few(&self) -> bool {
        let Some(events) = self.settings.events else { return false };
        let seen = self.load(events.role, Fold::Sum, 0);
        seen.is_nan() || seen < events.least
    }

    fn load(&self, role: usize, fold: Fold, back: u8) -> f64 {
        let at = self.at.saturating_sub(Time::from(back) * self.period);
        let values = self.series[role].iter().filter_map(|points| points.when(at));
        let fold = if fold == Fold::Usual { self.settings.folds[role] } else { fold };
        fold.of(values)
    }

    fn value(&self, stack: &mut Vec<f64>) -> f64 {
        stack.clear();
        for operation in &self.settings.expression.operations {
            let top = match *operation {
                Operation::Number(number) => number,
                Operation::Load { role, fold, back } => self.load(role, fold, back),
                one => {
                    let right = stack.pop().unwrap_or(f64::NAN);
                    match one {
                        Operation::Negate => -right,
                        Operation::Absolute => right.abs(),
                        Operation::PerSecond => right / self.period as f64,
                        two => binary(two, stack.pop().unwrap_or(f64::NAN), right),
                    }
                }
            };
            stack.push(if top.is_finite() { top } else { f64::NAN });
        }
        stack.pop().unwrap_or(f64::NAN)
    }
}

fn binary(operation: Operation, left: f64, right: f64) -> f64 {
    match operation {
        Operation::Add => left + right,
        Operation::Subtract => left - right,
        Operation::Multiply => left * right,
        Operation::Divide => left / right,
        Operation::Fill if left.is_nan() => right,
        Operation::Fill => left,
        _ if left.is_nan() || right.is_nan() => f64::NAN,
        Operation::Larger => left.max(right),
        _ => left.min(right),
    }
}

impl Fold {
    /// Gaps are passed over; of nothing there is nothing, but for a count.
    pub fn of(self, values: impl Iterator<Item = f64>) -> f64 {
        let (mut count, mut sum, mut least, mut most) = (0.0, 0.0, f64::NAN, f64::NAN);
        for value in values {
            count += 1.0;
            sum += value;
            least = value.min(least);
            most = value.max(most);
        }
        match self {
            Self::Count => count,
            _ if count == 0.0 => f64::NAN,
            Self::Sum => sum,
            Self::Usual | Self::Average => sum / count,
            Self::Minimum => least,
            Self::Maximum => most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Input;
    use crate::series::Dimensions;
    use crate::threshold::{Limit, Missing};
    use crate::verdict::State;

    fn settings(text: &str, above: f64, events: Option<f64>) -> Settings {
        let expression = Expression::parse(text).unwrap();
        let points = threshold::Points { m: 1, n: 1 };
        let missing = if events.is_some() { Missing::NotBreaching } else { Missing::Missing };
        Settings {
            folds: vec![Fold::Sum; expression.names.len()],
            events: events.map(|least| Events { role: 1, least }),
            expression,
            threshold: threshold::Settings { limit: Limit::above(above), points, missing, late_s: 0 },
        }
    }

    fn judged(settings: &Settings, roles: &[(&str, &[f64])]) -> (State, Option<f64>) {
        let dimensions = Dimensions::default();
        let points: Vec<_> = roles.iter().map(|(_, values)| Points::new(0, 60, values.iter().copied())).collect();
        let series: Vec<_> = (roles.iter().zip(&points))
            .map(|((role, _), points)| Input { role, dimensions: &dimensions, points: points.view() })
            .collect();
        let now = points.iter().map(Points::end).max().unwrap_or(0);
        let (_, verdict) = judge(settings, Memory::default(), &Inputs::new(now, &series), now);
        (verdict.state, verdict.value)
    }

    #[test]
    fn a_ratio_over_several_series() {
        let ratio = settings("100 * failed / calls", 5.0, None);
        let calls: (&str, &[f64]) = ("calls", &[100.0]);
        assert_eq!(judged(&ratio, &[("failed", &[4.0]), calls, calls]), (State::Fine, Some(2.0)));
        assert_eq!(judged(&ratio, &[("failed", &[6.0]), ("failed", &[6.0]), calls, calls]), (State::Firing, Some(6.0)));
        assert_eq!(judged(&ratio, &[("failed", &[4.0]), ("calls", &[0.0])]), (State::Unknown, None));
        assert_eq!(judged(&ratio, &[("failed", &[4.0])]), (State::Unknown, None));
    }

    #[test]
    fn few_events_wake_nobody() {
        let ratio = settings("100 * failed / calls", 5.0, Some(20.0));
        assert_eq!(judged(&ratio, &[("failed", &[3.0]), ("calls", &[3.0])]).0, State::Fine);
        assert_eq!(judged(&ratio, &[("failed", &[3.0]), ("calls", &[20.0])]).0, State::Firing);
    }

    #[test]
    fn rates_differences_and_fills() {
        assert_eq!(judged(&settings("rate(a)", 1.0, None), &[("a", &[120.0])]), (State::Firing, Some(2.0)));
        assert_eq!(judged(&settings("diff(a)", 1.0, None), &[("a", &[1.0, 4.0])]), (State::Firing, Some(3.0)));
        let filled = settings("fill(a, 7) + b", 1.0, None);
        assert_eq!(judged(&filled, &[("a", &[f64::NAN]), ("b", &[1.0])]), (State::Firing, Some(8.0)));
        let larger = settings("larger(a, b) - smaller(a, b)", 1.0, None);
        assert_eq!(judged(&larger, &[("a", &[3.0]), ("b", &[8.0])]), (State::Firing, Some(5.0)));
        assert_eq!(judged(&settings("max(a)", 1.0, None), &[("a", &[3.0]), ("a", &[8.0])]).1, Some(8.0));
        assert_eq!(judged(&settings("count(a)", 1.0, None), &[("a", &[3.0]), ("a", &[8.0])]).1, Some(2.0));
    }
}
