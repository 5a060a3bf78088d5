//! What a notice looks like, as files that a person can read; and that no judge says what has no words.
//!
//! `UPDATE_GOLDEN=1 cargo test -p alarm --test notices` writes the files anew; the change is then read in the diff.
#![expect(clippy::disallowed_methods, reason = "a test outside the library reads the sources and the golden files")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::path::{Path, PathBuf};

use alarm::grade::{Circumstance, Grade, Grades, Impact};
use alarm::matcher::Labels;
use alarm::notice::{self, Alarm, Matter, Suspect, Suspicion};
use alarm::notify::{Due, Ended, Next, Why};
use alarm::points::Time;
use alarm::series::Unit;
use alarm::team::{Audience, Language};
use alarm::verdict::{Fact, Reason, TimeLeft, Verdict};
use alarm::zone::{Zone, parse_moment};

fn at(text: &str) -> Time {
    parse_moment(text, &Zone::parse("Asia/Seoul").unwrap()).unwrap()
}

/// An alarm with all that it owns, from which `Alarm` borrows.
struct Owned {
    title: &'static str,
    labels: Labels,
    verdict: Verdict,
    impact: Impact,
    since: Time,
    unit: Unit,
    means: Option<&'static str>,
    todo: Option<&'static str>,
}

impl Owned {
    fn alarm(&self, now: Time) -> Alarm<'_> {
        let graded = Grades::default().grade(&Circumstance {
            labels: &self.labels,
            impact: self.impact,
            immediacy: self.verdict.immediacy,
            time_left: self.verdict.time_left,
            fixed: None,
            now,
        });
        Alarm {
            title: self.title,
            labels: &self.labels,
            verdict: &self.verdict,
            graded,
            since: Some(self.since),
            unit: self.unit,
            means: self.means,
            todo: self.todo,
            runbook: Some("https://wiki.example.com/runbooks/shop"),
            ko: None,
        }
    }
}

struct Case {
    name: &'static str,
    now: Time,
    why: Why,
    grade: Grade,
    alarms: Vec<Owned>,
    suspects: Vec<Suspect>,
    next: Option<(&'static str, &'static str)>,
    drill: bool,
}

fn burst() -> Owned {
    let reason = Reason::new("burst.draining")
        .with("left", Fact::Percent(18.2))
        .with("held", Fact::Number(105.0))
        .with("cpu", Fact::Percent(96.4))
        .with("baseline", Fact::Percent(20.0))
        .with("drain_per_hour", Fact::Number(91.2))
        .with("over", Fact::DurationS(1_800.0));
    let left = TimeLeft { low_s: 3_900.0, likely_s: 4_200.0, high_s: 5_100.0 };
    Owned {
        title: "CPU 버스트",
        labels: Labels::from_iter([
            ("service", "결제"),
            ("host", "web-1"),
            ("rule", "burst"),
            ("InstanceId", "i-0abc12"),
        ]),
        verdict: Verdict::firing(reason).value(18.2).time_left(left),
        impact: Impact::Degraded,
        since: at("2026-11-21 16:10"),
        unit: Unit::None,
        means: None,
        todo: Some("top 으로 CPU를 많이 쓰는 프로세스를 확인합니다.\n인스턴스를 한 단계 키우거나 한 대를 늘립니다."),
    }
}

fn failures() -> Owned {
    let reason = Reason::new("budget.burning")
        .with("burn", Fact::Number(21.3))
        .with("limit", Fact::Number(14.4))
        .with("window", Fact::DurationS(3_600.0))
        .with("failed", Fact::Percent(2.13))
        .with("events", Fact::Count(18_422))
        .with("budget_lasts", Fact::DurationS(121_680.0));
    Owned {
        title: "Checkout fails",
        labels: Labels::from_iter([("service", "checkout"), ("rule", "checkout-failures")]),
        verdict: Verdict::firing(reason).value(21.3),
        impact: Impact::Outage,
        since: at("2026-11-21 09:02"),
        unit: Unit::None,
        means: Some("One in fifty customers cannot pay."),
        todo: Some("Look at the newest error below.\nIf it came with a release, roll it back."),
    }
}

fn latency(host: &'static str) -> Owned {
    let reason = Reason::new("threshold.breaching")
        .with("value", Fact::Number(1_840.0))
        .with("limit", Fact::Number(800.0))
        .with("breaching", Fact::Count(3))
        .with("needed", Fact::Count(3))
        .with("of", Fact::Count(3))
        .with("period", Fact::DurationS(60.0));
    Owned {
        title: "p99 of checkout",
        labels: Labels::from_iter([("service", "checkout"), ("host", host), ("rule", "checkout-p99")]),
        verdict: Verdict::firing(reason).value(1_840.0),
        impact: Impact::Degraded,
        since: at("2026-11-21 09:05"),
        unit: Unit::Milliseconds,
        means: None,
        todo: None,
    }
}

fn fine_again(owned: Owned) -> Owned {
    let reason = Reason::new("budget.fine")
        .with("burn", Fact::Number(0.4))
        .with("limit", Fact::Number(14.4))
        .with("window", Fact::DurationS(300.0))
        .with("failed", Fact::Percent(0.04))
        .with("events", Fact::Count(1_504));
    Owned { verdict: Verdict::fine(reason), ..owned }
}

fn latency_fine(host: &'static str) -> Owned {
    let reason = Reason::new("threshold.fine").with("value", Fact::Number(212.0)).with("limit", Fact::Number(800.0));
    Owned { verdict: Verdict::fine(reason), ..latency(host) }
}

