//! The Lightsail plans with their baselines, which `GetBundles` does not tell (facts/burst-credits.md, Lightsail).
//!
//! A plan is named by its bundle (`small_3_0`, `small_ipv6_3_0`, `small_win_3_0`) or by its price (`$12`). Prices
//! alone are not enough to tell today's $5 from the $5 of old; a bare price means today's dual-stack plan, and the
//! older one is asked for by its bundle.

use super::bucket::Bucket;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// The bundle without its generation: `small`.
    pub bundle: &'static str,
    /// Generations with this shape: the `3` of `small_3_0`.
    pub generations: &'static [u32],
    /// Dollars a month by operating system; zero where there is none. `ipv6` is Linux without an old address.
    pub linux: f64,
    pub ipv6: f64,
    pub windows: f64,
    pub vcpus: u32,
    pub baseline_percent: f64,
    /// Whether burst capacity comes back; without, it only drains while above the baseline.
    pub accrues: bool,
}

const TODAY: &[u32] = &[3];
/// Before 2023; `1_x` and `2_x` have the same shapes.
const OLDER: &[u32] = &[1, 2];

const fn plan(
    bundle: &'static str,
    generations: &'static [u32],
    [linux, ipv6, windows]: [f64; 3],
    vcpus: u32,
    baseline_percent: f64,
) -> Plan {
    Plan { bundle, generations, linux, ipv6, windows, vcpus, baseline_percent, accrues: true }
}

pub const PLANS: &[Plan] = &[
    // bundle, generations, dollars a month [Linux, IPv6 alone, Windows], vCPU, baseline
    plan("nano", TODAY, [5.0, 3.5, 9.5], 2, 5.0),
    plan("micro", TODAY, [7.0, 5.0, 14.0], 2, 10.0),
    plan("small", TODAY, [12.0, 10.0, 22.0], 2, 20.0),
    plan("medium", TODAY, [24.0, 20.0, 44.0], 2, 20.0),
    plan("large", TODAY, [44.0, 40.0, 74.0], 2, 30.0),
    plan("xlarge", TODAY, [84.0, 80.0, 124.0], 4, 40.0),
    plan("2xlarge", TODAY, [164.0, 160.0, 244.0], 8, 40.0),
    Plan { accrues: false, ..plan("4xlarge", TODAY, [384.0, 0.0, 574.0], 16, 40.0) },
    plan("nano", OLDER, [3.5, 0.0, 8.0], 1, 5.0),
    plan("micro", OLDER, [5.0, 0.0, 12.0], 1, 10.0),
    plan("small", OLDER, [10.0, 0.0, 20.0], 1, 20.0),
    plan("medium", OLDER, [20.0, 0.0, 40.0], 2, 20.0),
    plan("large", OLDER, [40.0, 0.0, 70.0], 2, 30.0),
    plan("xlarge", OLDER, [80.0, 0.0, 120.0], 4, 22.5),
    plan("2xlarge", OLDER, [160.0, 0.0, 240.0], 8, 17.0),
];

impl Plan {
    /// In minutes of the whole machine at 100 %: the unit of `BurstCapacityTime`, once divided by 60.
    pub fn bucket(&self) -> Bucket {
        let baseline = self.baseline_percent / 100.0;
        Bucket {
            width: 1.0,
            earned_per_min: baseline,
            // 4.17 % of the bucket comes back in an hour: it holds a day of the baseline.
            most_held: baseline * 24.0 * 60.0,
            launch_credits: 0.0,
            refills: self.accrues,
            dollars_per_credit: 0.0,
        }
    }
}

/// By bundle (`small_3_0`, also `small_ipv6_3_0`, `small_win_2_0`) or by monthly price (`$12`).
pub fn find(name: &str) -> Option<&'static Plan> {
    if let Some(price) = name.strip_prefix('$') {
        let price: f64 = price.parse().ok()?;
        let same = |known: f64| known > 0.0 && known == price;
        let today = PLANS.iter().find(|plan| plan.generations == TODAY && same(plan.linux));
        return today.or_else(|| PLANS.iter().find(|plan| same(plan.linux) || same(plan.windows)));
    }
    let mut parts = name.split('_');
    let bundle = parts.next()?;
    let generation = parts.find_map(|part| part.parse::<u32>().ok())?;
    PLANS.iter().find(|plan| plan.bundle == bundle && plan.generations.contains(&generation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_is_found_by_its_bundle_and_todays_by_price() {
        for plan in PLANS {
            for generation in plan.generations {
                for kind in ["", "ipv6_", "win_"] {
                    assert_eq!(find(&format!("{}_{kind}{generation}_0", plan.bundle)), Some(plan));
                }
            }
            if plan.generations == TODAY {
                assert_eq!(find(&format!("${}", plan.linux)), Some(plan));
            }
        }
        assert_eq!(find("$9.50").map(|plan| plan.bundle), Some("nano"));
        for name in ["", "$", "$NaN", "$0", "small", "small_9_0", "huge_3_0", "_", "$13"] {
            assert_eq!(find(name), None, "{name}");
        }
    }

    /// A full 20 % plan holds 288 minutes, and a full hour at 100 % is not what empties it: 6 hours are.
    #[test]
    fn a_full_plan_of_twenty_percent_holds_288_minutes() {
        let bucket = find("small_3_0").unwrap().bucket();
        assert!((bucket.most_held - 288.0).abs() < 1e-9);
        assert!((bucket.minutes_to_empty(288.0, 1.0) / 60.0 - 6.0).abs() < 1e-9);
        assert!((bucket.earned_per_min * 60.0 / bucket.most_held - 0.0417).abs() < 1e-4);
    }
}
