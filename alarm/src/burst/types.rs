//! The EC2 types that live on credits (facts/burst-credits.md, EC2).
//!
//! One credit is one vCPU at 100 % for one minute. T3a and T4g equal T3, size for size, so that a row names its
//! families. Prices are of Linux in us-east-1: what a surprise bill is estimated by, not an invoice.

use super::bucket::Bucket;

/// One size of one or more families.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    pub families: &'static [&'static str],
    pub size: &'static str,
    pub vcpus: u32,
    pub earned_per_hour: f64,
    pub most_held: f64,
    /// Spent first, held above `most_held`, given at launch only (T2 in standard mode).
    pub launch_credits: f64,
}

const T2: &[&str] = &["t2"];
const T3: &[&str] = &["t3", "t3a", "t4g"];

const fn size(
    families: &'static [&'static str],
    size: &'static str,
    vcpus: u32,
    earned_per_hour: f64,
    most_held: f64,
    launch_credits: f64,
) -> Size {
    Size { families, size, vcpus, earned_per_hour, most_held, launch_credits }
}

pub const SIZES: &[Size] = &[
    // families, size, vCPU, earned an hour, most held, launch credits
    size(T2, "nano", 1, 3.0, 72.0, 30.0),
    size(T2, "micro", 1, 6.0, 144.0, 30.0),
    size(T2, "small", 1, 12.0, 288.0, 30.0),
    size(T2, "medium", 2, 24.0, 576.0, 60.0),
    size(T2, "large", 2, 36.0, 864.0, 60.0),
    size(T2, "xlarge", 4, 54.0, 1_296.0, 120.0),
    size(T2, "2xlarge", 8, 81.6, 1_958.4, 240.0),
    size(T3, "nano", 2, 6.0, 144.0, 0.0),
    size(T3, "micro", 2, 12.0, 288.0, 0.0),
    size(T3, "small", 2, 24.0, 576.0, 0.0),
    size(T3, "medium", 2, 24.0, 576.0, 0.0),
    size(T3, "large", 2, 36.0, 864.0, 0.0),
    size(T3, "xlarge", 4, 96.0, 2_304.0, 0.0),
    size(T3, "2xlarge", 8, 192.0, 4_608.0, 0.0),
];

/// Dollars for a vCPU-hour of charged surplus, by family. T4g's is the least certain of them.
const SURCHARGES: &[(&str, f64)] = &[("t2", 0.05), ("t3", 0.05), ("t3a", 0.05), ("t4g", 0.04)];

/// The bucket of `t3.micro`; `None` for a type that has none.
pub fn bucket(instance_type: &str) -> Option<Bucket> {
    let (family, of_size) = instance_type.split_once('.')?;
    let row = SIZES.iter().find(|row| row.size == of_size && row.families.contains(&family))?;
    let surcharge = SURCHARGES.iter().find(|(known, _)| *known == family)?.1;
    Some(Bucket {
        width: f64::from(row.vcpus),
        earned_per_min: row.earned_per_hour / 60.0,
        most_held: row.most_held,
        launch_credits: row.launch_credits,
        refills: true,
        dollars_per_credit: surcharge / 60.0,
    })
}

/// Every name that `bucket` knows.
pub fn names() -> impl Iterator<Item = String> {
    SIZES.iter().flat_map(|row| row.families.iter().map(move |family| format!("{family}.{}", row.size)))
}

/// Whether the type bursts without limit unless told otherwise (from T3 on).
pub fn unlimited_by_default(instance_type: &str) -> bool {
    !instance_type.starts_with("t2.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_agrees_with_itself() {
        for row in SIZES {
            let day = row.earned_per_hour * 24.0;
            assert!((day - row.most_held).abs() < 1e-9, "a bucket is a day of earnings: {row:?}");
            assert!(row.families == T3 || row.launch_credits >= 30.0 * f64::from(row.vcpus), "{row:?}");
        }
        assert_eq!(names().count(), 7 + 3 * 7);
    }

    /// The hours of the facts page at 100 % and 50 % from a full bucket.
    #[test]
    fn hours_from_full_to_empty_are_those_of_the_facts() {
        let rows = [
            ("t2.nano", 1.26, 2.67),
            ("t2.micro", 2.67, 6.0),
            ("t2.small", 6.0, 16.0),
            ("t2.medium", 6.0, 16.0),
            ("t2.large", 10.3, 36.0),
            ("t2.xlarge", 6.97, 19.6),
            ("t2.2xlarge", 4.92, 12.4),
            ("t3.nano", 1.26, 2.67),
            ("t3a.micro", 2.67, 6.0),
            ("t4g.small", 6.0, 16.0),
            ("t3.medium", 6.0, 16.0),
            ("t3.large", 10.3, 36.0),
            ("t3.xlarge", 16.0, 96.0),
            ("t3.2xlarge", 16.0, 96.0),
        ];
        for (name, full, half) in rows {
            let bucket = bucket(name).unwrap();
            for (cpu, hours) in [(1.0, full), (0.5, half)] {
                let found = bucket.minutes_to_empty(bucket.most_held, bucket.width * cpu) / 60.0;
                assert!((found / hours - 1.0).abs() < 0.006, "{name} at {cpu}: {found} h, not {hours} h");
            }
        }
    }

    #[test]
    fn what_is_no_burstable_type_has_no_bucket() {
        for name in ["m5.large", "t3", "t3.metal", "", ".", "t9.nano"] {
            assert_eq!(bucket(name), None, "{name}");
        }
    }
}
