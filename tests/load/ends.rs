//! Runs that cannot go as they were asked: data that ends, and a rate that nobody could reach.

use super::presses::{one, press};
use super::service::Service;

/// Two rows: two users, and the report says why there were no more.
#[test]
fn a_table_that_ends_ends_the_run_and_says_so() {
    let service = Service::open(None);
    let scenario = "[[profile]]\nkind = 'constant'\nrate = 20\nfor = '60s'\n[data.users]\nfile = 'users.csv'\nat_end = 'stop'\n\
        [[journey]]\nname = 'one'\n[[journey.step]]\nrequest = 'GET /?name={{users.name}}'\n";
    let from = std::time::Instant::now();
    let (_, report) = press(service.port, scenario, &["--workers", "1"]);
    assert!(from.elapsed().as_secs() < 30, "it waits for nobody");
    assert_eq!(report["total"]["requests"], 2, "{report:#}");
    assert_eq!(service.requests(), 2);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("the table `users` ended, and the run with it"), "{warnings}");
}

/// What this machine cannot do is this machine's limit, and nothing is said of the service.
#[test]
fn a_rate_that_nobody_could_reach_is_the_clients_limit() {
    let service = Service::open(None);
    let (output, report) =
        press(service.port, &format!("open_max = 200\n{}", one("/", 90_000, 2)), &["--workers", "1"]);
    assert_eq!(output.status.code(), Some(4), "{report:#}");
    assert_eq!(report["judged"]["verdict"], "client_limited", "{report:#}");
    let told = |name: &str| report["journeys"][name].as_u64().expect("a count");
    assert_eq!(told("started") + told("unsent"), 180_000, "each that was due was sent or is counted: {report:#}");
}
