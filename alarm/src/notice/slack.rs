//! Slack's Block Kit for an incoming webhook, within its limits (facts/alarm-semantics.md, Chat): past them Slack
//! answers 400 and the notice is lost.
//!
//! Text is `verbatim`: Slack then makes no link, channel or mention out of a name. Escapes are still needed.

use serde_json::{Value, json};

use super::chat::within;
use super::text::plain;
use super::words::pick;
use super::{LinkKind, Notice};

pub const HEADER_MAX: usize = 150;
pub const SECTION_MAX: usize = 3_000;
pub const FIELDS_MAX: usize = 10;
pub const BLOCKS_MAX: usize = 50;
/// Of the whole message, as JSON.
pub const MESSAGE_MAX: usize = 13_000;

/// Ours, so that all parts at their longest stay within `MESSAGE_MAX`.
const SUMMARY_MAX: usize = 700;
const FIELD_MAX: usize = 330;
const LIST_MAX: usize = 2_000;
const STEPS_MAX: usize = 1_200;
const FOOTER_MAX: usize = 300;
const BUTTON_MAX: usize = 75;

pub fn slack(notice: &Notice) -> Value {
    let say = |en, ko| pick(en, ko, notice.language());
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": plain(&notice.title, HEADER_MAX), "emoji": false } }),
        section(&within(std::slice::from_ref(&notice.summary), SUMMARY_MAX)),
    ];
    let fields: Vec<_> = notice.rows.iter().take(FIELDS_MAX).map(|(name, value)| field(name, value)).collect();
    if !fields.is_empty() {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    let lists = [
        (say("Alarms", "알람 목록"), bullets(&notice.alarms), LIST_MAX, 2),
        (say("Likely guilty", "유력 원인"), bullets(&notice.suspects), STEPS_MAX, 2),
        (say("What to do", "조치 방법"), numbered(&notice.todo), STEPS_MAX, 1),
    ];
    for (title, lines, most, least) in lists {
        if lines.len() >= least {
            blocks.push(section(&format!("*{title}*\n{}", within(&lines, most))));
        }
    }
    let buttons: Vec<_> = notice.links.iter().map(|link| button(link.kind, &link.says, &link.to)).collect();
    if !buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "elements": buttons }));
    }
    let footer = within(std::slice::from_ref(&notice.footer), FOOTER_MAX);
    blocks.push(json!({ "type": "context", "elements": [text(&footer)] }));
    // `text` is what a telephone shows before the message is opened.
    json!({ "text": within(std::slice::from_ref(&notice.title), FOOTER_MAX), "blocks": blocks })
}

fn text(escaped: &str) -> Value {
    json!({ "type": "mrkdwn", "text": escaped, "verbatim": true })
}

fn section(escaped: &str) -> Value {
    json!({ "type": "section", "text": text(escaped) })
}

fn field(name: &str, value: &str) -> Value {
    text(&format!("*{name}*\n{}", within(&[value.to_owned()], FIELD_MAX)))
}

fn bullets(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| format!("• {line}")).collect()
}

fn numbered(lines: &[String]) -> Vec<String> {
    lines.iter().enumerate().map(|(at, line)| format!("{}. {line}", at + 1)).collect()
}

fn button(kind: LinkKind, says: &str, to: &str) -> Value {
    let mut button = json!({
        "type": "button",
        "text": { "type": "plain_text", "text": plain(says, BUTTON_MAX), "emoji": false },
        "url": to,
    });
    if kind == LinkKind::Acknowledge {
        button["style"] = "primary".into();
    }
    button
}
