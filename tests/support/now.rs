//! The tests' clock: whole milliseconds or seconds since 1970.

use std::time::{SystemTime, UNIX_EPOCH};

pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64
}

pub fn now_s() -> i64 {
    now_ms().div_euclid(1000)
}
