//! What `top` shows: readings of one moment in, lines out. Pure; the terminal is elsewhere.

use super::super::quantity::{bytes, length};
use crate::reading::{Reading, Readings};

/// Where a share turns yellow, and where red.
const MUCH: f64 = 75.0;
const TOO_MUCH: f64 = 90.0;

/// Columns that a line with a bar needs for its words.
const BESIDE_A_BAR: usize = 66;

/// What stands in the first line.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub(super) host: String,
    pub(super) time: String,
    /// Seconds between the readings that counters are differences of.
    pub(super) interval_s: f64,
}

/// The lines for a terminal of this size; what does not fit is left out from below.
pub(super) fn screen(
    head: &Head,
    readings: &Readings,
    agent: &[String],
    (columns, rows): (usize, usize),
) -> Vec<String> {
    let seen = Seen(&readings.0);
    let mut lines = vec![first(head, &seen, columns), String::new()];
    lines.extend(host(&seen, columns));
    lines.extend(table("disk", disks(&seen, columns)));
    lines.extend(table("device", devices(&seen, head.interval_s)));
    lines.extend(table("network", networks(&seen, head.interval_s)));
    lines.extend(table("unit", units(&seen)));
    if !agent.is_empty() {
        lines.push(String::new());
        lines.extend(agent.iter().cloned());
    }
    lines.truncate(rows);
    lines.into_iter().map(|line| cut(&line, columns)).collect()
}

/// The readings, asked by name.
struct Seen<'a>(&'a [Reading]);

