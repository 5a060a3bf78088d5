//! Reads the JSON of the official CloudWatch agent, and says what it means.
//!
//! Nothing here knows our TOML: `toml` writes what this found. A setting is read (and so carried) only where the
//! meaning survives; the rest stays in the ledger with its reason.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::ledger::Node;
use super::logs::{self, Logs};

/// What the file asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wanted {
    /// The shortest interval named anywhere: a reading more costs nothing, a period has one datum.
    pub(super) interval_s: Option<u64>,
    pub(super) region: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) metrics_endpoint: Option<String>,
    /// `None`: the official agent then adds the host name as `host`.
    pub(super) identity: Option<Vec<&'static str>>,
    pub(super) fixed: Vec<(String, String)>,
    pub(super) aggregate: Vec<Vec<String>>,
    pub(super) metrics: Vec<Measurement>,
    /// Collectors named without any measurement: all of theirs.
    pub(super) whole: Vec<String>,
    pub(super) per_core: bool,
    pub(super) total_cpu: bool,
    pub(super) mounts: Vec<String>,
    pub(super) drop_device: bool,
    pub(super) ignored_file_systems: Vec<String>,
    pub(super) disks: Vec<String>,
    pub(super) interfaces: Vec<String>,
    pub(super) processes: Vec<Process>,
    /// Where `StatsD` is listened to.
    pub(super) statsd: Option<SocketAddr>,
    /// Where OTLP over HTTP is.
    pub(super) otlp: Option<SocketAddr>,
    pub(super) logs: Option<Logs>,
}

/// A metric by its full name, and where it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Measurement {
    pub(super) name: String,
    pub(super) path: String,
}

/// How a process is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Process {
    Exe(String),
    Pattern(String),
    PidFile(String),
}

/// The identity that the official agent can add, with the only values it takes.
const IDENTITY: &[(&str, &str)] = &[
    ("AutoScalingGroupName", "${aws:AutoScalingGroupName}"),
    ("ImageId", "${aws:ImageId}"),
    ("InstanceId", "${aws:InstanceId}"),
    ("InstanceType", "${aws:InstanceType}"),
];

/// The collectors that both agents have.
const COLLECTORS: &[&str] = &["cpu", "disk", "diskio", "mem", "net", "netstat", "processes", "swap"];

pub(super) fn read(root: &Node<'_>) -> Wanted {
    let mut wanted = Wanted { total_cpu: true, ..Wanted::default() };
    if let Some(agent) = root.key("agent") {
        agent_table(&agent, &mut wanted);
    }
    if let Some(metrics) = root.key("metrics") {
        metrics_table(&metrics, &mut wanted);
    }
    if let Some(logs) = root.key("logs") {
        wanted.logs = Some(logs::read(&logs));
    }
    if let Some(traces) = root.key("traces") {
        traces.leave("traces are not what Stormglass watches; keep a collector for them");
    }
    if let Some(collector) = root.key("opentelemetry") {
        collector.leave("Stormglass is not an OpenTelemetry collector");
    }
    wanted
}

fn agent_table(agent: &Node<'_>, wanted: &mut Wanted) {
    for (name, node) in agent.members() {
        match name {
            "metrics_collection_interval" => shorten(&node, wanted),
            "region" => wanted.region = node.text().map(str::to_owned),
            "credentials" => role(&node),
            "run_as_user" => node.leave("the unit runs as a user of its own (DynamicUser)"),
            "logfile" => node.leave("the agent's own log goes to the journal: journalctl -u stormglass"),
            "debug" => node.leave("the agent says what matters without being asked"),
            "omit_hostname" if node.flag() == Some(true) => wanted.identity = Some(Vec::new()),
            _ => {}
        }
    }
}

fn shorten(node: &Node<'_>, wanted: &mut Wanted) {
    if let Some(seconds) = node.number().filter(|seconds| *seconds > 0) {
        wanted.interval_s = Some(wanted.interval_s.map_or(seconds, |held| held.min(seconds)));
    }
}

pub(super) fn role(node: &Node<'_>) {
    node.leave("assume a role by a profile: role_arn and credential_source in /etc/stormglass/aws.conf");
}

fn metrics_table(metrics: &Node<'_>, wanted: &mut Wanted) {
    for (name, node) in metrics.members() {
        match name {
            "namespace" => wanted.namespace = node.text().map(str::to_owned),
            "append_dimensions" => append_dimensions(&node, wanted),
            "aggregation_dimensions" => {
                wanted.aggregate =
                    node.items().iter().map(|set| set.texts().into_iter().map(str::to_owned).collect()).collect();
                // An empty set (all hosts together) has no value to read, and is carried all the same.
                node.carry();
            }
            "endpoint_override" => wanted.metrics_endpoint = node.text().map(str::to_owned),
            "credentials" => role(&node),
            "force_flush_interval" => node.leave("a period is sent when it ends, spread over the fleet"),
            "metrics_destinations" => destinations(&node),
            "metrics_collected" => {
                for (name, node) in node.members() {
                    collector(name, &node, wanted);
                }
            }
            _ => {}
        }
    }
}

