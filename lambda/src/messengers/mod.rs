//! Messengers that take a notice by an incoming webhook, each by a template of its own: a new one is one file, and one
//! line in the table below.
//!
//! A template says what a message looks like and nothing else: addresses, time-outs and what an answer means are the
//! same for all (`aws::tell`).

mod jandi;
mod naver_works;

use account::item::Owed;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Messenger {
    /// What the outlets call it.
    pub(crate) name: &'static str,
    /// What its webhook wants to be told that it is asked for.
    pub(crate) accept: &'static str,
    body: fn(&Message) -> Value,
}

pub(crate) const ALL: &[Messenger] = &[
    Messenger { name: "jandi", accept: "application/vnd.tosslab.jandi-v2+json", body: jandi::body },
    Messenger { name: "naver-works", accept: "application/json", body: naver_works::body },
];

pub(crate) fn find(name: &str) -> Option<&'static Messenger> {
    ALL.iter().find(|it| it.name == name)
}

impl Messenger {
    /// `None` where the notice is of a form that this version does not read.
    pub(crate) fn body(&self, owed: &Owed) -> Option<String> {
        Some((self.body)(&Message::of(owed)?).to_string())
    }
}

/// What a template has to work with: the words of the notice, in the language of its audience.
#[derive(Debug, PartialEq)]
struct Message {
    title: String,
    /// The first line below the title: why this is told now.
    summary: String,
    /// All else that the notice says, as plain lines.
    text: String,
    grade: Grade,
    over: bool,
    /// Where it is acknowledged.
    link: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Grade {
    Page,
    Ticket,
    Note,
}

#[derive(Deserialize)]
struct Told {
    title: String,
    summary: String,
    grade: Grade,
    state: String,
    links: Links,
}

#[derive(Deserialize)]
struct Links {
    acknowledge: Option<String>,
}

impl Message {
    fn of(owed: &Owed) -> Option<Self> {
        let told: Told = serde_json::from_str(&owed.json).ok()?;
        // The mail begins with the title and the summary.
        let text = owed.email.lines().skip(2).collect::<Vec<_>>().join("\n").trim().to_owned();
        let (title, summary, grade) = (told.title, told.summary, told.grade);
        Some(Self { title, summary, text, grade, over: told.state == "over", link: told.links.acknowledge })
    }

    /// As a bar or a dot: red, amber, blue, and green when it is over.
    fn colour(&self) -> &'static str {
        match (self.over, self.grade) {
            (true, _) => "#2E7D32",
            (_, Grade::Page) => "#C62828",
            (_, Grade::Ticket) => "#F9A825",
            (_, Grade::Note) => "#1565C0",
        }
    }
}

/// Whole characters, at most so many.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn owed(state: &str) -> Owed {
        let told = json!({
            "title": "긴급 · memory · web-1", "summary": "새로 발생했습니다.", "grade": "page", "state": state,
            "links": { "acknowledge": "https://x.example/?i=1", "runbook": null },
        });
        Owed {
            email: "긴급 · memory · web-1\n새로 발생했습니다.\n\n내용: 97 %\n위치: web-1\n".into(),
            json: told.to_string(),
            ..Owed::default()
        }
    }

    fn body(name: &str, state: &str) -> Value {
        serde_json::from_str(&find(name).unwrap().body(&owed(state)).unwrap()).unwrap()
    }

    #[test]
    fn jandi() {
        let expected = json!({
            "body": "[[긴급 · memory · web-1]](https://x.example/?i=1)",
            "connectColor": "#C62828",
            "connectInfo": [{ "title": "새로 발생했습니다.", "description": "내용: 97 %\n위치: web-1" }],
        });
        assert_eq!(body("jandi", "firing"), expected);
        assert_eq!(body("jandi", "over")["connectColor"], "#2E7D32");
    }

    #[test]
    fn naver_works() {
        let expected = json!({
            "title": "긴급 · memory · web-1",
            "body": { "text": "새로 발생했습니다.\n내용: 97 %\n위치: web-1" },
            "button": { "label": "확인 · Acknowledge", "url": "https://x.example/?i=1" },
        });
        assert_eq!(body("naver-works", "firing"), expected);
    }

    #[test]
    fn nothing_is_longer_than_it_may_be() {
        let mut long = owed("firing");
        long.email = format!("t\ns\n{}", "가".repeat(50_000));
        for messenger in ALL {
            let body = messenger.body(&long).unwrap();
            assert!(body.len() < 16_384, "{}: {}", messenger.name, body.len());
        }
        long.json = "{}".into();
        assert!(ALL.iter().all(|it| it.body(&long).is_none()));
    }
}
