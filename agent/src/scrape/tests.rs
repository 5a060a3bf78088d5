//! Pages as targets show them, and what is made of them.

use proptest::prelude::*;

use super::*;
use crate::reading::{Reading, Readings};
use crate::vitals::{Lost, Vitals};

fn shown(readings: &Readings) -> Vec<String> {
    let one = |reading: &Reading| {
        let Reading { name, dimensions, value, count, more, .. } = reading;
        let values = if more.is_empty() { format!("{value} x{count}") } else { format!("{:?}", more.shown()) };
        format!("{name}{{{dimensions}}} {values}")
    };
    let mut shown: Vec<_> = readings.0.iter().map(one).collect();
    shown.sort();
    shown
}

fn generic(change: impl FnOnce(&mut Settings), pages: &[&str]) -> Vec<String> {
    let mut settings = Settings::of("t", "http://127.0.0.1/", "none");
    change(&mut settings);
    let mut target = Target::new(&settings);
    let last = pages.iter().map(|page| target.read(page.as_bytes())).last();
    shown(&last.expect("a page"))
}

const PAGE: &str = "# TYPE jobs counter\njobs_total{q=\"a\",pod=\"1\"} 5\njobs_total{q=\"a\",pod=\"2\"} 5\njobs_created{q=\"a\"} 1\n\
# TYPE temp gauge\ntemp 21.5\n# TYPE wait_seconds summary\nwait_seconds{quantile=\"0.5\"} 0.2\nwait_seconds_sum 10\nwait_seconds_count 20\n\
# TYPE size histogram\nsize_bucket{le=\"1\"} 1\nsize_bucket{le=\"+Inf\"} 1\nsize_sum 1\nsize_count 1\nnan_gauge NaN\n# EOF\n";

#[test]
fn every_type_becomes_what_cloudwatch_can_use() {
    let later = PAGE
        .replace("} 5", "} 8")
        .replace("_sum 10", "_sum 16")
        .replace("_count 20", "_count 23")
        .replace("} 1\nsize_sum", "} 3\nsize_sum");
    assert_eq!(
        generic(|_| (), &[PAGE, &later]),
        [
            "jobs{pod=1,q=a,service=t} 3 x1",
            "jobs{pod=2,q=a,service=t} 3 x1",
            "size{service=t} [(1.0, 2.0)]",
            "temp{service=t} 21.5 x1",
            "wait_seconds{quantile=0.5,service=t} 0.2 x1",
            "wait_seconds{service=t} 2 x3",
        ]
    );
}

#[test]
fn labels_are_dropped_renamed_and_what_is_then_one_adds_up() {
    let change = |settings: &mut Settings| {
        settings.drop_labels = vec!["pod".into()];
        settings.rename_labels = [("q".to_owned(), "queue".to_owned())].into();
        settings.keep = vec!["job*".into(), "temp".into()];
        settings.drop = vec!["temp".into()];
    };
    assert_eq!(generic(change, &[PAGE, &PAGE.replace("} 5", "} 8")]), ["jobs{queue=a,service=t} 6 x1"]);
}

#[test]
fn an_explosion_is_bounded_and_counted() {
    let page: Vec<_> = (0..500).map(|n| format!("x{{id=\"{n}\"}} 1")).collect();
    let mut target = Target::new(&Settings { max_series: 10, ..Settings::of("t", "http://127.0.0.1/", "auto") });
    assert_eq!(target.read(page.join("\n").as_bytes()).0.len(), 10);
    let vitals = Vitals::default();
    target.tell(&vitals);
    assert_eq!(vitals.losses(Lost::SeriesBound).0, 490);
}