fn destinations(node: &Node<'_>) {
    for (name, node) in node.members() {
        match name {
            "cloudwatch" => node.carry(),
            _ => node.leave("Stormglass publishes to CloudWatch"),
        }
    }
}

fn append_dimensions(node: &Node<'_>, wanted: &mut Wanted) {
    let mut identity = Vec::new();
    for (name, node) in node.members() {
        let Some(value) = node.text() else { continue };
        match IDENTITY.iter().find(|(known, placeholder)| *known == name && *placeholder == value) {
            Some((known, _)) => identity.push(*known),
            None if value.starts_with("${aws:") => node.leave("this placeholder is not known"),
            None => wanted.fixed.push((name.to_owned(), value.to_owned())),
        }
    }
    wanted.identity = Some(identity);
}

fn collector(name: &str, node: &Node<'_>, wanted: &mut Wanted) {
    match name {
        "statsd" => statsd(node, wanted),
        "otlp" => otlp(node, wanted),
        "procstat" => procstat(node, wanted),
        "ethtool" => ethtool(node, wanted),
        name if COLLECTORS.contains(&name) => host_collector(name, node, wanted),
        "collectd" => node.leave(
            "collectd's own protocol is not spoken: let collectd show its values (LoadPlugin write_prometheus) and name \
             them in a table, [[scrape]] url = \"http://127.0.0.1:9103/metrics\", preset = \"none\"",
        ),
        "nvidia_gpu" | "nvidia_smi" | "efa" => node.leave("GPUs and EFA are not watched"),
        "jmx" => node.leave("JMX is not spoken; name the application's /actuator/prometheus in a [[scrape]]"),
        "prometheus" => node.leave("a Prometheus configuration is not read; name each target in a [[scrape]]"),
        _ if node.value.get("counters").is_some() || name.starts_with(|c: char| c.is_ascii_uppercase()) => {
            node.leave("a Windows counter; Stormglass runs on Linux");
        }
        _ => node.leave("no collector of this name"),
    }
}

/// Where the official agent listens when nothing is said: on every interface.
const STATSD: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8125);
/// And here on this one alone.
const OTLP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4318);

/// `:8125` is every interface.
fn address(node: &Node<'_>, usual: SocketAddr) -> SocketAddr {
    let text = node.text().unwrap_or_default();
    let whole =
        if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.replacen("localhost", "127.0.0.1", 1) };
    whole.parse().unwrap_or_else(|_| {
        node.leave(format!("no address and port: {usual} is taken"));
        usual
    })
}

fn statsd(node: &Node<'_>, wanted: &mut Wanted) {
    wanted.statsd = Some(STATSD);
    for (key, node) in node.members() {
        match key {
            "service_address" => wanted.statsd = Some(address(&node, STATSD)),
            "metrics_collection_interval" | "metrics_aggregation_interval" => {
                node.leave("what was heard in a minute is one point, with true percentiles");
            }
            "metric_separator" => node.leave("a metric keeps the name that it was sent by"),
            "allowed_pending_messages" => node.leave("what comes is read in batches; what the kernel drops is counted"),
            "drop_original_metrics" => node.leave("with roll-ups the original series stays"),
            _ => {}
        }
    }
}

fn otlp(node: &Node<'_>, wanted: &mut Wanted) {
    wanted.otlp = Some(OTLP);
    for (key, node) in node.members() {
        match key {
            "http_endpoint" => wanted.otlp = Some(address(&node, OTLP)),
            "grpc_endpoint" => node.leave("OTLP is heard over HTTP alone: OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"),
            "tls" => node.leave("OTLP is heard on this host, without TLS"),
            _ => {}
        }
    }
}

fn host_collector(name: &str, node: &Node<'_>, wanted: &mut Wanted) {
    let mut measured = false;
    for (key, node) in node.members() {
        match (name, key) {
            (_, "measurement") => {
                measured = true;
                measurements(name, &node, wanted);
            }
            (_, "metrics_collection_interval") => shorten(&node, wanted),
            ("cpu", "totalcpu") => wanted.total_cpu = node.flag().unwrap_or(true),
            ("cpu", "resources") => wanted.per_core = node.texts().contains(&"*"),
            ("disk", "resources") => wanted.mounts = named(&node),
            ("diskio", "resources") => wanted.disks = named(&node),
            ("net", "resources") => wanted.interfaces = named(&node),
            ("disk", "drop_device") => wanted.drop_device = node.flag().unwrap_or(false),
            ("disk", "ignore_file_system_types") => {
                wanted.ignored_file_systems = node.texts().into_iter().map(str::to_owned).collect();
            }
            (_, "append_dimensions") => node.leave("fixed dimensions are for all collectors, not for one"),
            (_, "drop_original_metrics") => node.leave("with roll-ups the original series stays"),
            _ => {}
        }
    }
    if !measured {
        wanted.whole.push(name.to_owned());
    }
}

