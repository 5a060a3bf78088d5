//! Errors: the kinds with their counts, first and last seen, and the whole trace of the first.

use alarm::rules::Statistic;
use maud::{Markup, html};

use super::say::Say;
use crate::local::house::House;

/// Rows of the list.
const LISTED_MAX: usize = 100;
/// Of a first line in the list.
const LINE_MAX: usize = 160;
const DAY_S: i64 = 86_400;

pub(super) fn list(house: &House, say: &Say) -> Markup {
    let kinds = house.book.kinds();
    html! {
        h1 { (say.t("Errors", "오류")) }
        div id="errors" data-live="" {
            @if kinds.is_empty() {
                p { (say.t("No error has been seen. Logs are followed where the configuration names them:", "수집된 오류가 없습니다. 설정에 지정한 로그만 수집합니다.")) }
                pre tabindex="0" { "[[logs.file]]\nservice = \"shop\"\npaths = [\"/var/log/shop/*.log\"]" }
            } @else {
                div.scroll tabindex="0" role="region" aria-label=(say.t("Errors", "오류")) { table {
                    thead { tr {
                        th { (say.t("Error", "오류")) } th { (say.t("Service", "서비스")) } th { (say.t("Level", "수준")) }
                        th.num { (say.t("Today", "24시간")) } th.num { (say.t("In all", "누적")) }
                        th { (say.t("First", "최초")) } th { (say.t("Last", "최근")) }
                    } }
                    tbody { @for kind in kinds.iter().take(LISTED_MAX) { tr {
                        td { a href={ "/errors/" (kind.id) } { (headline(&kind.text)) } }
                        td { (kind.service) } td { (kind.level) }
                        td.num { (today(house, &kind.id, say.now)) } td.num { (kind.count) }
                        td { (say.moment(kind.first)) } td { (say.moment(kind.last)) " (" (say.ago(kind.last)) ")" }
                    } } }
                } }
            }
        }
    }
}

/// What went wrong at bottom: the last cause of a trace; the first line of anything else.
fn headline(text: &str) -> &str {
    let cause = text.lines().rev().find_map(|line| line.trim_start().strip_prefix("Caused by: "));
    let line = cause.or(text.lines().next()).unwrap_or_default();
    &line[..line.floor_char_boundary(LINE_MAX)]
}

/// As its series counts it.
fn today(house: &House, id: &str, now: i64) -> String {
    let of_kind =
        super::host::find(house, "errors").filter(|(_, entry)| entry.series.dimensions.get("kind") == Some(id));
    let sums = of_kind.flat_map(|(series, _)| {
        let points = house.store.points(series, &Statistic::Sum, 300, (now - DAY_S, now + 300));
        points.iter().flatten().collect::<Vec<_>>()
    });
    let total: f64 = sums.sum();
    if total > 0.0 { format!("{total:.0}") } else { "–".to_owned() }
}

pub(super) fn one(house: &House, say: &Say, id: &str) -> Option<Markup> {
    let kind = house.book.find(id)?;
    Some(html! {
        p { a href="/errors" { "← " (say.t("All errors", "전체 오류")) } }
        h1 { (headline(&kind.text)) }
        dl {
            dt { (say.t("Service", "서비스")) } dd { (kind.service) }
            dt { (say.t("Level", "수준")) } dd { (kind.level) }
            dt { (say.t("Where", "파일")) } dd { code { (kind.source) } }
            dt { (say.t("Kind", "오류 종류")) } dd { code { (kind.id) } }
            dt { (say.t("Seen", "횟수")) } dd { (kind.count) }
            dt { (say.t("First", "최초")) } dd { (say.moment(kind.first)) }
            dt { (say.t("Last", "최근")) } dd { (say.moment(kind.last)) " (" (say.ago(kind.last)) ")" }
        }
        h2 { (say.t("The first of them, whole", "최초 발생 내용 전체")) }
        pre tabindex="0" { (kind.text) }
        p.note { (say.t("Secrets and personal data were taken out before it was kept.", "비밀 값과 개인정보는 저장하기 전에 제거했습니다.")) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_called_by_its_last_cause() {
        assert_eq!(headline("ERROR order failed\nA: b\nCaused by: B: c\n\tat x\nCaused by: C: d\n"), "C: d");
        assert_eq!(headline("panicked at src/main.rs\nnote: more"), "panicked at src/main.rs");
        assert_eq!(headline(""), "");
    }
}
