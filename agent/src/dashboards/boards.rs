//! The dashboards, one function each: what a person looks at first stands first.

use serde_json::{Value, json};

use super::Site;
use super::body::{Board, Chart, chosen, search, total};
use super::rules;
use crate::metrics::{Home, Metric, agent, app, host, own};

/// How many log groups one query of Logs Insights may name.
const GROUPS_MAX: usize = 50;

impl Site<'_> {
    fn namespace(&self, metric: &Metric) -> &str {
        match metric.space {
            Home::Host => self.host_namespace,
            Home::Own => self.own_namespace,
        }
    }

    fn line(&self, metric: &Metric, filter: &str, statistic: &str) -> Value {
        search(self.namespace(metric), metric.name, filter, statistic)
    }

    /// A chart of metrics that share a filter and a statistic.
    fn chart<'a>(&self, title: &'a str, metrics: &[&Metric], filter: &str, statistic: &str) -> Chart<'a> {
        let percent = metrics.iter().all(|metric| metric.unit == alarm::series::Unit::Percent);
        let lines = metrics.iter().map(|metric| self.line(metric, filter, statistic)).collect();
        Chart { title, lines, percent, ..Chart::default() }
    }
}

fn is(dimension: &str, value: &str) -> String {
    format!("{dimension}=\"{value}\"")
}

pub(super) fn overview(site: &Site<'_>) -> Board {
    let mut board = Board::new("overview", site);
    let lambda = |title: &'static str, metric: &str| Chart {
        title,
        lines: vec![json!(["Stormglass", metric, { "stat": "Maximum", "label": title }])],
        number: true,
        ..Chart::default()
    };
    board.chart(6, lambda("Alarms that fire", "lambda_alarms_firing"));
    board.chart(6, lambda("Alarms that cannot be seen", "lambda_alarms_unknown"));
    board.chart(6, lambda("Notices owed", "lambda_notices_owed"));
    board.chart(6, lambda("Faults in the rules", "lambda_rules_faulty"));
    rules::charts(&mut board, site);
    board.text("## Every host");
    let total_cpu = is("cpu", "cpu-total");
    board.chart(12, site.chart("Processor", &[&host::CPU_USAGE_ACTIVE], &total_cpu, "Average"));
    board.chart(12, site.chart("Memory", &[&host::MEM_USED_PERCENT], "", "Average"));
    board.chart(12, site.chart("Disks", &[&host::DISK_USED_PERCENT], "", "Maximum"));
    board.chart(12, site.chart("Kinds of error never met before", &[&agent::NEW_ERROR_KINDS], "", "Sum"));
    board
}

pub(super) fn host(site: &Site<'_>) -> Board {
    let mut board = Board::new("host", site);
    board.choose("host", "Instance", site.host_namespace, host::MEM_USED_PERCENT.name, site.host);
    let here = is(site.host, &chosen("host"));
    let cpu = format!("{here} {}", is("cpu", "cpu-total"));
    let of_cpu = [&host::CPU_USAGE_ACTIVE, &host::CPU_USAGE_IOWAIT, &host::CPU_USAGE_STEAL];
    board.chart(12, site.chart("Processor: in use, waiting for disks, stolen", &of_cpu, &cpu, "Average"));
    board.chart(
        12,
        site.chart("Memory and swap", &[&host::MEM_USED_PERCENT, &host::SWAP_USED_PERCENT], &here, "Average"),
    );
    let waits = [&own::PRESSURE_CPU_SOME, &own::PRESSURE_MEMORY_FULL, &own::PRESSURE_IO_FULL];
    board.chart(12, site.chart("Time spent waiting: processor, memory, disks", &waits, &here, "Average"));
    board.chart(12, site.chart("Load for each processor", &[&own::LOAD_1_PER_CPU], &here, "Average"));
    board.chart(12, site.chart("Network", &[&host::NET_BYTES_RECV, &host::NET_BYTES_SENT], &here, "Sum"));
    let refused = [&own::TCP_LISTEN_OVERFLOWS, &own::TCP_LISTEN_DROPS, &own::OOM_KILLS];
    board.chart(12, site.chart("Connections refused, processes killed", &refused, &here, "Sum"));
    let used = [&own::FILES_USED_PERCENT, &own::THREADS_USED_PERCENT, &own::CONNTRACK_USED_PERCENT];
    board.chart(12, site.chart("Limits of the host: files, threads, connections", &used, &here, "Maximum"));
    let units = [&own::UNIT_TASKS_USED_PERCENT, &own::UNIT_FDS_USED_PERCENT, &own::UNIT_MEMORY_USED_PERCENT];
    board.chart(12, site.chart("Limits of services: tasks, files, memory", &units, &here, "Maximum"));
    board
}

