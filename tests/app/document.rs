//! Every example of docs/sources.md at once: the agent runs with them as they stand there, but for addresses and paths of
//! this test; what is sent is sent by the very commands.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use tests::{binary, skip};

use super::postgres::Postgres;
use super::redis::Server;
use super::service::{Nginx, Shop, drive};
use super::{Rows, World, free_port, until};

/// All blocks of this language, one after the other.
pub(super) fn block(language: &str) -> String {
    let text = std::fs::read_to_string(tests::root().join("docs/sources.md")).expect("it is there");
    let begin = format!("```{language}\n");
    let blocks = text.split(&begin).skip(1).filter_map(|rest| rest.split("```").next());
    let all: String = blocks.collect();
    assert!(!all.is_empty(), "docs/sources.md has no block of {language}");
    all
}

/// Puts this world in the place of the document's; what is no longer there would hide an example.
fn placed(mut text: String, places: &[(&str, String)]) -> String {
    for (from, to) in places {
        assert!(text.contains(from), "docs/sources.md no longer says {from}");
        text = text.replace(from, to);
    }
    text
}

/// What the document's examples speak to.
struct Town {
    folder: tempfile::TempDir,
    shop: Shop,
    nginx: Nginx,
    redis: Server,
    postgres: Postgres,
    statsd: u16,
    otlp: u16,
}

impl Town {
    fn build() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let shop = Shop::open();
        let nginx = Nginx::before(shop.port, folder.path());
        let redis = Server::start(folder.path(), "cache", &["--requirepass", "secret"]);
        std::fs::write(at("redis.password"), "secret\n").expect("written");
        let data = at("postgres");
        std::fs::create_dir(&data).expect("made");
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("ours");
        let postgres = Postgres::start(&data);
        postgres.tell("alter table orders add is_paid bool default false, add created_at timestamptz default now()");
        std::fs::write(at("postgres.password"), "hunter2\n").expect("written");
        postgres.tell(&placed(block("sql"), &[("'...'", "'hunter2'".to_owned())]));
        let script = "#!/bin/sh\necho '{\"name\": \"queue.depth\", \"value\": 4}'\n";
        std::fs::write(at("queue-depth"), script).expect("written");
        std::fs::set_permissions(at("queue-depth"), PermissionsExt::from_mode(0o755)).expect("ours");
        Self { folder, shop, nginx, redis, postgres, statsd: free_port(), otlp: free_port() }
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn config(&self) -> String {
        let service = format!("http://127.0.0.1:{}", self.shop.port);
        let every_second = |table: &str| format!("{table}\ninterval = \"1s\"");
        let places = [
            ("127.0.0.1:8125", format!("127.0.0.1:{}", self.statsd)),
            ("/run/stormglass/statsd.sock", self.at("statsd.sock")),
            ("/run/stormglass/put.sock", self.at("put.sock")),
            ("/var/log/nginx/access.log", self.at("access.log")),
            ("http://127.0.0.1:8080", service.clone()),
            ("http://127.0.0.1:9100", service.clone()),
            ("https://shop.example.com", service),
            ("10.0.1.7:5432", format!("127.0.0.1:{}", self.shop.port)),
            ("127.0.0.1:6379", format!("127.0.0.1:{}", self.redis.port)),
            ("/etc/stormglass/redis.password", self.at("redis.password")),
            ("127.0.0.1:5432", format!("127.0.0.1:{}", self.postgres.port)),
            ("/etc/stormglass/postgres.password", self.at("postgres.password")),
            ("/usr/local/bin/queue-depth", self.at("queue-depth")),
            ("127.0.0.1:4318", format!("127.0.0.1:{}", self.otlp)),
            // What the document does at leisure; a busy machine needs some seconds for all that a database is asked.
            ("interval = \"1m\"\ntimeout = \"5s\"", "interval = \"5s\"\ntimeout = \"5s\"".to_owned()),
            ("interval = \"15s\"", "interval = \"1s\"".to_owned()),
            ("interval = \"1m\"", "interval = \"1s\"".to_owned()),
            ("preset = \"none\"", every_second("preset = \"none\"")),
            ("[[redis]]", every_second("[[redis]]")),
            ("[[probe]]", every_second("[[probe]]")),
        ];
        placed(block("toml"), &places)
    }

