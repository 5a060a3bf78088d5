//! What is asked of CloudWatch at one moment: each series at the pace of its own period, in as few calls as it takes.
//!
//! A query is billed by the series it names, up to five statistics of one in one call as one: they stand side by side.
//! Each is asked for as far back as anyone looks, so that points that came late are read again at every asking.

use std::collections::BTreeMap;

use alarm::glob;
use alarm::points::Time;
use alarm::round::Need;
use alarm::series::Series;

/// Queries of one call (facts/cloudwatch.md, GetMetricData).
pub const QUERIES_MAX: usize = 500;
/// Points of one answer that are asked for: half of what the service would give, for an answer under way takes some 80
/// bytes a point until it is read. What is billed are the metrics, not the calls.
pub const POINTS_MAX: u64 = 50_400;
/// Nothing is asked more often than this, however fine its period: the schedule's own pace.
pub const PACE_S: u32 = 60;

/// Lightsail's metrics are not in CloudWatch: its own API has them, one metric of one instance a call, free of charge
/// (facts/burst-credits.md, Lightsail).
pub const LIGHTSAIL: &str = "AWS/Lightsail";
/// Points of one answer of Lightsail.
const LIGHTSAIL_POINTS_MAX: u64 = 1_440;

/// How often a metric has a new point, where that is known and slower than a minute.
const NATIVE_S: &[(&str, &str, u32)] = &[
    (LIGHTSAIL, "*", 300),
    ("AWS/EC2", "CPUCredit*", 300),
    ("AWS/EC2", "CPUSurplusCredit*", 300),
    ("AWS/EBS", "BurstBalance", 300),
    ("AWS/RDS", "CPUCredit*", 300),
    ("AWS/S3", "*SizeBytes", 86_400),
    ("AWS/S3", "NumberOfObjects", 86_400),
    ("AWS/Billing", "*", 21_600),
];

/// How often it is worth to ask for a series that a rule looks at by this period.
pub fn pace_s(series: &Series, period_s: u32) -> u32 {
    let is = |(namespace, metric, _): &&(&str, &str, u32)| {
        series.namespace == *namespace && glob::matches(metric, &series.name)
    };
    NATIVE_S.iter().find(is).map_or(period_s, |(.., native_s)| period_s.max(*native_s))
}

/// One GetMetricData, or one `GetInstanceMetricData`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub lightsail: bool,
    pub from: Time,
    pub until: Time,
    pub needs: Vec<Need>,
}

impl Call {
    /// Points of the answer, at most.
    pub fn points(&self) -> usize {
        let slots =
            |period_s: u32| usize::try_from((self.until - self.from) / Time::from(period_s.max(1))).unwrap_or(0);
        self.needs.iter().map(|need| slots(need.period_s)).sum()
    }
}

/// Whether what was read at `read` is old enough to be read again: credits come every five minutes, and asking between
/// costs money for nothing.
pub fn due(period_s: u32, read: Option<Time>, now: Time) -> bool {
    let pace = i64::try_from(u64::from(period_s.max(PACE_S))).unwrap_or(i64::MAX);
    // A schedule is some seconds early or late: half a pace decides, not the second.
    read.is_none_or(|read| now < read || now - read > pace - i64::from(PACE_S / 2))
}

