//! Every limit of every shape, for hostile names: of any length, script and markup.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::grade::{Because, Immediacy, Impact};
use crate::notify::{Ended, Next};
use crate::verdict::{Reason, TimeLeft};
use crate::zone::Zone;

#[derive(Clone, Debug)]
struct Hostile {
    names: Vec<String>,
    why: Why,
    grade: Grade,
    language: Language,
    numbers: [f64; 3],
    times: [Time; 2],
    count: usize,
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "[&<>@`\"\\\\*_~|\\[\\](){}!#\n\r\t]{0,300}",
        "[가-힣]{0,300}",
        Just("<!channel> <@U123> <https://evil.example|click> [a](https://evil.example) @here".to_owned()),
        Just("\u{202e}\u{2066}gnp.exe\u{0}\u{7}".to_owned()),
        Just("&".repeat(2_000)),
        Just("\"\\".repeat(500)),
        Just("👩‍👩‍👧‍👦".repeat(100)),
    ]
}

fn why() -> impl Strategy<Value = Why> {
    prop_oneof![
        any::<bool>().prop_map(|jumped| Why::First { jumped }),
        any::<bool>().prop_map(|jumped| Why::Escalated { jumped }),
        Just(Why::Persists { ended: Ended::Maintenance }),
        Just(Why::Graver { from: Grade::Ticket }),
        Just(Why::Joined),
        Just(Why::SomeOver),
        (name(), any::<i64>()).prop_map(|(by, until)| Why::Acknowledged { by, until }),
        Just(Why::Repeat),
        Just(Why::Over),
    ]
}

fn hostile() -> impl Strategy<Value = Hostile> {
    let grade = prop_oneof![Just(Grade::Note), Just(Grade::Ticket), Just(Grade::Page)];
    let language = prop_oneof![Just(Language::En), Just(Language::Ko)];
    let names = proptest::collection::vec(name(), 12);
    let numbers = [any::<f64>(), any::<f64>(), any::<f64>()];
    let made = (names, why(), grade, language, numbers, [any::<i64>(), any::<i64>()], 0_usize..40);
    made.prop_map(|(names, why, grade, language, numbers, times, count)| Hostile {
        names,
        why,
        grade,
        language,
        numbers,
        times,
        count,
    })
}

fn hostile_verdict(it: &Hostile) -> Verdict {
    let mut verdict = Verdict::firing(
        Reason::new("log.too_many")
            .with("kind", Fact::Text(it.names[5].clone()))
            .with("count", Fact::Number(it.numbers[0]))
            .with("within", Fact::DurationS(it.numbers[1]))
            .with("limit", Fact::Money(it.numbers[2])),
    );
    verdict.time_left = Some(TimeLeft { low_s: it.numbers[0], likely_s: it.numbers[1], high_s: it.numbers[2] });
    verdict
}

