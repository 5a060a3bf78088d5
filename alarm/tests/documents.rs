//! What docs/ladder.md and docs/notices.md show is what the library makes.
//!
//! `UPDATE_GOLDEN=1 cargo test -p alarm --test documents` writes the blocks anew (after `--test notices`).
#![expect(clippy::disallowed_methods, reason = "a test outside the library reads and writes the documents")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use alarm::grade::{Because, Grade, Graded, Immediacy, Impact};
use alarm::incident::{Harm, Incident, report};
use alarm::ladder::{Breach, Ladder};
use alarm::matcher::Labels;
use alarm::notice::Alarm;
use alarm::notify::{GroupMemory, Member, decide, plan};
use alarm::points::Time;
use alarm::rules::Rules;
use alarm::series::Unit;
use alarm::team::{Audience, Language};
use alarm::verdict::{Fact, Reason, Verdict};
use alarm::zone::{Zone, parse_moment};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document(name: &str) -> (PathBuf, String) {
    let file = root().join("docs").join(name);
    let text = std::fs::read_to_string(&file).unwrap();
    (file, text)
}

fn toml_blocks(text: &str) -> Vec<&str> {
    text.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block).collect()
}

/// The ladder that docs/ladder.md shows.
fn ladder() -> Ladder {
    let (_, text) = document("ladder.md");
    let block = toml_blocks(&text).into_iter().find(|block| block.contains("[[ladder]]")).unwrap();
    Rules::parse("ladder.md", block).unwrap().ladders.remove(0)
}

/// What the block below a marker must hold.
fn shown(marker: &str) -> String {
    match marker.split_once(": ") {
        Some(("golden", file)) => std::fs::read_to_string(root().join("alarm/src/notice/golden").join(file)).unwrap(),
        Some(("report", "en")) => story(Language::En),
        Some(("report", "ko")) => story(Language::Ko),
        None if marker == "plan" => plans(),
        _ => panic!("no such marker: {marker}"),
    }
}

/// The document with each block below a marker as it must be.
fn renewed(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split("<!-- ");
    out.push_str(parts.next().unwrap());
    for part in parts {
        let (marker, rest) = part.split_once(" -->\n").unwrap();
        let (fence, rest) = rest.split_once('\n').unwrap();
        let (_, rest) = rest.split_once("```").unwrap();
        assert!(fence.starts_with("```"), "no block below {marker}");
        write!(out, "<!-- {marker} -->\n{fence}\n{}```{rest}", shown(marker)).unwrap();
    }
    out
}

#[test]
fn documents_show_what_is() {
    for name in ["ladder.md", "notices.md"] {
        let (file, text) = document(name);
        let now = renewed(&text);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, &now).unwrap();
        }
        let held = std::fs::read_to_string(&file).unwrap();
        assert!(held == now, "docs/{name} shows what is no longer so; see the head of this test");
    }
}

#[test]
fn the_rules_of_the_documents_are_sound() {
    let (_, text) = document("ladder.md");
    let blocks = toml_blocks(&text);
    assert_eq!(blocks.len(), 3);
    for block in blocks {
        if let Err(faults) = Rules::parse("ladder.md", block) {
            panic!("{faults}\n{block}");
        }
    }
}

fn plans() -> String {
    let labels = Labels::from_iter([("rule", "cpu-high"), ("host", "web-1")]);
    let mut out = String::new();
    for (name, grade, value) in
        [("a page", Grade::Page, 90.0), ("a ticket", Grade::Ticket, 90.0), ("a page at 100 %", Grade::Page, 100.0)]
    {
        writeln!(out, "{name}").unwrap();
        let breach = Breach { labels: &labels, grade, value: Some(value), time_left: None };
        for moment in plan(&ladder(), &breach, 300) {
            writeln!(out, "  minute {:>3}  {}", moment.minute, moment.tell.join(", ")).unwrap();
        }
    }
    out
}

/// A burst that is told, escalated, acknowledged and over, played through the real decision.
fn story(language: Language) -> String {
    let zone = Zone::parse("Asia/Seoul").unwrap();
    let start = parse_moment("2026-11-21 16:10", &zone).unwrap();
    let labels = Labels::from_iter([("rule", "cpu-high"), ("host", "web-1"), ("service", "결제")]);
    let (ladder, group) = (ladder(), "default/service=결제");
    let (mut memory, mut incident): (_, Option<Incident>) = (GroupMemory::default(), None);
    for minute in 0_i64..=70 {
        let now = start + minute * 60;
        if let Some(incident) = incident.as_mut().filter(|_| minute == 41) {
            memory = memory.acknowledge("김민수", ladder.acknowledge_s, now).unwrap();
            incident.acknowledge("김민수", now + 3_600, now);
            incident.note("김민수", "세일 트래픽으로 인스턴스를 한 단계 키움", now + 30);
        }
        let value = if minute < 70 { 81.0 + (minute % 17) as f64 } else { 40.0 };
        let (verdict, since) = look(value, start);
        let graded =
            Graded { grade: Grade::Page, impact: Impact::Degraded, immediacy: Immediacy::Now, because: Because::Table };
        let alarm = Alarm {
            title: "CPU",
            labels: &labels,
            verdict: &verdict,
            graded,
            since,
            unit: Unit::Percent,
            means: None,
            todo: None,
            runbook: None,
            ko: None,
        };
        let member = Member {
            labels: &labels,
            state: verdict.state,
            since,
            grade: Grade::Page,
            value: Some(value),
            time_left: None,
            hush: None,
        };
        let (after, decision) = decide(&ladder, group, memory, &[member], now);
        incident = incident.or_else(|| Incident::open(&decision, group, false));
        incident.as_mut().unwrap().record(&decision, &[alarm], now);
        memory = after;
    }
    let mut incident = incident.unwrap();
    incident.harm = Harm { failed_calls: Some(1_204), clients: None };
    incident.suspect("process java (188%)");
    let audience = Audience { name: "on-call".to_owned(), language, zone };
    report(&incident, &audience, start)
}

fn look(value: f64, start: Time) -> (Verdict, Option<Time>) {
    let reason = |key| Reason::new(key).with("value", Fact::Number(value)).with("limit", Fact::Number(80.0));
    if value > 80.0 {
        return (Verdict::firing(reason("threshold.breaching")).value(value), Some(start));
    }
    (Verdict::fine(reason("threshold.fine")).value(value), None)
}
