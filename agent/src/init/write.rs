//! The text of a new configuration.

use std::fmt::Write;

use super::find::Found;
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
    let redis = found
        .redis
        .iter()
        .map(|redis| (format!("Redis on port {}", redis.port), redis.unit.as_deref(), "redis", "exe", "redis-server"));
    let nginx = found.nginx.iter().map(|nginx| ("nginx".to_owned(), nginx.unit.as_deref(), "nginx", "exe", "nginx"));
    let mut seen = Vec::new();
    for (why, unit, name, by, value) in spring.chain(redis).chain(nginx) {
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
    use super::super::find::{Actuator, Nginx, Redis, Spring};
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
            actuator: Some(Actuator::Silent),
        };
        let redis = vec![Redis { unit: None, port: 6379 }, Redis { unit: None, port: 6380 }];
        let units = vec!["backup.service".into(), "orders.service".into()];
        let logs = vec![("nginx".to_owned(), "/var/log/nginx/error.log".to_owned())];
        let found = Found { spring: vec![spring], redis, nginx: vec![Nginx { unit: None }], logs, units };
        let text = write("web-1", &found, &["/".into(), "/data".into()]);
        let config = check(&text);
        assert_eq!(config.host.units, ["orders.service"]);
        assert_eq!(config.host.processes.len(), 2, "two of Redis are one name");
        assert_eq!(config.logs.sources.len(), 1);
        assert!(text.contains("# name = \"backup.service\""));
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