pub(super) fn disks(site: &Site<'_>) -> Board {
    let mut board = Board::new("disks", site);
    board.choose("host", "Instance", site.host_namespace, host::DISK_USED_PERCENT.name, site.host);
    let here = is(site.host, &chosen("host"));
    board.chart(12, site.chart("Space in use", &[&host::DISK_USED_PERCENT], &here, "Maximum"));
    board.chart(12, site.chart("Inodes in use", &[&own::DISK_INODES_USED_PERCENT], &here, "Maximum"));
    board.chart(12, site.chart("Device busy", &[&own::DISKIO_USED_PERCENT], &here, "Average"));
    board.chart(12, site.chart("Mean time of a request", &[&own::DISKIO_AWAIT], &here, "Average"));
    board.chart(
        12,
        site.chart("Read and written", &[&host::DISKIO_READ_BYTES, &host::DISKIO_WRITE_BYTES], &here, "Sum"),
    );
    board.chart(
        12,
        site.chart("Read-only, or not answering", &[&own::DISK_READ_ONLY, &own::DISK_HUNG], &here, "Maximum"),
    );
    board
}

pub(super) fn api(site: &Site<'_>) -> Board {
    let mut board = Board::new("api", site);
    board.choose("service", "Service", site.own_namespace, app::REQUESTS.name, "service");
    let here = is("service", &chosen("service"));
    board.chart(12, site.chart("Requests, by route", &[&app::REQUESTS], &here, "Sum"));
    board.chart(12, site.chart("Requests that failed, by class", &[&app::REQUEST_FAILURES], &here, "Sum"));
    board.chart(12, site.chart("Ended with 5xx, of all", &[&app::REQUEST_FAILURE_PERCENT], &here, "Average"));
    board.chart(12, site.chart("Time of a request, p99", &[&app::REQUEST_TIME], &here, "p99"));
    board.chart(12, site.chart("Time of a request, p50", &[&app::REQUEST_TIME], &here, "p50"));
    board.chart(12, site.chart("Servers behind the proxy, p99", &[&app::UPSTREAM_TIME], &here, "p99"));
    board.chart(12, site.chart("Spring: time of a request", &[&app::HTTP_REQUEST_TIME], &here, "Average"));
    board.chart(12, site.chart("Spring: requests that failed", &[&app::HTTP_REQUEST_FAILURES], &here, "Sum"));
    board.chart(
        12,
        site.chart("Connections of the pool that wait", &[&app::HIKARICP_CONNECTIONS_PENDING], "", "Maximum"),
    );
    board.chart(12, site.chart("Suspicious requests", &[&app::SUSPICIOUS_REQUESTS], &here, "Sum"));
    board
}

