//! The text of a new configuration.

use std::fmt::Write;

use super::find::{Access, Door, Found};
use crate::access::format::ADVICE;
use crate::config::text::{list, quote};

/// The whole file. Settings that only repeat a default stand as comments, so that a reader sees what there is.
pub(super) fn write(host: &str, found: &Found, mounts: &[String]) -> String {
    let mut text = format!(
        "# Written by `stormglass init` on {host}. All settings: docs/configuration.md, or `stormglass config schema`.\n\
         # After a change: `stormglass check`, then `systemctl reload stormglass`.\n"
    );
    text.push_str(
        "\n[host]\n\
         # Six looks a minute become one point with true percentiles; looking more often costs no money.\n\
         interval = \"10s\"\n\
         # \"basic\": is the host in trouble. \"standard\": and why. \"full\": everything.\n\
         # Each series costs some $0.30 a month: `stormglass cost` counts them.\n\
         metrics = \"standard\"\n",
    );
    disks(&mut text, mounts);
    text.push_str(
        "\n[cloudwatch]\n\
         # The instance says its Region; outside of AWS name it.\n\
         # region = \"eu-west-1\"\n\
         # One more series for the whole group, and one for all hosts together:\n\
         # aggregate = [[\"AutoScalingGroupName\"], []]\n\
         \n[budget]\n\
         # What goes beyond it is refused, named and counted, the least valuable first.\n\
         max_series = 200\n\
         \n[spool]\n\
         # What CloudWatch could not take yet waits on the disk, two weeks at most.\n\
         max_bytes = \"64MiB\"\n",
    );
    applications(&mut text, found);
    sources(&mut text, found);
    logs(&mut text, found);
    text
}

fn disks(text: &mut String, mounts: &[String]) {
    if mounts.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\n[host.disk]\n\
         # Found here, and watched without being named. Named, nothing else is:\n\
         # mounts = {}\n",
        list(mounts).replace('\n', "\n# ")
    );
}

/// What answers is asked for its numbers; what would only fail as it is stands as a comment.
fn sources(text: &mut String, found: &Found) {
    let mut names = Vec::new();
    for spring in &found.spring {
        let (name, url) = (spring.name(), format!("http://127.0.0.1:{}/actuator/prometheus", spring.port));
        let (table, url) = (named(&mut names, name, spring.port), quote(&url));
        // A `String` takes whatever is written to it.
        let _ = match spring.door() {
            Door::Open => write!(
                text,
                "\n# Requests, times, failures, pools and the JVM: 20 to 40 series. docs/sources.md\n\
                 [[scrape]]\nname = {table}\nurl = {url}\n"
            ),
            Door::Locked => write!(
                text,
                "\n# Its metrics want a login; put the password into a file and take the # away:\n\
                 # [[scrape]]\n# name = {table}\n# url = {url}\n# user = \"monitor\"\n\
                 # password_file = \"/etc/stormglass/metrics.password\"\n"
            ),
            Door::Silent => Ok(()),
        };
    }
    for redis in &found.redis {
        let (name, address) = (named(&mut names, "redis", redis.port), quote(&format!("127.0.0.1:{}", redis.port)));
        let _ = match redis.door.unwrap_or(Door::Silent) {
            Door::Open => write!(text, "\n[[redis]]\nname = {name}\naddress = {address}\n"),
            Door::Locked => write!(
                text,
                "\n# Redis wants a password; put it into a file and take the # away:\n\
                 # [[redis]]\n# name = {name}\n# address = {address}\n\
                 # password_file = \"/etc/stormglass/redis.password\"\n"
            ),
            Door::Silent => Ok(()),
        };
    }
    for postgres in &found.postgres {
        let (name, port) = (named(&mut names, "postgres", postgres.port), postgres.port);
        let url = quote(&format!("postgres://stormglass@127.0.0.1:{port}/postgres"));
        // A `String` takes whatever is written to it.
        let _ = write!(
            text,
            "\n# PostgreSQL wants a role for who asks. As its administrator, in psql:\n\
             #   CREATE ROLE stormglass LOGIN PASSWORD '...' IN ROLE pg_monitor;\n\
             # Then put the password into the file, name your database in the url, and take the # away:\n\
             # [[sql]]\n# name = {name}\n# url = {url}\n\
             # password_file = \"/etc/stormglass/postgres.password\"\n"
        );
    }
    found.access.iter().for_each(|log| access(text, log));
    text.push_str(
        "\n# What programs send of their own accord is heard where its table stands: StatsD on 127.0.0.1:8125, OTLP over\n\
         # HTTP on 127.0.0.1:4318, `stormglass put` on a UNIX socket.\n\
         # [statsd]\n# [otlp]\n# [put]\n",
    );
}

/// A name that no other table has.
fn named(names: &mut Vec<String>, usual: &str, port: u16) -> String {
    let name = if names.iter().any(|held| held == usual) { format!("{usual}-{port}") } else { usual.to_owned() };
    names.push(name.clone());
    quote(&name)
}

fn access(text: &mut String, log: &Access) {
    text.push_str("\n# Calls, failures, times by route, and who tries the doors.\n");
    if !log.is_timed {
        let _ = write!(
            text,
            "# It tells no times yet; this in nginx.conf does, with `access_log {} timed;`:\n#   {ADVICE}\n",
            log.path
        );
    }
    let _ = write!(text, "[[access]]\nservice = {}\npaths = {}\n", quote(log.service), list(&[log.path]));
}