/// Hands the notice of a hostile matter to `look`.
fn with_notice(it: &Hostile, look: impl FnOnce(&Notice, &Matter<'_>)) {
    let n = &it.names;
    let labels = Labels::from_iter([("service", &n[0]), ("host", &n[1]), ("rule", &n[2]), (n[3].as_str(), &n[4])]);
    let verdict = hostile_verdict(it);
    let graded = Graded { grade: it.grade, impact: Impact::Outage, immediacy: Immediacy::Now, because: Because::Table };
    let todo = n[6..12].join("\n");
    let alarm = Alarm {
        title: &n[2],
        labels: &labels,
        verdict: &verdict,
        graded,
        since: Some(it.times[0]),
        unit: Unit::Bytes,
        means: Some(&n[7]).filter(|means| means.len() % 2 == 0).map(String::as_str),
        todo: Some(&todo),
        runbook: Some(&n[8]),
        ko: None,
    };
    let alarms = vec![alarm; it.count];
    let numbers: Vec<_> = (0..it.count).collect();
    let next = Some(Next { at: it.times[1], tell: n[9..12].to_vec() });
    let due = Due {
        incident: "20261121-071003-k3f9a2".to_owned(),
        number: u32::MAX,
        why: it.why.clone(),
        to: vec![n[0].clone()],
        grade: it.grade,
        since: it.times[0],
        steps: vec![0],
        firing: if it.why == Why::Over { vec![] } else { numbers.clone() },
        fresh: numbers.clone(),
        over: if it.why == Why::Over { numbers } else { vec![] },
        gone: it.count,
        next,
    };
    let suspect = |name: &String| Suspect {
        what: Suspicion::Error,
        name: name.clone(),
        much: Some(Fact::Percent(it.numbers[0])),
    };
    let suspects: Vec<_> = n.iter().map(suspect).collect();
    let long = format!("https://page.example/{}", "a".repeat(570));
    let matter = Matter {
        due: &due,
        alarms: &alarms,
        suspects: &suspects,
        link: Some(&long),
        acknowledge: Some(&long),
        drill: true,
        now: it.times[1],
    };
    let zone = Zone::parse("America/New_York").unwrap();
    let audience = Audience { name: n[0].clone(), language: it.language, zone };
    let notice = compose(&matter, &audience);
    look(&notice, &matter);
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Every text of the value, with whether Slack reads markup in it.
fn texts<'a>(value: &'a Value, out: &mut Vec<(&'a str, bool)>) {
    match value {
        Value::Object(map) => {
            if let (Some("mrkdwn" | "plain_text"), Some(text)) =
                (map.get("type").and_then(Value::as_str), map.get("text").and_then(Value::as_str))
            {
                out.push((text, map["type"] == "mrkdwn"));
                assert!(map["type"] != "mrkdwn" || map["verbatim"] == true);
            } else {
                map.values().for_each(|inner| texts(inner, out));
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| texts(inner, out)),
        _ => {}
    }
}

fn holds_no_markup(text: &str) {
    assert!(!text.contains(['<', '>', '`']), "{text}");
    assert!(!text.contains("](") && !text.contains("@here") && !text.contains("@U"), "{text}");
    for (at, _) in text.match_indices('&') {
        assert!(["&amp;", "&lt;", "&gt;"].iter().any(|escape| text[at..].starts_with(escape)), "torn escape in {text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn e_mail(it in hostile()) {
        with_notice(&it, |notice, _| {
            let Email { subject, body } = email(notice);
            assert!(subject.len() <= SUBJECT_MAX && subject.len() > 10, "{subject}");
            assert!(subject.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{subject}");
            assert!(subject.contains("20261121-071003-k3f9a2"), "{subject} lost its incident");
            assert!(subject.starts_with(|c: char| c.is_ascii_alphanumeric()));
            assert!(body.len() <= BODY_MAX, "{} bytes", body.len());
            assert!(!body.chars().any(|c| c.is_control() && c != '\n'), "{body:?}");
            assert!(body.contains("20261121-071003-k3f9a2"));
        });
    }

    #[test]
    fn block_kit(it in hostile()) {
        with_notice(&it, |notice, _| {
            let message = slack(notice);
            let blocks = message["blocks"].as_array().unwrap();
            assert!(blocks.len() <= BLOCKS_MAX);
            assert!(units(blocks[0]["text"]["text"].as_str().unwrap()) <= HEADER_MAX);
            for block in blocks {
                assert!(block["fields"].as_array().is_none_or(|fields| fields.len() <= FIELDS_MAX));
                assert!(block["elements"].as_array().is_none_or(|elements| elements.len() <= 10));
            }
            let mut all = Vec::new();
            texts(&message["blocks"], &mut all);
            for (text, markup) in all {
                assert!(!text.is_empty() && units(text) <= SECTION_MAX, "{} in {text}", units(text));
                if markup {
                    holds_no_markup(text);
                }
            }
            holds_no_markup(message["text"].as_str().unwrap());
            let json = serde_json::to_string(&message).unwrap();
            assert!(units(&json) <= MESSAGE_MAX, "{} of {MESSAGE_MAX}", units(&json));
        });
    }

    #[test]
    fn the_chat_schema(it in hostile()) {
        with_notice(&it, |notice, _| {
            let message = chat(notice);
            let content = &message["content"];
            assert_eq!((&message["version"], &message["source"]), (&"1.0".into(), &"custom".into()));
            assert_eq!(content["textType"], "client-markdown");
            assert_eq!(message["metadata"]["threadId"], "20261121-071003-k3f9a2");
            let description = content["description"].as_str().unwrap();
            assert!(!description.is_empty() && units(description) <= DESCRIPTION_MAX);
            holds_no_markup(description);
            holds_no_markup(content["title"].as_str().unwrap());
            assert!(content["nextSteps"].as_array().unwrap().len() <= STEPS_MAX);
            assert!(content["keywords"].as_array().unwrap().len() <= KEYWORDS_MAX);
            for value in message["metadata"]["additionalContext"].as_object().unwrap().values() {
                assert!(value.is_string());
            }
        });
    }

    #[test]
    fn json_is_json_whatever_the_numbers(it in hostile()) {
        with_notice(&it, |notice, matter| {
            let value = json(notice, matter);
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["incident"], "20261121-071003-k3f9a2");
        });
    }
}
