//! Naver Works: a title, a text, and a button where there is something to press.

use serde_json::{Value, json};

use super::{Message, cut};

/// Bounds of ours, well within a message of the client.
const TITLE_MAX: usize = 200;
const TEXT_MAX: usize = 2_000;

pub(super) fn body(message: &Message) -> Value {
    let text = format!("{}\n{}", message.summary, message.text);
    let mut body = json!({ "title": cut(&message.title, TITLE_MAX), "body": { "text": cut(&text, TEXT_MAX) } });
    if let Some(link) = &message.link {
        body["button"] = json!({ "label": "확인 · Acknowledge", "url": link });
    }
    body
}