/// The resources by name; `*` and nothing mean all of them, which is an empty list here.
fn named(node: &Node<'_>) -> Vec<String> {
    let all = node.texts();
    if all.contains(&"*") { Vec::new() } else { all.into_iter().map(str::to_owned).collect() }
}

fn measurements(collector: &str, node: &Node<'_>, wanted: &mut Wanted) {
    for item in node.items() {
        let name = match item.key("name") {
            Some(name) => {
                for (key, part) in item.members() {
                    match key {
                        "rename" => part.leave("a metric keeps its name, so that dashboards agree"),
                        "unit" => part.leave("a metric keeps its unit"),
                        _ => {}
                    }
                }
                name
            }
            None => item,
        };
        if let Some(said) = name.text() {
            wanted.metrics.push(Measurement { name: full_name(collector, said), path: name.path });
        }
    }
}

/// `usage_idle`, `cpu_usage_idle` and the old `cpu/usage_idle` are one metric.
fn full_name(collector: &str, said: &str) -> String {
    let said = said.replace('/', "_").to_lowercase();
    // The one name that is not written as it is published.
    if collector == "procstat" && said.ends_with("pid_count") {
        return "procstat_lookup_pid_count".to_owned();
    }
    if said.starts_with(&format!("{collector}_")) { said } else { format!("{collector}_{said}") }
}

fn ethtool(node: &Node<'_>, wanted: &mut Wanted) {
    for (key, node) in node.members() {
        match key {
            "interface_include" => wanted.interfaces.extend(named(&node)),
            "metrics_include" => measurements("ethtool", &node, wanted),
            _ => {}
        }
    }
}

fn procstat(node: &Node<'_>, wanted: &mut Wanted) {
    for item in node.items() {
        for (key, node) in item.members() {
            match key {
                "exe" => wanted.processes.extend(plain(&node).map(Process::Exe)),
                "pattern" => wanted.processes.extend(plain(&node).map(Process::Pattern)),
                "pid_file" => wanted.processes.extend(node.text().map(|it| Process::PidFile(it.to_owned()))),
                "measurement" => measurements("procstat", &node, wanted),
                "metrics_collection_interval" => shorten(&node, wanted),
                "append_dimensions" => node.leave("fixed dimensions are for all collectors, not for one"),
                "drop_original_metrics" => node.leave("with roll-ups the original series stays"),
                _ => {}
            }
        }
    }
}

/// The official agent takes a regular expression, ours a part of the text with `*` and `?`: what both can say.
fn plain(node: &Node<'_>) -> Option<String> {
    let pattern = glob_of(node.text()?);
    if pattern.is_none() {
        node.leave("a regular expression that has no form with `*` and `?`; write one by hand in a [[process]]");
    }
    pattern
}

fn glob_of(regex: &str) -> Option<String> {
    let mut glob = String::new();
    let mut rest = regex.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next()? {
                c @ ('.' | '-' | '/' | '_') => glob.push(c),
                _ => return None,
            },
            '.' if rest.next_if_eq(&'*').is_some() => glob.push('*'),
            '.' => glob.push('?'),
            c if c.is_alphanumeric() || " _-/:=,@".contains(c) => glob.push(c),
            _ => return None,
        }
    }
    (!glob.is_empty()).then_some(glob)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_metric_has_many_spellings() {
        for said in ["usage_idle", "cpu_usage_idle", "cpu/usage_idle", "CPU_usage_idle"] {
            assert_eq!(full_name("cpu", said), "cpu_usage_idle");
        }
        assert_eq!(full_name("procstat", "pid_count"), "procstat_lookup_pid_count");
    }

    #[test]
    fn a_regular_expression_as_far_as_it_goes() {
        assert_eq!(glob_of("orders\\.jar").as_deref(), Some("orders.jar"));
        assert_eq!(glob_of("java.*orders").as_deref(), Some("java*orders"));
        assert_eq!(glob_of("redis-server").as_deref(), Some("redis-server"));
        for beyond in ["^java$", "(a|b)", "[a-z]+", "a{2}", "\\d", ""] {
            assert_eq!(glob_of(beyond), None, "{beyond}");
        }
    }
}
