//! `[spool]`: how much is kept while the service cannot be reached.

use alarm::sheet::{At, Bytes, Faults, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Limits;
use crate::batch::BACK_MAX_S;

/// Two weeks of a host with 150 series are some 120 MB; three days of it, and two weeks of a small one, fit.
const BYTES: u64 = 64 << 20;
const BYTES_MIN: u64 = 1 << 20;

/// `[spool]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// The most it takes on the disk. Default: 64MiB.
    pub max_bytes: Option<At<Bytes>>,
    /// The oldest it keeps. Default, and most that CloudWatch takes: 14d.
    pub max_age: Option<At<Seconds>>,
}

/// What is meant.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    pub limits: Limits,
}

impl Config {
    pub fn check(raw: Raw, faults: &mut Faults) -> Self {
        let bytes = raw.max_bytes.map_or(BYTES, |bytes| {
            if bytes.0 < BYTES_MIN {
                faults.add(bytes.span.clone(), "SG-SPL-010", "`spool.max_bytes`: at least 1MiB, one full request");
            }
            bytes.0
        });
        let age_s = raw.max_age.map_or(BACK_MAX_S, |age| {
            if age.0 > BACK_MAX_S as u64 || age.0 < 60 {
                faults.add(
                    age.span.clone(),
                    "SG-SPL-011",
                    "`spool.max_age`: from 1m to 14d, which is what CloudWatch takes",
                );
            }
            age.0 as i64
        });
        Self { limits: Limits { bytes, age_s } }
    }
}
