//! The host: processor, memory, disks with their trend, network, pressure, processes.

use alarm::disk::Trend;
use alarm::points::Time;
use alarm::rules::Statistic;
use alarm::series::Unit;
use alarm::verdict::State;
use maud::{Markup, html};

use super::chart::{Chart, Line, Range, figure};
use super::say::Say;
use crate::local::house::House;
use crate::local::store::Entry;

/// Charts of one kind (disks, interfaces): a host with more is listed by its first.
const EACH_MAX: usize = 12;
const DAY_S: Time = 86_400;
/// A disk that is so far from the trend of its days has left it: what the days say is not what comes.
const LEFT_PERCENT: f64 = 5.0;
/// Days that a trend looks back over, as its judge does.
const TREND_DAYS: Time = 14;

/// A series by its metric, and by what its dimensions must be.
pub(super) fn find<'a>(house: &'a House, metric: &'a str) -> impl Iterator<Item = (u32, &'a Entry)> {
    let entries = house.store.catalogue().entries().iter().enumerate();
    entries
        .filter(move |(_, entry)| entry.series.name == metric && entry.seen.is_some())
        .map(|(id, entry)| (id as u32, entry))
}

/// The newest value of a metric.
pub(super) fn newest(house: &House, id: u32, statistic: &Statistic, now: Time) -> Option<f64> {
    let points = house.store.points(id, statistic, 10, (now - 120, now + 10));
    points.view().newest().map(|(_, value)| value)
}

fn line(id: u32, statistic: Statistic, label: &str) -> Line {
    Line { series: id, statistic, label: label.to_owned() }
}

/// A chart of the first series of each metric that there is.
fn together(house: &House, title: &str, unit: Unit, top: Option<f64>, metrics: &[(&str, &str)]) -> Option<Chart> {
    let found = metrics
        .iter()
        .filter_map(|(metric, label)| Some(line(find(house, metric).next()?.0, Statistic::Average, label)));
    let lines: Vec<_> = found.collect();
    (!lines.is_empty()).then(|| Chart { title: title.to_owned(), unit, lines, top, ahead: None, notes: Vec::new() })
}

pub(super) fn page(house: &House, say: &Say, range: Range) -> Markup {
    let charts = charts(house, say);
    html! {
        h1 { (say.t("Host", "호스트")) " " (house.about.host) }
        (ranges(say, range))
        @if charts.is_empty() { p { (say.t("The first readings come within seconds.", "첫 측정값은 몇 초 안에 표시됩니다.")) } }
        div.sections { @for (title, charts) in &charts {
            section.wide[charts.len() > 1] {
                h2 { (title) }
                div.charts { @for chart in charts { (figure(house, say, chart, range)) } }
            }
        } }
    }
}

pub(super) fn ranges(say: &Say, range: Range) -> Markup {
    html! {
        p.ranges role="group" aria-label=(say.t("Time range", "조회 기간")) {
            @for one in Range::ALL {
                a href={ "?range=" (one.word()) } aria-current=[(one == range).then_some("true")] { (one.says(say)) }
            }
        }
    }
}

type Sections = Vec<(String, Vec<Chart>)>;

fn charts(house: &House, say: &Say) -> Sections {
    let mut sections: Sections = Vec::new();
    let mut section = |en: &'static str, ko: &'static str, charts: Vec<Chart>| {
        if !charts.is_empty() {
            sections.push((say.t(en, ko).to_owned(), charts));
        }
    };
    section("Processor", "CPU", processor(house, say));
    let memory = together(
        house,
        say.t("Memory in use", "메모리 사용률"),
        Unit::Percent,
        Some(100.0),
        &[("mem_used_percent", say.t("used", "사용")), ("swap_used_percent", say.t("swap", "스왑"))],
    );
    section("Memory", "메모리", memory.into_iter().collect());
    section("Disks", "디스크", disks(house, say));
    section("Network", "네트워크", network(house, say));
    section(
        "Pressure",
        "자원 대기(PSI)",
        together(
            house,
            say.t("Time spent waiting", "대기한 시간 비율"),
            Unit::Percent,
            None,
            &[
                ("pressure_cpu_some", "CPU"),
                ("pressure_memory_some", say.t("memory", "메모리")),
                ("pressure_io_some", say.t("disk", "디스크")),
            ],
        )
        .into_iter()
        .collect(),
    );
    section(
        "Processes",
        "프로세스",
        together(
            house,
            say.t("Processes and threads", "프로세스와 스레드 수"),
            Unit::Count,
            None,
            &[
                ("processes_total", say.t("processes", "프로세스")),
                ("processes_total_threads", say.t("threads", "스레드")),
            ],
        )
        .into_iter()
        .collect(),
    );
    sections
}