fn cases() -> Vec<Case> {
    let guilty = vec![
        Suspect { what: Suspicion::Process, name: "java".to_owned(), much: Some(Fact::Percent(188.0)) },
        Suspect { what: Suspicion::Change, name: "deploy 2026-11-21 16:02 v1.42".to_owned(), much: None },
    ];
    let error = Suspect {
        what: Suspicion::Error,
        name: "HikariPool-1 - Connection is not available, request timed out after 30000ms".to_owned(),
        much: Some(Fact::Count(412)),
    };
    let base = |name, now, why, grade, alarms| Case {
        name,
        now: at(now),
        why,
        grade,
        alarms,
        suspects: vec![],
        next: None,
        drill: false,
    };
    vec![
        Case {
            suspects: guilty,
            next: Some(("2026-11-21 16:40", "department")),
            ..base("burst", "2026-11-21 16:10", Why::First { jumped: false }, Grade::Page, vec![burst()])
        },
        Case {
            suspects: vec![error],
            next: Some(("2026-11-21 10:02", "upper department")),
            ..base(
                "escalated",
                "2026-11-21 09:32",
                Why::Escalated { jumped: false },
                Grade::Page,
                vec![latency("web-1"), failures(), latency("web-2")],
            )
        },
        base(
            "acknowledged",
            "2026-11-21 09:35",
            Why::Acknowledged { by: "김민수".to_owned(), until: at("2026-11-21 10:35") },
            Grade::Page,
            vec![failures()],
        ),
        base(
            "persists",
            "2026-11-21 10:35",
            Why::Persists { ended: Ended::Acknowledgement },
            Grade::Page,
            vec![failures()],
        ),
        base("over", "2026-11-21 11:12", Why::Over, Grade::Page, vec![fine_again(failures()), latency_fine("web-1")]),
        Case {
            drill: true,
            ..base("drill", "2026-11-21 14:00", Why::First { jumped: true }, Grade::Page, vec![latency("web-1")])
        },
    ]
}

/// Hands each shape of the case, with the name of its file, to `look`.
fn shapes(case: &Case, look: &mut dyn FnMut(&str, String)) {
    let numbers: Vec<_> = (0..case.alarms.len()).collect();
    let over = case.why == Why::Over;
    let due = Due {
        incident: "20261121-000203-k3f9a2".to_owned(),
        number: 3,
        why: case.why.clone(),
        to: vec!["on-call".to_owned()],
        grade: case.grade,
        since: case.alarms.iter().map(|alarm| alarm.since).min().unwrap(),
        steps: vec![0],
        firing: if over { vec![] } else { numbers.clone() },
        fresh: vec![],
        over: if over { numbers } else { vec![] },
        gone: 0,
        next: case.next.map(|(when, who)| Next { at: at(when), tell: vec![who.to_owned()] }),
    };
    let alarms: Vec<_> = case.alarms.iter().map(|owned| owned.alarm(case.now)).collect();
    let matter = Matter {
        due: &due,
        alarms: &alarms,
        suspects: &case.suspects,
        link: Some("https://status.example.com/incidents/20261121-000203-k3f9a2"),
        acknowledge: Some("https://status.example.com/ack?t=Zm9v"),
        drill: case.drill,
        now: case.now,
    };
    for (language, code) in [(Language::En, "en"), (Language::Ko, "ko")] {
        let audience = Audience { name: "on-call".to_owned(), language, zone: Zone::parse("Asia/Seoul").unwrap() };
        let notice = notice::compose(&matter, &audience);
        let email = notice::email(&notice);
        let pretty = |value| serde_json::to_string_pretty(&value).unwrap() + "\n";
        look(&format!("{}.{code}.txt", case.name), format!("Subject: {}\n\n{}", email.subject, email.body));
        if case.name == "burst" || case.name == "over" {
            look(&format!("{}.{code}.slack.json", case.name), pretty(notice::slack(&notice)));
            look(&format!("{}.{code}.chat.json", case.name), pretty(notice::chat(&notice)));
        }
        if case.name == "escalated" {
            look(&format!("{}.{code}.json", case.name), pretty(notice::json(&notice, &matter)));
        }
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn notices_look_as_they_did() {
    let folder = source().join("notice/golden");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut changed = Vec::new();
    for case in cases() {
        shapes(&case, &mut |name, text| {
            let file = folder.join(name);
            if update {
                std::fs::write(&file, &text).unwrap();
            }
            if std::fs::read_to_string(&file).is_ok_and(|held| held == text) {
                return;
            }
            changed.push(format!("{name}:\n{text}"));
        });
    }
    assert!(changed.is_empty(), "not as in the golden files:\n{}", changed.join("\n"));
}

/// Each text of the form `judge.word` in the source of a judge is a key of a reason.
#[test]
fn every_reason_has_words_in_both_languages() {
    const JUDGES: &[&str] = &["threshold", "math", "composite", "burst", "disk", "unusual", "budget", "silent", "log"];
    let mut keys = std::collections::BTreeSet::new();
    let mut open = vec![source()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("words.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                keys.extend(code.split('"').filter(|text| is_key(text, JUDGES)).map(str::to_owned));
            }
        }
    }
    assert!(keys.len() > 20, "the sources are read wrongly: {keys:?}");
    let mute: Vec<_> = keys.iter().filter(|key| !notice::words::known(key)).collect();
    assert!(mute.is_empty(), "no words for {mute:?} in notice/words.rs");
}

fn is_key(text: &str, judges: &[&str]) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    text.split_once('.').is_some_and(|(judge, rest)| judges.contains(&judge) && word(rest) && rest != "rs")
}
