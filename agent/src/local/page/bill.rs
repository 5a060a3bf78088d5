//! Bill: what this host would cost in CloudWatch, and what would be sent.

use std::collections::BTreeMap;

use alarm::series::Unit;
use maud::{Markup, html};

use super::say::{Say, shown};
use crate::budget::Bill;
use crate::local::house::House;

/// Flushes a minute of each of the two namespaces.
const REQUESTS_PER_MINUTE: f64 = 2.0;
/// A series that was seen within so long is one that would be sent.
const LIVE_S: i64 = 3_600;
const LISTED_MAX: usize = 40;

pub(super) fn page(house: &House, say: &Say) -> Markup {
    let mut metrics: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in house.store.catalogue().entries() {
        // What local mode says of itself is not published.
        if entry.seen.is_some_and(|seen| seen > say.now - LIVE_S) && !entry.series.name.starts_with("local_") {
            *metrics.entry(&entry.series.name).or_default() += 1;
        }
    }
    let series = metrics.values().sum();
    let bill = Bill::of(series, REQUESTS_PER_MINUTE, 1);
    let each = if series == 0 { 0.0 } else { bill.series_usd / series as f64 };
    let mut rows: Vec<_> = metrics.into_iter().collect();
    rows.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    html! {
        h1 { (say.t("Bill", "예상 비용")) }
        p { (say.t("Local mode costs nothing. Published to CloudWatch as it is, this host would cost, a month:", "로컬 모드는 비용이 들지 않습니다. 지금 설정 그대로 CloudWatch에 보내면 한 달에 드는 비용입니다.")) }
        div.tiles {
            div.tile { span { (say.t("List price", "정가")) } b { "$" (format!("{:.2}", bill.usd())) } }
            div.tile { span { (say.t("After the free allowance", "무료 한도 적용")) } b { "$" (format!("{:.2}", (bill.usd() - bill.free_usd).max(0.0))) } }
            div.tile { span { (say.t("Series", "지표 수")) } b { (series) } }
            div.tile { span { (say.t("Requests", "요청 수")) } b { (shown(Some(bill.requests as f64), Unit::Count)) } }
        }
        p.note { (say.t("Prices of us-east-1. CloudWatch bills each name with its dimensions as one metric; the free allowance is once an account.",
                        "us-east-1 기준입니다. CloudWatch는 이름과 차원의 조합마다 지표 하나로 과금하며, 무료 한도는 계정당 한 번입니다.")) }
        h2 { (say.t("What would be sent", "전송할 지표")) }
        div.scroll tabindex="0" role="region" aria-label=(say.t("What would be sent", "전송할 지표")) { table {
            thead { tr { th { (say.t("Metric", "지표")) } th.num { (say.t("Series", "지표 수")) } th.num { "$" } } }
            tbody { @for (name, count) in rows.iter().take(LISTED_MAX) { tr {
                td { code { (name) } } td.num { (count) } td.num { (format!("{:.2}", *count as f64 * each)) }
            } } }
        } }
        @if rows.len() > LISTED_MAX { p.note { "+" (rows.len() - LISTED_MAX) } }
    }
}
