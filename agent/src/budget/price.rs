//! What CloudWatch asks for metrics (facts/cloudwatch.md, Price; us-east-1).

/// Dollars a month for each series, by how many there are: (up to, price).
const TIERS: [(u64, f64); 4] = [(10_000, 0.30), (250_000, 0.10), (1_000_000, 0.05), (u64::MAX, 0.02)];
/// Series that cost nothing, once an account.
const SERIES_FREE: u64 = 10;
/// Dollars a request.
const REQUEST: f64 = 0.01 / 1_000.0;
/// Requests a month that cost nothing, once an account.
const REQUESTS_FREE: u64 = 1_000_000;
/// A month in all our sums.
pub const MONTH_MINUTES: u64 = 43_200;

/// A month of publishing, at list price and after what an account gets for nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bill {
    pub series: u64,
    pub requests: u64,
    pub series_usd: f64,
    pub requests_usd: f64,
    /// The most that the free allowances take off, if nothing else in the account uses them.
    pub free_usd: f64,
}

impl Bill {
    /// Of `hosts` alike, each with so many series and requests a minute.
    pub fn of(series: u64, requests_per_minute: f64, hosts: u64) -> Self {
        let series = series * hosts;
        let requests = (requests_per_minute * MONTH_MINUTES as f64 * hosts as f64).ceil() as u64;
        let (series_usd, requests_usd) = (tiered(series), requests as f64 * REQUEST);
        let free_series = series_usd - tiered(series.saturating_sub(SERIES_FREE));
        let free_usd = free_series + requests.min(REQUESTS_FREE) as f64 * REQUEST;
        Self { series, requests, series_usd, requests_usd, free_usd }
    }

    /// At list price.
    pub fn usd(&self) -> f64 {
        self.series_usd + self.requests_usd
    }
}

fn tiered(series: u64) -> f64 {
    let mut from = 0;
    let mut usd = 0.0;
    for (until, price) in TIERS {
        usd += series.clamp(from, until).saturating_sub(from) as f64 * price;
        from = until;
    }
    usd
}

/// The most series that `usd` a month pay on one host, the requests paid first.
pub fn affordable(usd: f64, requests_per_minute: f64) -> u64 {
    let left = usd - Bill::of(0, requests_per_minute, 1).requests_usd;
    let (mut low, mut high) = (0_u64, 2_000_000);
    while low < high {
        let middle = (low + high).div_ceil(2);
        // A fraction of a cent is rounding, not money.
        if tiered(middle) <= left + 1e-9 { low = middle } else { high = middle - 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(is: f64, should: f64) {
        assert!((is - should).abs() < 1e-6, "{is} for {should}");
    }

    #[test]
    fn the_tiers_of_the_price_list() {
        close(tiered(0), 0.0);
        close(tiered(200), 60.0);
        close(tiered(10_000), 3_000.0);
        close(tiered(10_001), 3_000.1);
        close(tiered(250_000), 27_000.0);
        close(tiered(1_000_001), 27_000.0 + 37_500.0 + 0.02);
        // The disk series that one operator was billed for.
        close(tiered(326_459), 27_000.0 + 76_459.0 * 0.05);
    }

    #[test]
    fn a_host_and_a_fleet() {
        let bill = Bill::of(50, 2.0, 1);
        assert_eq!(bill.requests, 86_400);
        close(bill.usd(), 15.0 + 0.864);
        close(bill.free_usd, 3.0 + 0.864);
        close(Bill::of(100, 2.0, 200).series_usd, 3_000.0 + 1_000.0);
        close(Bill::of(0, 1.0, 100).free_usd, 10.0);
    }

    proptest! {
        #[test]
        fn what_is_affordable_is_the_most(usd in 0.0..40_000.0_f64, requests in 0.0..12.0_f64) {
            let series = affordable(usd, requests);
            prop_assert!(series == 0 || Bill::of(series, requests, 1).usd() <= usd + 1e-3);
            prop_assert!(Bill::of(series + 1, requests, 1).usd() > usd - 1e-3);
        }
    }
}
