//! What is drawn: of each judge one case that fires and one, not far from it, that does not.

use std::f64::consts::TAU;

use alarm::rehearse::notation;

pub(super) struct Case {
    /// What happens, in a few words.
    pub(super) title: &'static str,
    /// The last one is the rule that is drawn.
    pub(super) rules: &'static str,
    pub(super) lines: &'static [Line],
    /// The name of what the judge made of the lines, where that is drawn instead of them.
    pub(super) judged: Option<&'static str>,
    /// The line that must not be crossed, where there is one, and the one behind which it is well again.
    pub(super) limit: Option<f64>,
    pub(super) clear: Option<f64>,
    pub(super) period_s: u32,
    /// The lines are of one unit.
    pub(super) one_scale: bool,
}

/// A series, with what the picture calls it.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) namespace: &'static str,
    pub(super) metric: &'static str,
    pub(super) dimensions: &'static [(&'static str, &'static str)],
    values: Values,
}

enum Values {
    /// In the notation of rule tests.
    Said(&'static str),
    /// So many, each by its number.
    Made(usize, fn(usize) -> f64),
}

impl Line {
    pub(super) fn values(&self) -> Vec<f64> {
        match self.values {
            Values::Said(text) => notation::parse(text).unwrap_or_else(|(_, says)| panic!("{text}: {says}")),
            Values::Made(count, make) => (0..count).map(make).collect(),
        }
    }
}

const fn said(name: &'static str, text: &'static str) -> Line {
    Line { name, namespace: "", metric: name, dimensions: &[], values: Values::Said(text) }
}

const fn made(name: &'static str, count: usize, make: fn(usize) -> f64) -> Line {
    Line { name, namespace: "", metric: name, dimensions: &[], values: Values::Made(count, make) }
}

const fn lightsail(name: &'static str, metric: &'static str, values: Values) -> Line {
    Line { name, namespace: "AWS/Lightsail", metric, dimensions: &[], values }
}

const fn kind(name: &'static str, dimensions: &'static [(&'static str, &'static str)], text: &'static str) -> Line {
    Line { name, namespace: "", metric: "log_errors", dimensions, values: Values::Said(text) }
}

const fn case(title: &'static str, rules: &'static str, lines: &'static [Line]) -> Case {
    Case { title, rules, lines, judged: None, limit: None, clear: None, period_s: 60, one_scale: false }
}

const CPU: &str = "[[alarm]]\nname = 'cpu'\nmetric = 'cpu'\nabove = 80\nclear = 75\npoints = '3 of 5'\n";
const RATIO: &str = "[[alarm]]\nname = 'failures'\nexpression = '100 * failed / calls'\nabove = 5\npoints = '3 of 5'\n\
                     min_events = 20\nseries = { failed = { metric = 'failed' }, calls = { metric = 'calls' } }\n";
const BOTH: &str = "[[alarm]]\nname = 'slow'\nmetric = 'p99'\nabove = 800\n\
                    [[alarm]]\nname = 'failing'\nmetric = 'failed %'\nabove = 5\n\
                    [[alarm]]\nname = 'checkout-down'\nwhen = 'ALARM(slow) AND ALARM(failing)'\n";
const BURST: &str = "[[alarm]]\nname = 'burst'\njudge = 'burst'\nburst = { plan = '$12' }\n";
const DISK: &str = "[[alarm]]\nname = 'disk'\njudge = 'disk'\nmetric = 'used'\n";
const ORDERS: &str = "[[alarm]]\nname = 'orders'\njudge = 'unusual'\nmetric = 'orders'\n";
const BUDGET: &str = "[[alarm]]\nname = 'budget'\njudge = 'budget'\nbudget = { objective = 99.9 }\n\
                      series = { failed = { metric = 'failed' }, calls = { metric = 'calls' } }\n";
const SILENT: &str = "[[alarm]]\nname = 'silent'\njudge = 'silent'\nmetric = 'heartbeat'\nsilent = { after = '5m' }\n";
const KINDS: &str = "[[alarm]]\nname = 'kinds'\njudge = 'log'\nmetric = 'log_errors'\n\
                     log = { above = 50, within = '5m', learn = '2h' }\n";

/// By the minute, three days: orders by day, few by night.
fn orders(minute: usize) -> f64 {
    let wave = (TAU * (minute as f64 / 1_440.0 - 0.6)).cos();
    (100.0 + 70.0 * wave + (minute * 7 % 11) as f64).round()
}

/// The same, but for two hours nobody can pay.
fn orders_stopped(minute: usize) -> f64 {
    if (6_600..6_720).contains(&minute) { 3.0 } else { orders(minute) }
}

/// Ten days by five minutes: a dump each night; the last day something writes on and on.
fn disk_runs_away(slot: usize) -> f64 {
    let run = slot.saturating_sub(9 * 288 + 100) as f64;
    (disk_with_dumps(slot) + run * 0.55).min(100.0)
}

fn disk_with_dumps(slot: usize) -> f64 {
    let into = slot % 288;
    let dump = if (36..60).contains(&into) { ((into - 35) as f64 * 2.5).min(20.0) } else { 0.0 };
    52.0 + slot as f64 / 288.0 * 0.3 + dump
}

pub(super) const JUDGES: &[(&str, [Case; 2])] = &[
    (
        "threshold",
        [
            Case {
                limit: Some(80.0),
                clear: Some(75.0),
                ..case(
                    "The processor stays above 80 %; at 78 % it is not over yet",
                    CPU,
                    &[said("cpu", "50x6 62 71 79 86 91 93 90 88 78x6 77 74 70 61 55x6")],
                )
            },
            Case {
                limit: Some(80.0),
                ..case(
                    "Two peaks: never three of five points",
                    CPU,
                    &[said("cpu", "50x6 62 96 88 57 51x5 54 92 60 52x6 58 85 84 61 50x4")],
                )
            },
        ],
    ),
    (
        "math",
        [
            Case {
                limit: Some(5.0),
                judged: Some("failed of 100 calls, %"),
                ..case(
                    "6 to 9 of 100 calls fail",
                    RATIO,
                    &[said("failed", "0x6 1 0 2 6 8 9 7 6 8 3 1 0x6"), said("calls", "100x24")],
                )
            },
            Case {
                one_scale: true,
                ..case(
                    "At night 3 of 3 calls fail: too few to tell (min_events = 20)",
                    RATIO,
                    &[said("failed", "0x8 3x6 0x9"), said("calls", "4x8 3x6 4x9")],
                )
            },
        ],
    ),
    (
        "composite",
        [
            case(
                "Slow and failing at once: ALARM(slow) AND ALARM(failing)",
                BOTH,
                &[said("p99", "200x8 900x9 300x7"), said("failed %", "0x11 8x9 0x4")],
            ),
            case(
                "Slow, then failing, never both",
                BOTH,
                &[said("p99", "200x5 900x6 300x13"), said("failed %", "0x14 8x6 0x4")],
            ),
        ],
    ),
    (
        "burst",
        [
            Case {
                period_s: 300,
                judged: None,
                ..case(
                    "Full load for hours: told while two thirds are left",
                    BURST,
                    &[
                        lightsail("burst left, s at 100 %", "BurstCapacityTime", Values::Said("17280x12 17280-240x60")),
                        lightsail("cpu, %", "CPUUtilization", Values::Said("12x12 100x60")),
                    ],
                )
            },
            Case {
                period_s: 300,
                ..case(
                    "A quarter of an hour at full load on a full bucket",
                    BURST,
                    &[
                        lightsail(
                            "burst left, s at 100 %",
                            "BurstCapacityTime",
                            Values::Said("17280x24 17040 16800 16560 16580+20x36 17280x9"),
                        ),
                        lightsail("cpu, %", "CPUUtilization", Values::Said("12x24 100x3 12x45")),
                    ],
                )
            },
        ],
    ),
    (
        "disk",
        [
            Case {
                period_s: 300,
                ..case("It rises as it never did, on its tenth day", DISK, &[made("used", 10 * 288, disk_runs_away)])
            },
            Case {
                period_s: 300,
                ..case("A dump each night is this disk's habit", DISK, &[made("used", 10 * 288, disk_with_dumps)])
            },
        ],
    ),
    (
        "unusual",
        [
            case("Two hours of few orders at noon", ORDERS, &[made("orders", 5 * 1_440, orders_stopped)]),
            case("As few at night are what is usual then", ORDERS, &[made("orders", 5 * 1_440, orders)]),
        ],
    ),
    (
        "budget",
        [
            Case {
                judged: Some("times too fast"),
                limit: Some(14.4),
                ..case(
                    "2 % of calls fail for an hour: the month's budget would last 36 hours",
                    BUDGET,
                    &[said("failed", "0x60 20x70 0x50"), said("calls", "1000x180")],
                )
            },
            Case {
                judged: Some("times too fast"),
                limit: Some(14.4),
                ..case(
                    "Every call fails, but there are 30 an hour",
                    BUDGET,
                    &[
                        said("failed", "0x60 1 _ 1 _ 1 _ 1 _ 1 _ 0x110"),
                        said("calls", "0x60 1 _ 1 _ 1 _ 1 _ 1 _ 0x110"),
                    ],
                )
            },
        ],
    ),
    (
        "silent",
        [
            case("Nothing is heard for more than 5 minutes", SILENT, &[said("heartbeat", "1x8 _x12 1x6")]),
            case("Points are lost now and then", SILENT, &[said("heartbeat", "1x5 _x2 1x4 _ 1 _x4 1x9")]),
        ],
    ),
    (
        "log",
        [
            Case {
                one_scale: true,
                ..case(
                    "A kind that was never seen before is news for an hour",
                    KINDS,
                    &[
                        kind(
                            "Timeout",
                            &[("kind", "Timeout")],
                            "1 _ 2 _ 1 3 _x3 1 _x20 2 1 _x30 1x3 _x70 2 _x40 1 2 _x60",
                        ),
                        kind("NullPointer", &[("kind", "NullPointer")], "_x150 4 3 _x8 2 _x80"),
                    ],
                )
            },
            Case {
                one_scale: true,
                ..case(
                    "Kinds that are known, some an hour",
                    KINDS,
                    &[
                        kind(
                            "Timeout",
                            &[("kind", "Timeout")],
                            "1 _ 2 _ 1 3 _x3 1 _x20 2 1 _x30 1x3 _x70 2 _x40 1 2 _x60",
                        ),
                        kind("Refused", &[("kind", "Refused")], "_x9 2 _x40 3 1 _x60 2 _x40 4 _x81"),
                    ],
                )
            },
        ],
    ),
];