impl<'a> Seen<'a> {
    fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|reading| reading.name == name).map(|reading| reading.value)
    }

    /// The value of `name` where the dimension `of` is `which`.
    fn of(&self, name: &str, of: &str, which: &str) -> Option<f64> {
        self.0.iter().find(|it| it.name == name && it.dimensions.get(of) == Some(which)).map(|it| it.value)
    }

    /// Every value that the dimension `of` has in readings of `name`, in order.
    fn each(&self, name: &str, of: &str) -> Vec<&'a str> {
        let mut all: Vec<_> =
            self.0.iter().filter(|it| it.name == name).filter_map(|it| it.dimensions.get(of)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

fn first(head: &Head, seen: &Seen<'_>, columns: usize) -> String {
    let up = seen.get("uptime_seconds").map(|seconds| format!("  up {}", length(seconds))).unwrap_or_default();
    let left = format!("\x1b[1m{}\x1b[0m{up}", head.host);
    let right = format!("{}  q quits", head.time);
    let gap = columns.saturating_sub(width(&left) + width(&right));
    format!("{left}{}{right}", " ".repeat(gap.max(1)))
}

fn host(seen: &Seen<'_>, columns: usize) -> Vec<String> {
    let bar_width = columns.saturating_sub(BESIDE_A_BAR).clamp(10, 30);
    let mut lines = Vec::new();
    let cpu = |kind: &str| seen.of(&format!("cpu_usage_{kind}"), "cpu", "cpu-total");
    if let Some(active) = cpu("active").or_else(|| cpu("idle").map(|idle| 100.0 - idle)) {
        let parts = ["user", "system", "iowait", "steal"];
        let parts = parts.iter().filter_map(|kind| Some(format!("{kind} {:.1}", cpu(kind)?))).collect::<Vec<_>>();
        lines.push(format!("cpu    {}  {}", bar(active, bar_width), parts.join("  ")));
    }
    if let Some(used) = seen.get("mem_used_percent") {
        let available = seen.get("mem_available").map(|it| format!("{} available", bytes(it)));
        let swap = seen.get("swap_used_percent").map(|it| format!("swap {it:.1} %"));
        let oom = seen.get("oom_kills").filter(|kills| *kills > 0.0).map(|it| format!("\x1b[31m{it:.0} killed\x1b[0m"));
        let rest: Vec<_> = [available, swap, oom].into_iter().flatten().collect();
        lines.push(format!("memory {}  {}", bar(used, bar_width), rest.join("  ")).trim_end().to_owned());
    }
    lines.extend(one_line(
        "load",
        &[("load_1", "", 2), ("load_5", "", 2), ("load_15", "", 2), ("load_1_per_cpu", "per core", 2)],
        seen,
    ));
    lines.extend(one_line(
        "stall",
        &[("pressure_cpu_some", "% cpu", 1), ("pressure_memory_some", "% memory", 1), ("pressure_io_some", "% I/O", 1)],
        seen,
    ));
    lines.extend(one_line(
        "tcp",
        &[
            ("netstat_tcp_established", "established", 0),
            ("netstat_tcp_time_wait", "time wait", 0),
            ("tcp_retransmit_percent", "% resent", 1),
            ("tcp_listen_overflows", "overflows", 0),
        ],
        seen,
    ));
    lines
}

/// `name  1.5 of this  3 of that`, of what was read.
fn one_line(name: &str, parts: &[(&str, &str, usize)], seen: &Seen<'_>) -> Option<String> {
    let said: Vec<_> = parts
        .iter()
        .filter_map(|(metric, label, digits)| {
            Some(format!("{:.*} {label}", digits, seen.get(metric)?).trim_end().to_owned())
        })
        .collect();
    (!said.is_empty()).then(|| format!("{name:<6} {}", said.join("  ")))
}

/// A table with its heading, when it has a row.
fn table(name: &str, rows: Vec<String>) -> Vec<String> {
    if rows.is_empty() {
        return rows;
    }
    let mut lines = vec![String::new(), format!("\x1b[2m{name}\x1b[0m")];
    lines.extend(rows);
    lines
}

fn disks(seen: &Seen<'_>, columns: usize) -> Vec<String> {
    let bar_width = columns.saturating_sub(BESIDE_A_BAR).clamp(10, 30);
    let row = |path: &str| {
        let used = seen.of("disk_used_percent", "path", path)?;
        let free = seen.of("disk_free", "path", path).map(|it| format!("  {} free", bytes(it))).unwrap_or_default();
        let inodes = seen.of("disk_inodes_used_percent", "path", path);
        let inodes = inodes.map(|it| format!("  inodes {it:.0} %")).unwrap_or_default();
        Some(format!("  {:<20} {}{free}{inodes}", shortened(path, 20), bar(used, bar_width)))
    };
    seen.each("disk_used_percent", "path").into_iter().filter_map(row).collect()
}

fn devices(seen: &Seen<'_>, interval_s: f64) -> Vec<String> {
    let row = |device: &str| {
        let of = |metric: &str| seen.of(metric, "name", device);
        let rate = |metric: &str| of(metric).map(|it| it / interval_s);
        let (read, written) = (rate("diskio_read_bytes")?, rate("diskio_write_bytes")?);
        let busy = of("diskio_used_percent").map(|it| format!("  {it:>3.0} % busy")).unwrap_or_default();
        let wait = of("diskio_await").map(|it| format!("  {it:.1} ms a request")).unwrap_or_default();
        let (read, written) = (bytes(read), bytes(written));
        Some(format!("  {:<20} {read:>9}/s read {written:>9}/s written{busy}{wait}", shortened(device, 20)))
    };
    seen.each("diskio_read_bytes", "name").into_iter().filter_map(row).collect()
}

fn networks(seen: &Seen<'_>, interval_s: f64) -> Vec<String> {
    let row = |interface: &str| {
        let rate = |metric: &str| seen.of(metric, "interface", interface).map(|it| bytes(it / interval_s));
        let (came, went) = (rate("net_bytes_recv")?, rate("net_bytes_sent")?);
        let dropped: f64 =
            ["net_drop_in", "net_drop_out"].iter().filter_map(|it| seen.of(it, "interface", interface)).sum();
        let dropped = if dropped > 0.0 { format!("  \x1b[31m{dropped:.0} dropped\x1b[0m") } else { String::new() };
        Some(format!("  {:<20} {came:>9}/s in   {went:>9}/s out{dropped}", shortened(interface, 20)))
    };
    seen.each("net_bytes_recv", "interface").into_iter().filter_map(row).collect()
}

fn units(seen: &Seen<'_>) -> Vec<String> {
    let row = |unit: &str| {
        let of = |metric: &str| seen.of(metric, "unit", unit);
        let up = if of("unit_up")? >= 1.0 { "up  " } else { "\x1b[31mDOWN\x1b[0m" };
        let cpu = of("unit_cpu_usage").map(|it| format!("  {it:>5.1} % cpu")).unwrap_or_default();
        let memory = of("unit_memory_used").map(|it| format!("  {:>9}", bytes(it))).unwrap_or_default();
        let tasks = of("unit_tasks_used").map(|it| format!("  {it:.0} tasks")).unwrap_or_default();
        Some(format!("  {:<32} {up}{cpu}{memory}{tasks}", shortened(unit, 32)))
    };
    seen.each("unit_up", "unit").into_iter().filter_map(row).collect()
}

/// `[#####     ]  52.1 %`, in the colour of its state.
fn bar(percent: f64, width: usize) -> String {
    let filled = ((percent / 100.0 * width as f64).round() as usize).min(width);
    let colour = match percent {
        _ if percent >= TOO_MUCH => "\x1b[31m",
        _ if percent >= MUCH => "\x1b[33m",
        _ => "\x1b[32m",
    };
    format!("[{colour}{}\x1b[0m{}] {percent:>5.1} %", "#".repeat(filled), " ".repeat(width - filled))
}

/// The end of a long name says more than its beginning.
fn shortened(name: &str, most: usize) -> String {
    let count = name.chars().count();
    if count <= most {
        name.to_owned()
    } else {
        format!("~{}", name.chars().skip(count + 1 - most).collect::<String>())
    }
}

/// Characters that take a column: all but escape codes.
fn width(line: &str) -> usize {
    visible(line).count()
}

/// For a file or a pipe, where nobody reads escape codes.
pub(super) fn plain(line: &str) -> String {
    visible(line).map(|(_, c)| c).collect::<String>().trim_end().to_owned()
}

fn visible(line: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut in_escape = false;
    line.char_indices().filter(move |(_, c)| {
        let was = in_escape;
        in_escape = if was { *c != 'm' } else { *c == '\x1b' };
        !was && !in_escape
    })
}

/// Cuts a line to the columns there are, without cutting an escape code.
fn cut(line: &str, columns: usize) -> String {
    match visible(line).nth(columns) {
        Some((at, _)) => format!("{}\x1b[0m", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use alarm::series::Unit;

    use super::*;

    fn readings() -> Readings {
        let host = |name, value| Reading::host(name, Unit::None, value);
        Readings(vec![
            host("cpu_usage_active", 23.06).with("cpu", "cpu-total"),
            host("cpu_usage_user", 20.0).with("cpu", "cpu-total"),
            host("mem_used_percent", 93.0),
            host("uptime_seconds", 273_600.0),
            host("disk_used_percent", 80.0).with("path", "/a/very/long/path/to/a/mount"),
            host("net_bytes_recv", 4_096.0).with("interface", "eth0"),
            host("net_bytes_sent", 2.0).with("interface", "eth0"),
            host("unit_up", 0.0).with("unit", "orders.service"),
        ])
    }

    fn plain(lines: &[String]) -> Vec<String> {
        lines.iter().map(|line| visible(line).map(|(_, c)| c).collect::<String>()).collect()
    }

    #[test]
    fn a_screen() {
        let head = Head { host: "web-1".into(), time: "12:00:00".into(), interval_s: 2.0 };
        let lines = screen(&head, &readings(), &["agent: not running".into()], (80, 24));
        assert_eq!(
            plain(&lines),
            [
                "web-1  up 3d 4h                                                12:00:00  q quits",
                "",
                "cpu    [###           ]  23.1 %  user 20.0",
                "memory [############# ]  93.0 %",
                "",
                "disk",
                "  ~ong/path/to/a/mount [###########   ]  80.0 %",
                "",
                "network",
                "  eth0                   2.0 KiB/s in         1 B/s out",
                "",
                "unit",
                "  orders.service                   DOWN",
                "",
                "agent: not running",
            ]
        );
    }

    #[test]
    fn nothing_is_wider_or_higher_than_the_terminal() {
        for (columns, rows) in [(80, 24), (20, 5), (1, 1), (200, 60)] {
            let lines = screen(&Head::default(), &readings(), &[], (columns, rows));
            assert!(lines.len() <= rows);
            assert!(lines.iter().all(|line| width(line) <= columns), "{columns}: {lines:?}");
        }
    }
}
