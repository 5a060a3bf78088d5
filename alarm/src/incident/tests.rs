//! The story as it is recorded from the real decision, and as it is reported.

use proptest::prelude::*;

use super::*;
use crate::grade::{Because, Graded, Immediacy};
use crate::ladder::Ladder;
use crate::matcher::Labels;
use crate::notify::{GroupMemory, Member, decide};
use crate::team::{Audience, Language};
use crate::verdict::{Reason, Verdict};
use crate::zone::Zone;

/// Plays values of one alarm a minute through the real decision; firing from 80 on.
fn play(values: &[f64], title: &str, host: &str) -> Incident {
    let labels = Labels::from_iter([("rule", "cpu"), ("host", host), ("service", "shop")]);
    let ladder = Ladder::default();
    let (mut memory, mut incident): (_, Option<Incident>) = (GroupMemory::default(), None);
    for (minute, value) in values.iter().enumerate() {
        let now = minute as Time * 60;
        let state = if *value >= 80.0 { State::Firing } else { State::Fine };
        let verdict =
            Verdict::new(state, Reason::new("threshold.fine").with("limit", Fact::Number(80.0))).value(*value);
        let graded =
            Graded { grade: Grade::Page, impact: Impact::Degraded, immediacy: Immediacy::Now, because: Because::Table };
        let alarm = Alarm {
            title,
            labels: &labels,
            verdict: &verdict,
            graded,
            since: Some(now),
            unit: Unit::Percent,
            means: None,
            todo: None,
            runbook: None,
            ko: None,
        };
        let member = Member {
            labels: &labels,
            state,
            since: Some(now),
            grade: Grade::Page,
            value: Some(*value),
            time_left: None,
            hush: None,
        };
        let (after, decision) = decide(&ladder, "default/shop", memory, &[member], now);
        incident = incident.or_else(|| Incident::open(&decision, "default/shop", false));
        if let Some(incident) = &mut incident {
            incident.record(&decision, &[alarm], now);
        }
        memory = after;
    }
    incident.unwrap()
}

fn audience(language: Language) -> Audience {
    Audience { name: "team".to_owned(), language, zone: Zone::parse("Asia/Seoul").unwrap() }
}

#[test]
fn the_story_of_a_breach() {
    let mut incident = play(&[10.0, 85.0, 97.0, 90.0, 20.0], "CPU", "web-1");
    incident.acknowledge("kim\u{202e}", 7_200, 200);
    incident.note("kim", "restarted\nthe worker", 210);
    assert_eq!((incident.began, incident.ended), (60, Some(240)));
    assert_eq!(incident.alarms[0].peak.map(|peak| (peak.value, peak.at)), Some((97.0, 120)));
    assert_eq!(incident.alarms[0].ended, Some(240));
    assert_eq!((incident.notices, incident.told.len()), (2, 1));
    assert!(incident.services.contains("shop") && incident.hosts.contains("web-1"));
    let text = serde_json::to_string(&incident).unwrap();
    assert_eq!(serde_json::from_str::<Incident>(&text).unwrap(), incident);
}

#[test]
fn what_nobody_measured_is_unknown() {
    let mut incident = play(&[85.0, 20.0], "CPU", "web-1");
    assert!(report(&incident, &audience(Language::En), 99).contains("| Failed calls | unknown |"));
    assert!(report(&incident, &audience(Language::Ko), 99).contains("| 실패한 호출 | 알 수 없음 |"));
    incident.harm = Harm { failed_calls: Some(12_345), clients: Some(0) };
    let said = report(&incident, &audience(Language::En), 99);
    assert!(said.contains("| Failed calls | 12,345 |") && said.contains("| Distinct clients | 0 |"));
}

#[test]
fn a_long_story_keeps_its_beginning_and_its_end() {
    let mut incident = play(&[85.0], "CPU", "web-1");
    for minute in 0..1_000 {
        incident.note("kim", &format!("note {minute}"), minute);
    }
    assert_eq!(incident.timeline.len(), TIMELINE_MAX);
    assert!(matches!(&incident.timeline[0].event, Event::Fires { .. }));
    assert!(matches!(&incident.timeline[TIMELINE_MAX - 1].event, Event::Note { text, .. } if text == "note 999"));
    assert!(report(&incident, &audience(Language::En), 99).contains("entries left out"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_name_breaks_the_report(title in "\\PC{0,200}|[|`<>&*_#\\[\\]\n\r~\\\\]{0,200}", host in "\\PC{1,300}") {
        let mut incident = play(&[85.0, 20.0], &title, &host);
        incident.note(&title, &host, 0);
        incident.suspect(&title);
        for language in [Language::En, Language::Ko] {
            let said = report(&incident, &audience(language), 99);
            let tables = said.lines().filter(|line| line.starts_with('|'));
            for line in tables {
                let bars = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
                prop_assert!(bars == 3 || bars == 5, "{line}");
            }
            prop_assert!(!said.contains('<'), "{said}");
            prop_assert_eq!(said.lines().filter(|line| line.starts_with('#')).count(), 8);
        }
    }
}
