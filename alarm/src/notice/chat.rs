//! The schema of Amazon Q Developer in chat applications: what is of another shape it drops without a word.
//!
//! One `threadId` an incident keeps the first firing, each escalation and the recovery in one thread.

use serde_json::{Value, json};

use super::Notice;
use super::text::mrkdwn;
use super::words::pick;

/// Bounds of ours, in UTF-16 of the escaped text: AWS states none, and a chat client folds what is longer.
const TITLE_MAX: usize = 250;
pub const DESCRIPTION_MAX: usize = 4_000;
const STEP_MAX: usize = 500;
pub const STEPS_MAX: usize = 10;
const KEYWORD_MAX: usize = 80;
pub const KEYWORDS_MAX: usize = 10;

pub fn chat(notice: &Notice) -> Value {
    let steps = notice.todo.iter().map(|step| mrkdwn(step, STEP_MAX));
    // An address is not escaped: `text::link` let none through that could end one.
    let links = notice.links.iter().map(|link| format!("{}: {}", link.says, link.to));
    let steps: Vec<_> = links.chain(steps).take(STEPS_MAX).collect();
    let keywords: Vec<_> = notice.keywords.iter().take(KEYWORDS_MAX).map(|word| mrkdwn(word, KEYWORD_MAX)).collect();
    json!({
        "version": "1.0",
        "source": "custom",
        "id": format!("{}-{}", notice.incident, notice.number),
        "content": {
            "textType": "client-markdown",
            "title": mrkdwn(&notice.title, TITLE_MAX),
            "description": description(notice),
            "nextSteps": steps,
            "keywords": keywords,
        },
        "metadata": {
            "threadId": notice.incident,
            "summary": mrkdwn(&notice.summary, TITLE_MAX),
            "eventType": if notice.over() { "over" } else { notice.grade.name() },
            "relatedResources": keywords,
            "additionalContext": { "grade": notice.grade.name(), "drill": notice.drill.to_string() },
        },
    })
}

fn description(notice: &Notice) -> String {
    let mut lines = vec![notice.summary.clone()];
    lines.extend(notice.rows.iter().map(|(name, value)| format!("{name}: {value}")));
    if notice.alarms.len() > 1 {
        lines.extend(notice.alarms.iter().map(|line| format!("• {line}")));
    }
    if notice.suspects.len() > 1 {
        lines.push(pick("Likely guilty", "유력 원인", notice.language()).to_owned());
        lines.extend(notice.suspects.iter().map(|line| format!("• {line}")));
    }
    lines.push(notice.footer.clone());
    within(&lines, DESCRIPTION_MAX)
}

/// Whole lines while they fit, the last one cut; each escaped by itself, so that no cut falls inside an escape.
pub(super) fn within(lines: &[String], most: usize) -> String {
    let mut text = String::new();
    let mut left = most;
    for line in lines {
        // A line break is two characters of JSON.
        let gap = if text.is_empty() { 0 } else { 2 };
        let Some(room) = left.checked_sub(gap).filter(|room| *room > 0) else { break };
        let escaped = mrkdwn(line, room);
        left = room.saturating_sub(super::text::size(&escaped));
        if gap > 0 {
            text.push('\n');
        }
        text.push_str(&escaped);
    }
    text
}