    /// The commands of the document, as they are typed.
    fn type_the_commands(&self, world: &World) {
        let places = [
            ("/127.0.0.1/8125", format!("/127.0.0.1/{}", self.statsd)),
            ("/run/stormglass/put.sock", self.at("put.sock")),
        ];
        let commands = placed(block("console"), &places).replace("\\\n", " ");
        let program = binary("stormglass");
        let bin = program.parent().expect("it lies in a folder").display();
        let path = format!("{bin}:{}", std::env::var("PATH").unwrap_or_default());
        for command in commands.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let mut shell = Command::new("bash");
            shell.args(["-euc", command]).env("PATH", &path).env("STORMGLASS_CONFIG", world.agent.config_file());
            let output = shell.output().expect("there is bash");
            assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn every_example_of_the_document_works() {
    if !Nginx::is_here() || !Server::is_here() || !Postgres::is_here() {
        return skip("nginx", "there is no nginx, no redis-server or no PostgreSQL here");
    }
    let town = Town::build();
    let mut world = World::new(&town.config());
    world.agent.start();
    for name in ["statsd.sock", "put.sock"] {
        until(name, Duration::from_secs(20), || town.folder.path().join(name).exists());
    }
    std::thread::sleep(Duration::from_millis(2_500));
    let paths: Vec<_> = (1..=40).map(|order| format!("/orders/{order}")).collect();
    let counted = drive(town.nginx.port, &paths);
    town.type_the_commands(&world);
    let given = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"told","gauge":{"dataPoints":[{"asInt":"9"}]}}]}]}]}"#;
    let url = format!("http://127.0.0.1:{}/v1/metrics", town.otlp);
    let posted =
        Command::new("curl").args(["-sSf", "-H", "Content-Type: application/json", "-d", given, &url]).status();
    assert!(posted.expect("there is curl").success());
    // Groups of probes and what StatsD heard are told every ten seconds.
    std::thread::sleep(Duration::from_secs(11));
    judge(&world.end("Stormglass"), counted.of(200));
}

fn judge(rows: &Rows, orders: f64) {
    assert_eq!(rows.sum("orders", &[("shop", "seoul")]), 1.0);
    assert_eq!(rows.one("pay_time", &[("shop", "seoul")]).maximum, Some(182.0));
    let route = [("service", "shop"), ("method", "GET"), ("route", "/orders/{id}")];
    assert_eq!((rows.sum("requests", &route), orders), (40.0, 40.0));
    assert_eq!(rows.one("request_time", &route).count, Some(40.0));
    let spring = [("service", "orders"), ("route", "/orders/{id}")];
    assert_eq!(rows.one("http_request_time", &spring).count, Some(40.0));
    let depth = rows.one("queue_depth", &[("service", "mail")]);
    assert_eq!((depth.maximum, depth.dimensions.contains_key("pod")), (Some(7.0), false));
    assert!(rows.rows.iter().all(|row| !row.name.starts_with("queue_debug") && row.name != "go_goroutines"));
    assert_eq!(rows.one("redis_replicas", &[("redis", "cache")]).maximum, Some(0.0));
    let waiting = rows.one("orders_waiting", &[("database", "shop"), ("shop", "busan")]);
    assert_eq!(waiting.maximum, Some(2_000.0));
    let newest = rows.one("table_newest_row_age_seconds", &[("table", "orders")]).maximum;
    assert!(newest < Some(60.0), "{newest:?}");
    assert!(rows.one("database_connections_used_percent", &[("database", "shop")]).maximum > Some(0.0));
    for probe in ["shop", "database"] {
        assert_eq!(rows.one("probe_up", &[("probe", probe)]).minimum, Some(1.0), "{probe}");
    }
    assert_eq!(rows.one("healthy_targets", &[("group", "web")]).maximum, Some(1.0));
    assert_eq!(rows.one("queue.depth", &[]).maximum, Some(4.0));
    assert_eq!(rows.one("told", &[]).maximum, Some(9.0));
    let put = rows.one("checkout.orders", &[("shop", "seoul")]);
    assert_eq!((put.sum, put.unit.as_str()), (Some(3.0), "Count"));
    let load = rows.one("load", &[]);
    assert_eq!((load.count, load.maximum), (Some(4.0), Some(15.0)));
    for (source, name) in
        [("scrape", "orders"), ("scrape", "queue"), ("redis", "cache"), ("sql", "shop"), ("exec", "queue")]
    {
        assert_eq!(rows.one("up", &[("source", source), ("name", name)]).minimum, Some(1.0), "{source} {name}");
    }
    assert_eq!((rows.lost("unreadable"), rows.lost("series_bound")), (0, 0), "{}", rows.status);
}
