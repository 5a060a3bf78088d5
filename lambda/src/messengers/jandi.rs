//! JANDI: a line with a link, and below it a coloured bar with what is known.

use serde_json::{Value, json};

use super::{Message, cut};

/// Bounds of ours: JANDI states none, and folds what is longer.
const TITLE_MAX: usize = 250;
const TEXT_MAX: usize = 4_000;

pub(super) fn body(message: &Message) -> Value {
    // Brackets would end the link that the title is made into.
    let title = cut(&message.title.replace(['[', ']'], " "), TITLE_MAX);
    let body = match &message.link {
        Some(link) => format!("[[{title}]]({link})"),
        None => title,
    };
    json!({
        "body": body,
        "connectColor": message.colour(),
        "connectInfo": [{ "title": cut(&message.summary, TITLE_MAX), "description": cut(&message.text, TEXT_MAX) }],
    })
}