/// Errors of what was recognised are shipped; the rest of its lines stays on the host.
fn logs(text: &mut String, found: &Found) {
    if found.logs.is_empty() {
        return;
    }
    text.push_str(
        "\n[logs]\n\
         # Warnings and worse, each error once with its repeats counted, secrets taken out: some $0.50 a GB sent.\n\
         # `level = \"all\"` in a table below sends every line.\n\
         retention_days = 30\n",
    );
    for (service, path) in &found.logs {
        // A `String` takes whatever is written to it.
        let _ = write!(text, "\n[[logs.file]]\nservice = {}\npaths = {}\n", quote(service), list(&[path]));
    }
}

/// What was recognised is watched; what else runs as a unit is named, for a person to choose.
fn applications(text: &mut String, found: &Found) {
    let spring = found.spring.iter().map(|spring| {
        let jar = spring.what.rsplit('/').next().unwrap_or(&spring.what);
        (spring.words(), spring.unit.as_deref(), spring.name(), "pattern", jar)
    });
    let redis = found.redis.iter().map(|redis| (redis.words(), redis.unit.as_deref(), "redis", "exe", "redis-server"));
    let postgres = found.postgres.iter().map(|it| (it.words(), it.unit.as_deref(), "postgres", "exe", "postgres"));
    let nginx = found.nginx.iter().map(|nginx| ("nginx".to_owned(), nginx.unit.as_deref(), "nginx", "exe", "nginx"));
    let mut seen = Vec::new();
    for (why, unit, name, by, value) in spring.chain(redis).chain(postgres).chain(nginx) {
        let which = unit.unwrap_or(name);
        if seen.contains(&which) {
            continue;
        }
        seen.push(which);
        // A `String` takes whatever is written to it.
        let _ = match unit {
            Some(unit) => write!(text, "\n# {why}\n[[unit]]\nname = {}\n", quote(unit)),
            None => write!(text, "\n# {why}\n[[process]]\nname = {}\n{by} = {}\n", quote(name), quote(value)),
        };
    }
    let others: Vec<_> = found.units.iter().filter(|unit| !seen.contains(&unit.as_str())).collect();
    if !others.is_empty() {
        text.push_str("\n# Also running here; take the # away to watch one:\n");
        for unit in others {
            let _ = write!(text, "# [[unit]]\n# name = {}\n", quote(unit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::find::{Nginx, Postgres, Redis, Spring};
    use super::*;
    use crate::config::Config;

    fn check(text: &str) -> Config {
        match Config::parse("x.toml", text) {
            Ok(config) => config,
            Err(faults) => panic!("{faults}\n{text}"),
        }
    }

    #[test]
    fn what_is_written_passes_check() {
        check(&write("web-1", &Found::default(), &[]));
        let spring = Spring {
            unit: Some("orders.service".into()),
            what: "/srv/a \"b\"/orders.jar".into(),
            port: 8080,
            listens: true,
            actuator: Some(Door::Open),
        };
        let redis = |port, door| Redis { unit: None, port, door: Some(door) };
        let redis = vec![redis(6379, Door::Open), redis(6380, Door::Open), redis(6381, Door::Locked)];
        let access = vec![Access { service: "nginx", path: "/var/log/nginx/access.log", is_timed: false }];
        let units = vec!["backup.service".into(), "orders.service".into()];
        let logs = vec![("nginx".to_owned(), "/var/log/nginx/error.log".to_owned())];
        let nginx = vec![Nginx { unit: None }];
        let postgres = vec![Postgres { unit: Some("postgresql@15-main.service".into()), port: 5433 }];
        let found = Found { spring: vec![spring], redis, postgres, nginx, access, logs, units };
        let text = write("web-1", &found, &["/".into(), "/data".into()]);
        let config = check(&text);
        assert_eq!(config.host.units, ["orders.service", "postgresql@15-main.service"]);
        assert_eq!(config.host.processes.len(), 2, "two of Redis are one name");
        assert_eq!(config.logs.sources.len(), 1);
        assert_eq!((config.scrape.len(), config.access.len()), (1, 1));
        let redis: Vec<_> = config.redis.iter().map(|one| (one.name.as_str(), one.port)).collect();
        assert_eq!(redis, [("redis", 6379), ("redis-6380", 6380)], "what is locked would only fail");
        assert!(text.contains("# name = \"redis-6381\"") && text.contains("#   log_format timed"), "{text}");
        assert!(text.contains("# name = \"backup.service\""));
        assert!(text.contains("# url = \"postgres://stormglass@127.0.0.1:5433/postgres\""), "{text}");
        let table = text.split("away:\n# [[sql]]").nth(1).expect("it stands there").split("\n\n").next();
        let table = table.expect("it ends").replace("\n# ", "\n");
        assert_eq!(check(&format!("[[sql]]{table}")).sql.len(), 1);
    }

    /// A commented setting that no longer exists would teach what is wrong.
    #[test]
    fn the_comments_are_settings_too() {
        let text = write("web-1", &Found::default(), &["/".into()]);
        let uncommented: Vec<_> = text
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .collect();
        assert_ne!(uncommented.join("\n"), text.trim_end());
        check(&uncommented.join("\n"));
    }
}
