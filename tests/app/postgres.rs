//! A real PostgreSQL with a real replica, spoken to through TLS: what we did to it is what CloudWatch has.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tests::{Agent, Papers, Process, skip};

use super::{BASE, World, free_port, until};

const PASSWORD: &str = "correct-horse";
/// PostgreSQL refuses to run as root; this user owns nothing.
const NOBODY: u32 = 65_534;

/// Where the newest PostgreSQL of this machine has its programs; on Debian not on the path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop()
}

fn program(name: &str) -> Command {
    let mut command = Command::new(programs().expect("PostgreSQL is here").join(name));
    command.env("PGPASSWORD", PASSWORD).current_dir("/");
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

fn own(path: &Path) {
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may give away");
    }
}

fn run(mut command: Command) -> String {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// A cluster of its own: `admin` may do everything, `monitor` is what a person would make for us.
pub(super) struct Postgres {
    pub(super) port: u16,
    folder: PathBuf,
    _process: Process,
}

impl Postgres {
    pub(super) fn is_here() -> bool {
        programs().is_some()
    }

    /// With the papers of `folder` and the database `shop` with a table of orders.
    pub(super) fn start(folder: &Path) -> Self {
        own(folder);
        let at = |name: &str| folder.join(name);
        Papers::new().write(folder);
        std::fs::write(at("password"), PASSWORD).expect("written");
        std::fs::set_permissions(at("key.pem"), PermissionsExt::from_mode(0o600)).expect("ours");
        for name in ["key.pem", "cert.pem", "password"] {
            own(&at(name));
        }
        let mut initdb = program("initdb");
        initdb.args(["-U", "admin", "--auth=scram-sha-256", "--no-sync", "--pwfile"]).arg(at("password"));
        run({
            initdb.arg("-D").arg(at("main"));
            initdb
        });
        let main = Self::serve(folder, "main");
        main.tell(&format!("create role monitor login password '{PASSWORD}' in role pg_monitor"));
        main.tell("create database shop");
        main.tell(
            "create table orders (id serial primary key, shop text, paid numeric, at timestamptz);
             create table empty (at timestamptz); grant select on orders, empty to monitor;
             grant usage on sequence orders_id_seq to monitor;
             insert into orders (shop, paid, at) select (array['seoul', 'busan'])[1 + n % 2], 10, now() - interval '90 s'
             from generate_series(1, 4000) n; analyze",
        );
        main
    }

    fn serve(folder: &Path, name: &str) -> Self {
        let port = free_port();
        let mut command = program("postgres");
        command.arg("-D").arg(folder.join(name)).args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k"]).arg(folder);
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        let (cert, key) = (format!("ssl_cert_file={}", cert.display()), format!("ssl_key_file={}", key.display()));
        for setting in ["fsync=off", "ssl=on", &cert, &key, "max_connections=23", "superuser_reserved_connections=3"] {
            command.args(["-c", setting]);
        }
        let process = Process::start("postgres", command, &folder.join(format!("{name}.out")));
        let begun = Self { port, folder: folder.to_owned(), _process: process };
        until("PostgreSQL", Duration::from_mins(1), || {
            begun.psql("postgres", "select 1").output().is_ok_and(|it| it.status.success())
        });
        begun
    }

    /// A copy that follows.
    fn replica(&self) -> Self {
        let mut copy = program("pg_basebackup");
        copy.args(["-U", "admin", "-h", "127.0.0.1", "-p", &self.port.to_string(), "-R", "-X", "stream", "-c", "fast"]);
        run({
            copy.arg("-D").arg(self.folder.join("replica"));
            copy
        });
        Self::serve(&self.folder, "replica")
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut psql = program("psql");
        psql.args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-U", "admin", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        psql.args(["-d", database, "-c", sql]);
        psql
    }

    /// `shop`, or before there is one `postgres`.
    pub(super) fn tell(&self, sql: &str) -> String {
        let database =
            if sql.starts_with("create role") || sql.starts_with("create database") { "postgres" } else { "shop" };
        run(self.psql(database, sql))
    }

    /// A session that does this until the test ends.
    fn hold(&self, name: &str, sql: &str) -> Process {
        Process::start("psql", self.psql("shop", sql), &self.folder.join(name))
    }
}

/// The tables under test: one that may look, its replica, one with a wrong password, one that is told nothing.
fn config(main: &Postgres, replica: &Postgres, folder: &Path) -> String {
    let (ca, password) = (folder.join("ca.pem"), folder.join("password"));
    let table = |name: &str, port: u16, more: &str| {
        format!(
            "[[sql]]\nname = '{name}'\nurl = 'postgres://monitor@localhost:{port}/shop?sslmode=require'\n\
             interval = '15s'\ntimeout = '3s'\nmax_series = 150\n{more}\n"
        )
    };
    let trusted = format!("ca_file = '{}'\npassword_file = '{}'", ca.display(), password.display());
    let wrong = format!("ca_file = '{}'\npassword_file = '{}'", ca.display(), ca.display());
    let query = |name: &str, sql: &str| format!("[[sql.query]]\nname = '{name}'\nsql = '''{sql}'''\n");
    let asked = [
        "[[sql.fresh]]\ntable = 'public.orders'\ncolumn = 'at'\n[[sql.fresh]]\ntable = 'empty'\ncolumn = 'at'\n"
            .to_owned(),
        query(
            "orders",
            "select shop, count(*) as value, sum(paid) as paid, min(now() - at) as waited from orders group by shop;",
        ),
        query("many", "select n::text as n, n as value from generate_series(1, 1000000) n"),
        query("wide", "select repeat('x', 1000000) as word, true as value"),
        query("writes", "select nextval('orders_id_seq') as value"),
        query("inserts", "insert into orders (shop) values ('x') returning id"),
        query("escapes", "select 1 as value; drop table orders"),
        query("nowhere", "select 1 as value from nowhere"),
        query("slow", "select 1 as value from pg_sleep(60)"),
        query("dated", "select at, 1 as value from orders"),
    ];
    [
        table("main", main.port, &(trusted.clone() + "\n" + &asked.concat())),
        table("replica", replica.port, &trusted),
        table("locked", main.port, &wrong),
        table("stranger", main.port, &format!("password_file = '{}'", password.display())),
    ]
    .concat()
}

#[test]
fn what_was_done_to_it_is_what_cloudwatch_has() {
    if !Postgres::is_here() {
        return skip("postgres", "there is no PostgreSQL here");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let main = Postgres::start(folder.path());
    let replica = main.replica();
    let before = main.tell("select pg_total_relation_size('orders')").trim().parse::<f64>().expect("a size");
    let mut world = World::new(&config(&main, &replica, folder.path()));
    let _idle = main.hold("idle", "begin; lock table empty in share row exclusive mode; select pg_sleep(1000)");
    // Who came second would end with the lock that it was given.
    let locked = "select count(*) from pg_locks where granted and mode = 'ShareRowExclusiveLock'";
    until("the lock", Duration::from_mins(1), || main.tell(locked).trim() == "1");
    let _waits = main.hold("waits", "begin; lock table empty in share row exclusive mode");
    let held = "select count(*) from pg_stat_activity where query like 'begin; lock%'";
    until("both sessions", Duration::from_mins(1), || main.tell(held).trim() == "2");
    world.agent.start();
    for said in [
        "writes: cannot execute nextval() in a read-only transaction (SQLSTATE 25006)",
        "inserts: syntax error at or near \"into\" (SQLSTATE 42601)",
        "escapes: cannot insert multiple commands into a prepared statement (SQLSTATE 42601)",
        "nowhere: relation \"nowhere\" does not exist (SQLSTATE 42P01)",
        "slow: canceling statement due to statement timeout (SQLSTATE 57014)",
        "dated: \"at\" is a time and not a number; extract(epoch from now() - at)",
        "password authentication failed for user \"monitor\" (SQLSTATE 28P01)",
        "TLS: the certificate of localhost is of nobody whom this host trusts; `ca_file` names its authority",
    ] {
        world.agent.wait_for(said);
    }
    main.tell("insert into orders (shop, at) values ('jeju', now() - interval '30 s')");
    std::thread::sleep(Duration::from_secs(17));
    let output = world.agent.output();
    assert!(!output.contains(PASSWORD) && !output.contains("BEGIN CERTIFICATE"), "{output}");
    assert_eq!(main.tell("select count(*) from orders").trim(), "4001");
    judge(&world.end("Stormglass"), before);
}

fn judge(rows: &super::Rows, orders_bytes: f64) {
    let of = [("database", "main")];
    // Two that hold, one or two that look, of 20 that are allowed.
    let connections = rows.one("database_connections", &of).maximum.expect("told");
    assert!((3.0..=6.0).contains(&connections), "{connections}");
    let used = rows.one("database_connections_used_percent", &of).maximum;
    assert_eq!(used, Some(100.0 * connections / 20.0));
    assert_eq!(rows.one("database_lock_waits", &of).maximum, Some(1.0));
    let longest = rows.one("database_longest_transaction_seconds", &of).maximum.expect("told");
    assert!((10.0..300.0).contains(&longest), "{longest}");
    assert!(rows.sum("database_commits", &of) >= 1.0);
    assert_eq!(rows.one("database_replicas", &of).maximum, Some(1.0));
    let behind = rows.one("database_replication_lag_bytes", &of).minimum.expect("told");
    assert!(behind < 100_000.0, "{behind}");
    assert_eq!(rows.one("database_replication_up", &[("database", "replica")]).maximum, Some(1.0));
    assert_eq!(rows.one("database_replication_lag_seconds", &[("database", "replica")]).minimum, Some(0.0));
    let table = rows.one("table_size_bytes", &[("database", "main"), ("table", "public.orders")]);
    assert_eq!((table.minimum, table.unit.as_str()), (Some(orders_bytes), "Bytes"));
    assert!(rows.one("database_size_bytes", &of).minimum > table.minimum);
    let newest = rows.one("table_newest_row_age_seconds", &[("database", "main"), ("table", "public.orders")]);
    let (youngest, oldest) = newest.minimum.zip(newest.maximum).expect("told");
    assert!((30.0..60.0).contains(&youngest) && (90.0..300.0).contains(&oldest), "{newest:?}");
    assert!(!rows.rows.iter().any(|row| row.dimensions.get("table").is_some_and(|table| table == "empty")));
    for shop in ["seoul", "busan"] {
        let shop = [("database", "main"), ("shop", shop)];
        assert_eq!(
            (rows.one("orders", &shop).maximum, rows.one("orders_paid", &shop).maximum),
            (Some(2_000.0), Some(20_000.0))
        );
        let waited = rows.one("orders_waited", &shop);
        assert!(waited.minimum > Some(89.0) && waited.unit == "Seconds", "{waited:?}");
    }
    assert_eq!(rows.rows.iter().filter(|row| row.name == "many").count(), 100);
    let wide = rows.one("wide", &of);
    assert_eq!((wide.maximum, wide.dimensions["word"].len()), (Some(1.0), 255));
    for (name, up) in [("main", 1.0), ("replica", 1.0), ("locked", 0.0), ("stranger", 0.0)] {
        assert_eq!(rows.one("up", &[("source", "sql"), ("name", name)]).maximum, Some(up), "{name}");
    }
    assert!(rows.lost("series_bound") > 0, "{}", rows.status);
}

/// `once` and `cost` ask it as the agent would, and `iam-policy` allows where its queries publish.
#[test]
fn it_is_counted_before_anything_is_sent() {
    if !Postgres::is_here() {
        return skip("postgres", "there is no PostgreSQL here");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let main = Postgres::start(folder.path());
    let config = format!(
        "{BASE}[[sql]]\nname = 'main'\nurl = 'postgres://monitor@127.0.0.1:{}/shop'\npassword_file = '{}'\n\
         namespace = 'Shop'\n[[sql.query]]\nname = 'orders'\nsql = 'select shop, count(*) as value from orders group by 1'\n",
        main.port,
        folder.path().join("password").display()
    );
    let agent = Agent::new(&config);
    let once = printed(&agent, &["once", "--json"]);
    let readings = once["readings"].as_array().expect("a list");
    let orders: Vec<_> = readings.iter().filter(|it| it["name"] == "orders" && it["namespace"] == "Shop").collect();
    assert!(orders.len() == 2 && orders.iter().all(|it| it["value"] == 2_000.0), "{orders:?}");
    let cost = printed(&agent, &["cost", "--json"]);
    let of = cost["by_source"].as_array().expect("a list").iter().find(|it| it["name"] == "sql");
    // 9 of connections, transactions and replication, 1 of the whole size, 2 of tables, 2 of the query, and `up`.
    assert_eq!(of.expect("it is asked")["series"], 15, "{cost}");
    assert!(printed(&agent, &["iam-policy"]).to_string().contains("\"Shop\""));
}

fn printed(agent: &Agent, arguments: &[&str]) -> serde_json::Value {
    let output = agent.run(arguments);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}
