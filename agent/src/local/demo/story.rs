//! The bad day of a small shop, minute by minute: a sale starts, the burst drains, the pool fills, p99 climbs, an error
//! never seen before, a log that fills the disk, the ladder climbs, somebody acknowledges, recovery.
//!
//! It says only what a host and a shop would show, as readings and lines of a log. What is wrong with it, and who is
//! told, is for the judge to find out.

use std::fmt::Write;

use alarm::series::Unit;

use crate::metrics::{Metric, app as m};
use crate::reading::{Reading, Readings};

/// Minutes of the story.
pub(super) const SALE: f64 = 12.0;
pub(super) const POOL: f64 = 22.0;
pub(super) const RUNAWAY: f64 = 26.0;
pub(super) const ACKNOWLEDGED: f64 = 84.0;
pub(super) const MENDED: f64 = 96.0;
pub(super) const END: f64 = 190.0;

/// Method, route, calls in ten seconds of an ordinary hour, and how long one takes in milliseconds.
const ROUTES: [(&str, &str, f64, f64); 3] =
    [("GET", "/", 6.0, 35.0), ("GET", "/products/{id}", 4.0, 80.0), ("POST", "/checkout", 1.5, 180.0)];
/// What the disk gains by itself.
const DISK_A_DAY: f64 = 0.45;

const SERVICE: &str = "checkout";

/// What the one who came writes down of an incident, by the rules that fired in it.
pub(super) fn mended<'a>(rules: impl Iterator<Item = &'a str>) -> &'static str {
    let mut rules = rules;
    let of_rule = |rule: &str| match rule {
        "disk-full" => Some("debug.log truncated and put under logrotate"),
        "burst-running-out" => Some("a larger plan is ordered for the next sale; this one ends within the hour"),
        "error-kinds" => Some("it is the pool: see the incident of the checkout"),
        "checkout-failing" | "checkout-slow" | "pool-exhausted" => Some("pool raised from 10 to 30"),
        _ => None,
    };
    rules.find_map(of_rule).unwrap_or("looking into it")
}

/// How the shop is at a minute of the story; before its beginning it is an ordinary day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shop {
    minute: f64,
}

/// From 0 to 1 while `minute` goes from `from` to `to`.
fn ramp(minute: f64, from: f64, to: f64) -> f64 {
    ((minute - from) / (to - from)).clamp(0.0, 1.0)
}

impl Shop {
    pub(super) fn at(minute: f64) -> Self {
        Self { minute }
    }

    /// How many times the calls of an ordinary hour.
    fn rush(self) -> f64 {
        1.0 + 7.0 * ramp(self.minute, SALE, SALE + 4.0) * (1.0 - ramp(self.minute, MENDED, MENDED + 6.0))
    }

    /// How far the pool is used up.
    fn choked(self) -> f64 {
        ramp(self.minute, POOL, POOL + 6.0) * (1.0 - ramp(self.minute, MENDED, MENDED + 2.0))
    }

    fn cpu(self) -> f64 {
        let night = ramp(self.minute, MENDED + 4.0, MENDED + 8.0);
        (3.5 + 88.0 * (self.rush() - 1.0) / 7.0) * (1.0 - 0.3 * night)
    }

    /// The log that nobody rotates: from 61 % to 97 %, and back when it is truncated.
    pub(super) fn disk(self) -> f64 {
        let grown = DISK_A_DAY * self.minute / 1_440.0;
        if self.minute >= MENDED {
            61.5 + grown
        } else {
            61.0 + grown + 36.3 * ramp(self.minute, RUNAWAY, RUNAWAY + 48.0)
        }
    }

    pub(super) fn readings(self, random: &mut fastrand::Rng, with_calls: bool) -> Readings {
        let mut noise = |by: f64| (random.f64() - 0.5) * 2.0 * by;
        let mut out = Readings::default();
        let mut host = |name: &'static str, unit, value: f64| out.push(Reading::host(name, unit, value));
        let cpu = (self.cpu() + noise(1.5)).clamp(0.5, 99.5);
        host("mem_used_percent", Unit::Percent, (48.0 + 9.0 * (self.rush() - 1.0) / 7.0 + noise(0.2)).max(0.0));
        host("mem_available_percent", Unit::Percent, 50.0 - 9.0 * (self.rush() - 1.0) / 7.0 + noise(0.2));
        host("processes_total", Unit::Count, (112.0 + noise(3.0)).round());
        host("processes_total_threads", Unit::Count, (264.0 + 180.0 * self.choked() + noise(4.0)).round());
        let io = 2.0 + 30.0 * ramp(self.minute, RUNAWAY, RUNAWAY + 4.0) * f64::from(self.minute < MENDED);
        let cpus = [("cpu_usage_active", cpu), ("cpu_usage_iowait", io / 4.0), ("cpu_usage_steal", noise(0.3).abs())];
        for (name, value) in cpus {
            out.push(Reading::host(name, Unit::Percent, value).with("cpu", "cpu-total"));
        }
        let disk = self.disk() + noise(0.05);
        let place = |reading: Reading| reading.with("path", "/").with("fstype", "ext4").with("device", "xvda1");
        out.push(place(Reading::host("disk_used_percent", Unit::Percent, disk)));
        out.push(place(Reading::own("disk_inodes_used_percent", Unit::Percent, 12.0)));
        for (name, value) in [("pressure_cpu_some", cpu / 2.5), ("pressure_memory_some", 0.1), ("pressure_io_some", io)]
        {
            out.push(Reading::own(name, Unit::Percent, (value + noise(0.4)).max(0.0)));
        }
        for (name, per_call) in [("net_bytes_recv", 900.0), ("net_bytes_sent", 14_000.0)] {
            let bytes = (110.0 * self.rush() * per_call * (1.0 + noise(0.1))).round();
            out.push(Reading::host(name, Unit::Bytes, bytes).with("interface", "ens5"));
        }
        self.pool(&mut out);
        if with_calls {
            self.calls(random, &mut out);
        }
        out
    }