pub(super) fn redis(site: &Site<'_>) -> Board {
    let mut board = Board::new("redis", site);
    let used = [&app::REDIS_MEMORY_USED_PERCENT, &app::REDIS_CLIENTS_USED_PERCENT, &app::REDIS_HIT_PERCENT];
    board.chart(12, site.chart("Memory and clients in use, hits", &used, "", "Average"));
    board.chart(12, site.chart("Commands a second", &[&app::REDIS_OPERATIONS], "", "Average"));
    board.chart(12, site.chart("Evicted and refused", &[&app::REDIS_EVICTED, &app::REDIS_REJECTED], "", "Sum"));
    board.chart(
        12,
        site.chart("Saved: 1 where the last went well", &[&app::REDIS_SAVE_OK, &app::REDIS_APPEND_OK], "", "Minimum"),
    );
    board.chart(12, site.chart("Behind its master", &[&app::REDIS_REPLICATION_LAG_BYTES], "", "Maximum"));
    board.chart(12, site.chart("Slow commands", &[&app::REDIS_SLOW_COMMANDS], "", "Sum"));
    board
}

pub(super) fn errors(site: &Site<'_>) -> Board {
    let mut board = Board::new("errors", site);
    board.chart(12, site.chart("Errors, by kind", &[&agent::ERRORS], "", "Sum"));
    board.chart(12, site.chart("Kinds never met before", &[&agent::NEW_ERROR_KINDS], "", "Sum"));
    let groups = &site.log_groups[..site.log_groups.len().min(GROUPS_MAX)];
    if !groups.is_empty() {
        let newest = "fields @timestamp, @logStream, @message | filter @message like /ERROR|new_error_kind/ \
                      | sort @timestamp desc | limit 50";
        board.logs("The newest errors", groups, newest);
    }
    board.chart(
        12,
        site.chart("Events shipped, folded", &[&agent::LOG_EVENTS_SHIPPED, &agent::LOG_EVENTS_FOLDED], "", "Sum"),
    );
    board.chart(12, site.chart("Secrets taken out", &[&agent::LOG_REDACTIONS], "", "Sum"));
    board
}

/// The agents and the function.
pub(super) fn itself(site: &Site<'_>) -> Board {
    let mut board = Board::new("itself", site);
    board.text("## The function");
    let of_function = |title: &'static str, metric: &str, statistic: &str| Chart {
        title,
        lines: vec![json!(["AWS/Lambda", metric, "FunctionName", site.stack, { "stat": statistic }])],
        ..Chart::default()
    };
    board.chart(8, of_function("Invocations", "Invocations", "Sum"));
    board.chart(8, of_function("Errors", "Errors", "Sum"));
    board.chart(8, of_function("How long a round takes", "Duration", "Maximum"));
    let say = |metric: &str| json!(["Stormglass", metric, { "stat": "Sum" }]);
    let lines = |metrics: &[&str]| metrics.iter().map(|metric| say(metric)).collect();
    let notices = ["lambda_notices_sent", "lambda_notices_failed", "lambda_notices_dropped"];
    board.chart(8, Chart { title: "Notices", lines: lines(&notices), ..Chart::default() });
    board.chart(
        8,
        Chart { title: "Series it could not read", lines: lines(&["lambda_series_unread"]), ..Chart::default() },
    );
    let units = ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"];
    let units = units.map(|metric| json!(["AWS/DynamoDB", metric, "TableName", site.stack, { "stat": "Sum" }]));
    board.chart(8, Chart { title: "What its memory costs", lines: units.to_vec(), ..Chart::default() });
    board.text("## The agents");
    let lost = total(site.own_namespace, agent::AGENT_LOST.name, "", "lost");
    board.chart(8, Chart { title: "Lost, all reasons", lines: vec![lost], ..Chart::default() });
    board.chart(8, site.chart("Lost, by reason", &[&agent::AGENT_LOST], "", "Sum"));
    board.chart(8, site.chart("The oldest that waits, in seconds", &[&agent::AGENT_OLDEST_AGE], "", "Maximum"));
    board.chart(8, site.chart("Requests that failed", &[&agent::AGENT_REQUESTS_FAILED], "", "Sum"));
    board.chart(8, site.chart("Series that the budget refuses", &[&agent::AGENT_SERIES_REFUSED], "", "Maximum"));
    board.chart(8, site.chart("Memory", &[&agent::AGENT_MEMORY], "", "Maximum"));
    board
}
