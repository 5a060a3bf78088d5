//! Plain text, as SNS sends it: an ASCII subject, and a body whose first lines are what a lock screen shows.

use super::text::ascii;
use super::words::pick;
use super::{LinkKind, Notice};
use crate::team::Language;

/// SNS takes fewer than 100 characters (facts/alarm-semantics.md, the SNS message).
pub const SUBJECT_MAX: usize = 99;
/// Ours: SNS takes 256 KiB for all protocols of a message together.
pub const BODY_MAX: usize = 16 * 1_024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    pub subject: String,
    pub body: String,
}

pub fn email(notice: &Notice) -> Email {
    Email { subject: ascii(&notice.subject, SUBJECT_MAX), body: body(notice) }
}

fn body(notice: &Notice) -> String {
    let say = |en, ko| pick(en, ko, notice.language());
    let mut body = format!("{}\n{}\n", notice.title, notice.summary);
    section(&mut body, "", notice.rows.iter().map(|(name, value)| format!("{name}: {value}")));
    if notice.alarms.len() > 1 {
        section(&mut body, say("Alarms", "알람 목록"), notice.alarms.iter().map(|line| format!("- {line}")));
    }
    if notice.suspects.len() > 1 {
        section(&mut body, say("Likely guilty", "유력 원인"), notice.suspects.iter().map(|line| format!("- {line}")));
    }
    let steps = notice.todo.iter().enumerate().map(|(at, step)| format!("{}. {step}", at + 1));
    section(&mut body, say("What to do", "조치 방법"), steps);
    section(&mut body, "", notice.links.iter().map(|link| format!("{}: {}", link.says, link.to)));
    if notice.links.iter().any(|link| link.kind == LinkKind::Acknowledge) {
        let hint = match notice.language() {
            Language::En => "(The acknowledge link opens a page with a button; opening it changes nothing.)",
            Language::Ko => "(확인 링크는 버튼이 있는 페이지를 엽니다. 여는 것만으로는 처리되지 않습니다.)",
        };
        body.push_str(hint);
        body.push('\n');
    }
    body.push_str("\n-- \n");
    body.push_str(&notice.footer);
    body.push('\n');
    body
}

fn section(body: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    body.push('\n');
    if !title.is_empty() {
        body.push_str(title);
        body.push('\n');
    }
    for line in lines {
        // All lines are bounded, so a body only nears its end when every one of them is at its longest.
        if body.len() + line.len() < BODY_MAX - 1_024 {
            body.push_str(&line);
            body.push('\n');
        }
    }
}
