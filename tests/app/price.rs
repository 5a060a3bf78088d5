//! What the sources will cost, before anything is sent: who can be asked is asked, who is waited for is named.

use serde_json::Value;
use tests::Agent;

use super::service::{Shop, drive};
use super::{BASE, free_port};

#[test]
fn the_bill_has_what_the_sources_would_publish() {
    let shop = Shop::open();
    drive(shop.port, &["/orders/1".to_owned(), "/pay".to_owned()]);
    let config = format!(
        "{BASE}[budget]\nmax_series = 200\n[statsd]\nmax_series = 40\n[put]\n\
         [[scrape]]\nname = 'shop'\nurl = 'http://127.0.0.1:{}/actuator/prometheus'\n\
         [[scrape]]\nname = 'gone'\nurl = 'http://127.0.0.1:{}/metrics'\n\
         [[exec]]\nname = 'queue'\ncommand = ['/bin/echo', 'depth:7|g|#queue:mail']\nformat = 'statsd'\nnamespace = 'Queue'\n\
         [[probe]]\nname = 'shop'\nurl = 'http://127.0.0.1:{}/health'\ngroup = 'web'\n\
         [[access]]\nservice = 'front'\npaths = ['{{folder}}/logs/access.log']\n",
        shop.port,
        free_port(),
        shop.port
    );
    let agent = Agent::new(&config);
    let line =
        "192.0.2.7 - - [21/Nov/2026:10:00:00 +0000] \"GET /carts/7 HTTP/1.1\" 200 12 \"-\" \"curl\" 0.012 0.011\n";
    std::fs::write(agent.folder().join("logs/access.log"), line).expect("written");
    let output = agent.run(&["cost", "--series", "--json"]);
    let cost: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let all: Vec<_> = cost["all_series"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    for (name, within) in [
        ("http_request_time", "route=/orders/{id}"),
        ("http_request_errors", "exception=PaymentDownException"),
        ("hikaricp_connections_active", "pool=main"),
        ("Queue/depth", "queue=mail"),
        ("probe_time", "probe=shop"),
        ("healthy_targets", "group=web"),
        ("request_time", "route=/carts/{id}"),
        ("up", "name=gone"),
    ] {
        assert!(all.iter().any(|series| series.contains(name) && series.contains(within)), "{name} {within}: {all:#?}");
    }
    let of = |source: &str| {
        let sources = cost["by_source"].as_array().expect("a list");
        let found = sources.iter().find(|it| it["name"] == source).map(|it| it["series"].as_u64());
        found.flatten().unwrap_or_else(|| panic!("no {source} in {cost}"))
    };
    assert!((15..=40).contains(&of("scrape")), "{cost}");
    assert_eq!((of("exec"), of("probe")), (2, 4), "depth and up; up, time, and two of the group");
    assert_eq!(cost["pushed"][0], serde_json::json!({ "source": "statsd", "series_at_most": 40 }));
    assert_eq!(cost["pushed"][1]["source"], "put");
    assert!(cost["silent"].to_string().contains("gone: "), "{cost}");
    // Three namespaces, a request a minute each.
    assert_eq!(cost["requests"], 3 * 43_200);
    let text = String::from_utf8(agent.run(&["cost"]).stdout).expect("text");
    assert!(text.contains("statsd is sent to: not counted here, at most 40 series"), "{text}");
    assert!(text.contains("scrape said nothing, and is not counted: gone"), "{text}");
}