const SPRING: &str = "# TYPE http_server_requests_seconds histogram\n\
http_server_requests_seconds_bucket{exception=\"none\",method=\"GET\",status=\"200\",uri=\"/orders/{id}\",le=\"0.12109375\"} 10\n\
http_server_requests_seconds_bucket{exception=\"none\",method=\"GET\",status=\"200\",uri=\"/orders/{id}\",le=\"0.125\"} 10\n\
http_server_requests_seconds_bucket{exception=\"none\",method=\"GET\",status=\"200\",uri=\"/orders/{id}\",le=\"+Inf\"} 10\n\
http_server_requests_seconds_count{exception=\"none\",method=\"GET\",status=\"200\",uri=\"/orders/{id}\"} 10\n\
http_server_requests_seconds_sum{exception=\"none\",method=\"GET\",status=\"200\",uri=\"/orders/{id}\"} 0.5\n\
http_server_requests_seconds_count{exception=\"Boom\",method=\"GET\",status=\"500\",uri=\"/pay\"} 1\n\
http_server_requests_seconds_sum{exception=\"Boom\",method=\"GET\",status=\"500\",uri=\"/pay\"} 1\n\
http_server_requests_seconds_count{exception=\"none\",method=\"GET\",status=\"200\",uri=\"/actuator/prometheus\"} 900\n\
http_server_requests_active_seconds_gcount{uri=\"x\"} 2\nhttp_server_requests_active_seconds_gcount{uri=\"y\"} 1\n\
hikaricp_connections_active{pool=\"p\"} 10\nhikaricp_connections_pending{pool=\"p\"} 4\nhikaricp_connections_timeout_total{pool=\"p\"} 1\n\
logback_events_total{level=\"error\"} 3\nlogback_events_total{level=\"debug\"} 3000\n\
jvm_memory_used_bytes{area=\"heap\",id=\"a\"} 25\njvm_memory_used_bytes{area=\"heap\",id=\"b\"} 25\njvm_memory_used_bytes{area=\"nonheap\",id=\"c\"} 7\n\
jvm_memory_max_bytes{area=\"heap\",id=\"a\"} -1\njvm_memory_max_bytes{area=\"heap\",id=\"b\"} 200\n\
jvm_gc_pause_seconds_count{action=\"x\"} 2\njvm_gc_pause_seconds_sum{action=\"x\"} 0.04\njvm_gc_pause_seconds_max{action=\"x\"} 0.03\n\
jvm_threads_live_threads 42\nunknown_thing{a=\"b\"} 7\n";

#[test]
fn a_spring_service_is_what_its_users_feel() {
    let mut target = Target::new(&Settings::of("shop", "http://127.0.0.1/", "auto"));
    target.read(SPRING.as_bytes());
    let later = SPRING
        .replace("le=\"0.125\"} 10", "le=\"0.125\"} 12")
        .replace("le=\"+Inf\"} 10", "le=\"+Inf\"} 12")
        .replace("{id}\"} 10", "{id}\"} 12")
        .replace("/pay\"} 1\n", "/pay\"} 3\n")
        .replace("level=\"error\"} 3", "level=\"error\"} 5")
        .replace("_pause_seconds_count{action=\"x\"} 2", "_pause_seconds_count{action=\"x\"} 4")
        .replace("0.04", "0.06");
    let said = shown(&target.read(later.as_bytes()));
    for expect in [
        "hikaricp_connections_active{pool=p,service=shop} 10 x1",
        "hikaricp_connections_pending{pool=p,service=shop} 4 x1",
        "http_request_errors{exception=Boom,route=/pay,service=shop} 2 x1",
        "http_request_failure_percent{service=shop} 50 x4",
        "http_request_failures{class=5xx,service=shop} 2 x1",
        "http_request_time{method=GET,route=/orders/{id},service=shop} [(122.0703125, 1.0), (124.0234375, 1.0)]",
        "http_request_time{method=GET,route=/pay,service=shop} 1000 x2",
        "http_requests{service=shop} 4 x1",
        "http_requests_active{service=shop} 3 x1",
        "jvm_gc_pause_max{service=shop} 30 x1",
        "jvm_heap_used_bytes{service=shop} 50 x1",
        "jvm_heap_used_percent{service=shop} 25 x1",
        "jvm_nonheap_used_bytes{service=shop} 7 x1",
        "jvm_threads{service=shop} 42 x1",
        "logback_events{level=error,service=shop} 2 x1",
    ] {
        assert!(said.iter().any(|line| line == expect), "{expect} is not among\n{}", said.join("\n"));
    }
    assert!((15..=40).contains(&said.len()), "{} series", said.len());
    assert!(!said.iter().any(|line| line.contains("actuator") || line.contains("unknown_thing")), "{said:?}");
}

proptest! {
    #[test]
    fn no_bytes_break_it(data in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_exposition(&data);
    }

    #[test]
    fn no_page_of_its_letters_breaks_it(page in "(# TYPE [ab]_total (counter|gauge|histogram|summary)\\n|[ab](_total|_bucket|_sum|_count)?(\\{(le|quantile|x)=\"[0-9.+InfN\\\\]{0,4}\"\\})? [0-9.eNaInf+-]{1,5}\\n){0,12}") {
        fuzz_exposition(page.as_bytes());
    }
}
