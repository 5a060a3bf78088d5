//! Turns the configuration of the official CloudWatch agent into ours, and lists all that it could not carry.
//!
//! `official` reads what the JSON means, `toml` writes it, `ledger` keeps account: a value that nobody carried is
//! listed, so that nothing is dropped in silence.

mod ledger;
mod logs;
mod official;
mod toml;

use alarm::sheet::Place;

use ledger::Ledger;
pub use ledger::Left;

use crate::metrics;

/// What became of a file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Our configuration, which `stormglass check` passes.
    pub text: String,
    pub left: Vec<Left>,
}

/// Why a file is no configuration of the official agent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    #[error("{}:{}: not JSON: {says}", place.line, place.column)]
    NotJson { place: Place, says: String },
    #[error("it has neither `metrics` nor `logs`, so it is no configuration of the CloudWatch agent")]
    NotTheAgents,
}

/// `from` is the file's name, for the first line of what is written.
pub fn import(from: &str, json: &str) -> Result<Imported, NotOurs> {
    let document: serde_json::Value = serde_json::from_str(json.trim_start_matches('\u{feff}')).map_err(|error| {
        let place = Place { line: error.line(), column: error.column() };
        NotOurs::NotJson { place, says: error.to_string() }
    })?;
    if ["metrics", "logs"].iter().all(|key| document.get(key).is_none_or(|it| !it.is_object())) {
        return Err(NotOurs::NotTheAgents);
    }
    let ledger = Ledger::default();
    let root = ledger.root(&document);
    let wanted = official::read(&root);
    for unknown in wanted.metrics.iter().filter(|it| metrics::find(&it.name).is_none()) {
        ledger.leave(&unknown.path, format!("there is no metric {}", unknown.name));
    }
    let text = toml::write(from, &wanted);
    Ok(Imported { text, left: ledger.left(&document) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::reading::Space;

    /// Files as they are met: the wizard's, a fleet's, a Spring host's, and some that ask for what we have not.
    const FIXTURES: &[(&str, &str)] = &[
        ("wizard-standard.json", include_str!("fixtures/wizard-standard.json")),
        ("fleet.json", include_str!("fixtures/fleet.json")),
        ("spring-host.json", include_str!("fixtures/spring-host.json")),
        ("statsd-and-collectd.json", include_str!("fixtures/statsd-and-collectd.json")),
        ("windows.json", include_str!("fixtures/windows.json")),
        ("telemetry.json", include_str!("fixtures/telemetry.json")),
    ];

    fn fixture(name: &str) -> Imported {
        let (_, json) = FIXTURES.iter().find(|(known, _)| *known == name).expect("is a fixture");
        import(name, json).expect("is the official agent's")
    }

    fn check_left(name: &str, expect: &[&str]) {
        let left: Vec<_> = fixture(name).left.into_iter().map(|it| it.path).collect();
        assert_eq!(left, expect, "of {name}");
    }

    #[test]
    fn what_is_written_passes_our_own_check() {
        for (name, json) in FIXTURES {
            let text = import(name, json).expect("is the official agent's").text;
            if let Err(faults) = Config::parse(name, &text) {
                panic!("{name}: {faults}\n{text}");
            }
        }
    }

    #[test]
    fn a_fleet_is_carried_whole_but_for_what_we_have_not() {
        let config = Config::parse("x", &fixture("fleet.json").text).expect("is sound");
        let shape = &config.cloudwatch.shape;
        assert_eq!(shape.host_namespace, "Shop/Web");
        assert_eq!(shape.aggregate, [vec!["AutoScalingGroupName".to_owned()], vec![]]);
        assert_eq!(shape.identity.get("Stage"), Some("production"));
        assert_eq!(config.cloudwatch.region.as_deref(), Some("ap-northeast-2"));
        assert_eq!(config.host.interval.as_secs(), 10);
        let none = alarm::series::Dimensions::default();
        assert!(shape.keeps("netstat_tcp_time_wait", &none) && shape.keeps("ethtool_pps_allowance_exceeded", &none));
        assert!(!shape.keeps("load_1", &none), "a series more is a price more");
        let tmpfs = alarm::series::Dimensions::from_iter([("fstype", "tmpfs")]);
        assert!(!shape.keeps("disk_used_percent", &tmpfs));
    }

    #[test]
    fn log_files_are_carried_as_they_were_shipped() {
        let imported = fixture("spring-host.json");
        let config = Config::parse("x", &imported.text).expect("is sound");
        let (globs, orders) = &config.logs.sources[0];
        assert_eq!((orders.settings.service.as_str(), orders.group.as_str()), ("orders", "/shop/orders"));
        assert_eq!(
            (orders.stream.as_str(), globs.name.as_str()),
            ("{host}/application", "orders: /var/log/orders/application.log")
        );
        assert_eq!((orders.settings.select.level, orders.settings.fold), (None, false), "every line, each by itself");
        assert_eq!((orders.settings.select.exclude.len(), config.logs.retention_days), (1, 30));
        let (_, nginx) = &config.logs.sources[1];
        assert_eq!((nginx.stream.as_str(), config.logs.times.linger_ms), ("{host}", 15_000));
        let left: Vec<_> =
            imported.left.iter().map(|it| it.path.as_str()).filter(|path| path.starts_with("$.logs")).collect();
        let list = "$.logs.logs_collected.files.collect_list";
        let expect =
            ["[0].filters[1]", "[0].log_stream_name", "[0].timestamp_format", "[1].auto_removal", "[1].encoding"];
        assert_eq!(left, expect.map(|it| format!("{list}{it}")));
    }

    #[test]
    fn the_journal_is_carried_and_a_placeholder_that_is_not_known_is_not() {
        let json = r#"{"logs": {"logs_collected": {"journald": {"collect_list": [
            {"log_group_name": "/shop/till", "log_stream_name": "{hostname}", "units": ["till.service", "cash*"],
             "filters": [{"type": "exclude", "expression": "^debug"}]},
            {"log_group_name": "/x/{date}", "units": ["x.service"], "matches": [{"_UID": "7"}]}]}}}}"#;
        let imported = import("x.json", json).expect("is the official agent's");
        let config = Config::parse("x", &imported.text).unwrap_or_else(|faults| panic!("{faults}\n{}", imported.text));
        let named: Vec<_> =
            config.logs.feeds.iter().map(|(feed, target)| (feed.name.as_str(), target.group.as_str())).collect();
        assert_eq!(
            named,
            [("journal till: till.service, cash*", "/shop/till"), ("journal x: x.service", "/stormglass/{service}")]
        );
        let left: Vec<_> = imported.left.iter().map(|it| it.path.as_str()).collect();
        let list = "$.logs.logs_collected.journald.collect_list[1]";
        assert_eq!(left, [format!("{list}.log_group_name"), format!("{list}.matches[0]._UID")]);
    }

    #[test]
    fn all_that_could_not_be_carried_is_listed_by_its_path() {
        check_left(
            "fleet.json",
            &[
                "$.agent.debug",
                "$.agent.logfile",
                "$.metrics.force_flush_interval",
                "$.metrics.metrics_collected.cpu.measurement[1].unit",
                "$.metrics.metrics_collected.ethtool.metrics_include[2]",
            ],
        );
        check_left(
            "windows.json",
            &[
                "$.logs.logs_collected.windows_events",
                "$.metrics.metrics_collected.LogicalDisk",
                "$.metrics.metrics_collected.Memory",
                "$.metrics.metrics_collected[\"Paging File\"]",
                "$.metrics.metrics_collected.Processor",
            ],
        );
        check_left(
            "telemetry.json",
            &[
                "$.agent[\"deployment.environment\"]",
                "$.agent[\"service.name\"]",
                "$.logs.metrics_collected",
                "$.metrics.metrics_collected.jmx",
                "$.metrics.metrics_collected.prometheus",
                "$.traces",
            ],
        );
        check_left(
            "statsd-and-collectd.json",
            &[
                "$.agent.credentials",
                "$.metrics.metrics_collected.collectd",
                "$.metrics.metrics_collected.cpu.append_dimensions",
                "$.metrics.metrics_collected.cpu.drop_original_metrics",
                "$.metrics.metrics_collected.nvidia_gpu",
                "$.metrics.metrics_collected.statsd.metrics_aggregation_interval",
                "$.metrics.metrics_collected.statsd.metrics_collection_interval",
                "$.metrics.metrics_destinations.amp",
            ],
        );
    }

    #[test]
    fn what_applications_send_is_heard_where_it_was_and_published_where_it_was() {
        let config = Config::parse("x", &fixture("statsd-and-collectd.json").text).expect("is sound");
        let statsd = config.statsd.expect("it listens");
        assert_eq!(statsd.listen.map(|it| it.to_string()).as_deref(), Some("0.0.0.0:8125"));
        assert_eq!(statsd.space, Space::Named("Game".into()));
        let (shape, none) = (&config.cloudwatch.shape, alarm::series::Dimensions::default());
        for own in ["checkout.orders", "errors"] {
            assert!(shape.keeps(own, &none), "{own} is a name of the application's own");
        }
        assert!(shape.keeps("cpu_usage_idle", &none) && shape.keeps("heartbeat", &none));
        assert!(!shape.keeps("mem_used_percent", &none), "nobody asked for it");
        let config = Config::parse("x", &fixture("telemetry.json").text).expect("is sound");
        let otlp = config.otlp.expect("it listens");
        assert_eq!(otlp.listen.map(|it| it.to_string()).as_deref(), Some("127.0.0.1:4318"));
        assert_eq!(otlp.space, Space::Named("CWAgent".into()));
    }

    #[test]
    fn what_is_no_configuration_is_refused() {
        assert!(matches!(import("x", "{\n\"a\": }"), Err(NotOurs::NotJson { place: Place { line: 2, .. }, .. })));
        for other in ["{}", "[]", "3", "{\"metrics\": 3}"] {
            assert_eq!(import("x", other).map(|it| it.text), Err(NotOurs::NotTheAgents), "{other}");
        }
    }
}