/// `needs` that are due, cut into calls.
pub fn calls(mut needs: Vec<Need>, available: &[Series], now: Time) -> Vec<Call> {
    // Statistics of one series reach equally far, or they would fall into two calls and be paid twice.
    let mut reach: BTreeMap<(usize, u32), u64> = BTreeMap::new();
    for need in &needs {
        let furthest = reach.entry((need.series, need.period_s)).or_default();
        *furthest = (*furthest).max(need.reach_s);
    }
    for need in &mut needs {
        need.reach_s = reach.get(&(need.series, need.period_s)).copied().unwrap_or(need.reach_s);
    }
    needs.sort_by_key(|need| (need.period_s, need.reach_s, need.series));
    let mut calls: Vec<Call> = Vec::new();
    for need in needs {
        let period = Time::from(need.period_s.max(1));
        let until = now.div_euclid(period) * period;
        let from = until.saturating_sub_unsigned(need.reach_s).div_euclid(period) * period - period;
        let lightsail = available[need.series].namespace == LIGHTSAIL;
        let from = if lightsail {
            from.max(until.saturating_sub_unsigned(LIGHTSAIL_POINTS_MAX * u64::from(need.period_s)))
        } else {
            from
        };
        let points = u64::try_from((until - from) / period).unwrap_or(0).max(1);
        let fits = |call: &&mut Call| {
            let first = call.needs.first();
            let same = first
                .is_some_and(|first| first.period_s == need.period_s && (!lightsail || first.series == need.series));
            let room = call.needs.len() < QUERIES_MAX && points * (call.needs.len() as u64 + 1) <= POINTS_MAX;
            same && call.lightsail == lightsail && room
        };
        match calls.last_mut().filter(fits) {
            Some(call) => {
                call.from = call.from.min(from);
                call.needs.push(need);
            }
            None => calls.push(Call { lightsail, from, until, needs: vec![need] }),
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;
    use alarm::rules::Statistic;
    use alarm::series::Dimensions;

    fn need(series: usize, statistic: Statistic, period_s: u32, reach_s: u64) -> Need {
        Need { series, statistic, period_s, reach_s }
    }

    fn available(namespace: &str, name: &str, count: usize) -> Vec<Series> {
        let dimensions = |at: usize| Dimensions::from_iter([("InstanceId", &*format!("i-{at}"))]);
        let one = |at| Series { namespace: namespace.into(), name: name.into(), dimensions: dimensions(at) };
        (0..count).map(one).collect()
    }

    #[test]
    fn statistics_of_one_series_stand_in_one_call() {
        let needs = vec![
            need(1, Statistic::Average, 60, 600),
            need(2, Statistic::Average, 60, 300),
            need(1, Statistic::Maximum, 60, 10_800),
            need(3, Statistic::Average, 300, 300),
        ];
        let calls = calls(needs, &available("CWAgent", "mem_used_percent", 4), 1_000_030);
        assert_eq!(calls.len(), 2, "{calls:?}");
        let order: Vec<_> = calls[0].needs.iter().map(|need| need.series).collect();
        assert_eq!(order, [2, 1, 1]);
        assert_eq!((calls[0].until, calls[0].until - calls[0].from), (999_960 + 60, 10_800 + 60));
        assert_eq!(calls[1].until % 300, 0);
    }

    #[test]
    fn no_call_is_larger_than_the_service_takes() {
        let needs: Vec<_> = (0..3_000).map(|at| need(at, Statistic::Average, 60, 10_800)).collect();
        let calls = calls(needs, &available("CWAgent", "mem_used_percent", 3_000), 1_800_000_000);
        assert_eq!(calls.iter().map(|call| call.needs.len()).sum::<usize>(), 3_000);
        for call in &calls {
            let points = u64::try_from((call.until - call.from) / 60).unwrap() * call.needs.len() as u64;
            assert!(call.needs.len() <= QUERIES_MAX && points <= POINTS_MAX, "{} x {points}", call.needs.len());
        }
    }

    #[test]
    fn lightsail_is_asked_by_itself_one_metric_a_call() {
        let mut series = available("CWAgent", "mem_used_percent", 2);
        series.extend(available(LIGHTSAIL, "BurstCapacityTime", 2));
        let needs = vec![
            need(0, Statistic::Average, 300, 600),
            need(2, Statistic::Average, 300, 600),
            need(1, Statistic::Average, 300, 600),
            need(3, Statistic::Average, 300, 40 * 86_400),
            need(2, Statistic::Minimum, 300, 600),
        ];
        let calls = calls(needs, &series, 1_800_000_000);
        let shape: Vec<_> = calls.iter().map(|call| (call.lightsail, call.needs.len())).collect();
        assert_eq!(shape, [(false, 2), (true, 2), (true, 1)]);
        assert_eq!(calls[2].until - calls[2].from, 1_440 * 300);
    }

    #[test]
    fn credits_are_not_asked_for_each_minute() {
        let pace = |namespace, name, period_s| pace_s(&available(namespace, name, 1)[0], period_s);
        assert_eq!(pace("AWS/EC2", "CPUCreditBalance", 60), 300);
        assert_eq!(pace("AWS/EC2", "CPUUtilization", 60), 60);
        assert_eq!(pace(LIGHTSAIL, "CPUUtilization", 60), 300);
        assert_eq!(pace("AWS/EC2", "CPUCreditBalance", 900), 900);
    }

    #[test]
    fn asked_at_the_pace_of_the_period() {
        assert!(due(60, None, 0) && due(60, Some(0), 58) && !due(60, Some(0), 20));
        assert!(!due(300, Some(0), 240) && due(300, Some(0), 299) && due(10, Some(0), 60) && due(60, Some(100), 50));
    }
}