    /// As `[[scrape]]` tells of Spring Boot's pool.
    fn pool(self, out: &mut Readings) {
        let active = (2.0 + 8.0 * self.choked()).round();
        let pending = (14.0 * (self.choked() - 0.6).max(0.0)).round();
        for (metric, value) in [
            (&m::HIKARICP_CONNECTIONS_ACTIVE, active),
            (&m::HIKARICP_CONNECTIONS_PENDING, pending),
            (&m::HIKARICP_CONNECTIONS_MAX, 10.0),
        ] {
            let reading = Reading::own(metric.name, metric.unit, value);
            out.push(reading.with("pool", "shop").with("service", SERVICE));
        }
    }

    /// The calls of ten seconds, each with how long it took and how it ended, as `[[access]]` tells of them.
    fn calls(self, random: &mut fastrand::Rng, out: &mut Readings) {
        let (mut all, mut all_failed) = (0.0, 0.0);
        for (method, route, usual, takes_ms) in ROUTES {
            let of_route = |metric: &Metric, value: f64| {
                let reading = Reading::own(metric.name, metric.unit, value);
                reading.with("method", method).with("route", route).with("service", SERVICE)
            };
            let calls = (usual * self.rush() * (0.8 + 0.4 * random.f64())).round() as u32;
            let harm = if route == "/checkout" { self.choked() } else { self.choked() * 0.15 };
            let mut failed = 0.0;
            for _ in 0..calls {
                // Long tails: most are quick, some wait for a connection.
                let tail = -(1.0 - random.f64()).ln();
                let waits = if random.f64() < harm * 0.7 { 900.0 + 2_100.0 * random.f64() } else { 0.0 };
                let took = takes_ms * (0.6 + 0.5 * tail) + waits;
                failed += f64::from(random.f64() < harm * 0.22);
                out.push(of_route(&m::REQUEST_TIME, took.round()));
                out.push(
                    Reading::own(m::REQUEST_TIME.name, m::REQUEST_TIME.unit, took.round()).with("service", SERVICE),
                );
            }
            out.push(of_route(&m::REQUESTS, f64::from(calls)));
            out.push(of_route(&m::REQUEST_FAILURES, failed).with("class", "5xx"));
            all += f64::from(calls);
            all_failed += failed;
        }
        let whole =
            |metric: &Metric, value: f64| Reading::own(metric.name, metric.unit, value).with("service", SERVICE);
        out.push(whole(&m::REQUESTS, all));
        out.push(whole(&m::REQUEST_FAILURES, all_failed).with("class", "5xx"));
    }

    /// What the shop writes into its log within ten seconds that end at `when`.
    pub(super) fn lines(self, random: &mut fastrand::Rng, when: &str) -> String {
        let mut text = String::new();
        let order = 10_000 + random.u32(..90_000);
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{when} INFO  [http-nio-8080-exec-4] com.acme.shop.Checkout - order {order} paid");
        if self.choked() > 0.8 {
            let waited = 30_000 + random.u32(..40);
            let _ = write!(
                text,
                "{when} ERROR [http-nio-8080-exec-9] com.acme.shop.Checkout - order {order} failed\n\
                 org.springframework.transaction.CannotCreateTransactionException: Could not open JPA EntityManager for transaction\n\
                 \tat org.springframework.orm.jpa.JpaTransactionManager.doBegin(JpaTransactionManager.java:466)\n\
                 \tat com.acme.shop.Checkout.pay(Checkout.java:88)\n\
                 Caused by: java.sql.SQLTransientConnectionException: shop - Connection is not available, request timed out after {waited}ms\n\
                 \tat com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:696)\n\
                 \tat com.acme.shop.db.Orders.insert(Orders.java:41)\n\t... 14 more\n"
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_ordinary_before_bad_in_the_middle_and_well_at_its_end() {
        let at = |minute| Shop::at(minute);
        assert!(at(-600.0).cpu() < 5.0 && at(60.0).cpu() > 85.0 && at(END).cpu() < 5.0);
        assert!(at(0.0).disk() < 62.0 && at(80.0).disk() > 95.0 && at(END).disk() < 62.0);
        assert!(at(10.0).choked() == 0.0 && at(60.0).choked() == 1.0 && at(END).choked() == 0.0);
        let mut random = fastrand::Rng::with_seed(1);
        assert_eq!(at(0.0).lines(&mut random, "t").lines().count(), 1);
        assert!(at(60.0).lines(&mut random, "t").contains("Caused by"));
    }
}