fn processor(house: &House, say: &Say) -> Vec<Chart> {
    let chart = together(
        house,
        say.t("Processor in use", "CPU 사용률"),
        Unit::Percent,
        Some(100.0),
        &[
            ("cpu_usage_active", say.t("used", "사용")),
            ("cpu_usage_iowait", say.t("waits for disk", "디스크 대기")),
            ("cpu_usage_steal", say.t("stolen", "스틸")),
        ],
    );
    let Some(mut chart) = chart else { return Vec::new() };
    chart.notes.extend(judged(house, say, "burst-running-out", |_| true));
    vec![chart]
}

/// What a rule says of the combinations that are meant, firing or not.
fn judged(house: &House, say: &Say, rule: &str, meant: impl Fn(&alarm::matcher::Labels) -> bool) -> Vec<String> {
    let outcomes = house.judge.latest.outcomes.iter().enumerate();
    let known = outcomes.filter(|(_, outcome)| outcome.verdict.state != State::Unknown);
    let of_rule = known.filter(|(_, outcome)| house.judge.latest.bounds[outcome.bound].key.rule == rule);
    let alarms = of_rule.filter_map(|(at, _)| house.judge.alarm(at)).filter(|alarm| meant(alarm.labels));
    alarms.map(|alarm| alarm::notice::words::reason(&alarm.verdict.reason, alarm.unit, say.language)).collect()
}

fn disks(house: &House, say: &Say) -> Vec<Chart> {
    let disks = find(house, "disk_used_percent").take(EACH_MAX).map(|(id, entry)| {
        let path = entry.series.dimensions.get("path").unwrap_or("?").to_owned();
        let inodes = find(house, "disk_inodes_used_percent")
            .find(|(_, other)| other.series.dimensions.get("path") == Some(&path));
        let mut lines = vec![line(id, Statistic::Maximum, say.t("used", "사용"))];
        lines.extend(inodes.map(|(id, _)| line(id, Statistic::Maximum, say.t("inodes", "아이노드"))));
        let notes = judged(house, say, "disk-full", |labels| labels.get("path") == Some(&path));
        Chart { title: path, unit: Unit::Percent, lines, top: Some(100.0), ahead: trend(house, id, say.now), notes }
    });
    disks.collect()
}

/// The trend of a disk's days, as the judge of disks reckons it.
pub(super) fn trend(house: &House, id: u32, now: Time) -> Option<Trend> {
    let statistics = [Statistic::Maximum, Statistic::Minimum];
    let rows = house.store.rows(id, &statistics, 3_600, (now - TREND_DAYS * DAY_S, now));
    let days = |column: &[f64], fold: fn(f64, f64) -> f64| -> Vec<Option<f64>> {
        column.rchunks(24).map(|day| day.iter().copied().filter(|value| !value.is_nan()).reduce(fold)).collect()
    };
    let found = alarm::disk::trend(&days(&rows.columns[0], f64::max), &days(&rows.columns[1], f64::min))?;
    let newest = newest(house, id, &Statistic::Maximum, now).unwrap_or(found.level);
    (found.per_day > 0.0 && (newest - found.level).abs() < LEFT_PERCENT).then_some(found)
}

fn network(house: &House, say: &Say) -> Vec<Chart> {
    let interfaces = find(house, "net_bytes_recv").take(EACH_MAX).map(|(id, entry)| {
        let name = entry.series.dimensions.get("interface").unwrap_or("?").to_owned();
        let sent =
            find(house, "net_bytes_sent").find(|(_, other)| other.series.dimensions.get("interface") == Some(&name));
        let mut lines = vec![line(id, Statistic::Average, say.t("received in 10 s", "수신(10초)"))];
        lines.extend(sent.map(|(id, _)| line(id, Statistic::Average, say.t("sent in 10 s", "송신(10초)"))));
        Chart { title: name, unit: Unit::Bytes, lines, top: None, ahead: None, notes: Vec::new() }
    });
    interfaces.collect()
}
