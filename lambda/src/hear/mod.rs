//! Hears people: the function's URL, where an incident is looked at, acknowledged and silenced.
//!
//! Mail scanners follow links: GET only shows, POST acts. Every link is signed, names one incident and ends. What is
//! typed is shown and kept as text, never as markup.

mod page;
mod silence;

use account::act::{self, TRIES_MAX};
use account::link::{Key, unescape};
use account::{Change, Saved};
use alarm::points::Time;
use alarm::team::{Audience, Team};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::outside::{Outside, Trouble};

/// For how long an acknowledgement may hold, in minutes.
const MINUTES: [u64; 4] = [30, 60, 240, 480];
/// Longest form that is read.
const BODY_MAX: usize = 4_096;

/// A request to the function's URL (payload format 2.0).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: Context,
}

#[derive(Debug, Deserialize)]
struct Context {
    http: Http,
}

#[derive(Debug, Deserialize)]
struct Http {
    method: String,
}

/// What came of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Act {
    Done {
        until: Time,
    },
    Silenced {
        until: Time,
    },
    /// Its group has nothing in common by which it could be silenced.
    Nameless,
    Over,
}

pub(crate) async fn answer(asked: &Asked, key: Option<&Key>, team: &Team, out: &impl Outside, now: Time) -> Value {
    let Some(key) = key else {
        return respond(404, &page::plain(&team.audience(""), "SG-LAM-022: this function signs no links"));
    };
    let pass = match key.open(&asked.raw_query_string, now) {
        Ok(pass) => pass,
        Err(forged) => {
            tracing::warn!(%forged, "a link that does not open");
            return respond(403, &page::refused(&team.audience(""), forged));
        }
    };
    let audience = team.audience(&pass.audience);
    let result = match asked.request_context.http.method.as_str() {
        "GET" | "HEAD" => show(&pass.incident, &audience, out, now).await,
        "POST" => act(asked, &pass.incident, &audience, out, now).await,
        _ => return respond(405, &page::plain(&audience, "SG-LAM-023: only GET and POST")),
    };
    result.unwrap_or_else(|trouble| {
        tracing::error!(code = trouble.code, says = trouble.says, "a person could not be answered");
        respond(503, &page::later(&audience))
    })
}

async fn show(incident: &str, audience: &Audience, out: &impl Outside, now: Time) -> Result<Value, Trouble> {
    let Some((story, _)) = out.story(incident).await? else { return Ok(respond(404, &page::gone(audience))) };
    Ok(respond(200, &page::incident(&story, audience, now)))
}

async fn act(
    asked: &Asked,
    incident: &str,
    audience: &Audience,
    out: &impl Outside,
    now: Time,
) -> Result<Value, Trouble> {
    let form = form(asked).unwrap_or_default();
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim().to_owned());
    let by = field("by").filter(|by| !by.is_empty()).unwrap_or_else(|| audience.name.clone());
    let by: String = by.chars().filter(|it| !it.is_control()).take(80).collect();
    let minutes = field("minutes").and_then(|text| text.parse().ok()).filter(|it| MINUTES.contains(it));
    let for_s = minutes.unwrap_or(MINUTES[1]) * 60;
    let wants_silence = field("act").as_deref() == Some("silence");
    let act = if wants_silence {
        silenced(incident, &by, for_s, out, now).await?
    } else {
        acknowledge(incident, &by, for_s, out, now).await?
    };
    let Some(act) = act else {
        return Ok(respond(404, &page::gone(audience)));
    };
    Ok(respond(200, &page::acted(&act, &by, audience, now)))
}

/// What its group has in common is told to nobody for a while. The story has it from the next round, by its name.
/// `None`: there is no such incident.
async fn silenced(incident: &str, by: &str, for_s: u64, out: &impl Outside, now: Time) -> Result<Option<Act>, Trouble> {
    let Some((story, _)) = out.story(incident).await? else { return Ok(None) };
    if story.ended.is_some() {
        return Ok(Some(Act::Over));
    }
    let Some(silence) = silence::of(&story, by, for_s, now) else { return Ok(Some(Act::Nameless)) };
    out.silence(&silence, now).await?;
    tracing::info!(incident, by, until = silence.until, "silenced");
    Ok(Some(Act::Silenced { until: silence.until }))
}

/// `None`: there is no such incident.
async fn acknowledge(
    incident: &str,
    by: &str,
    for_s: u64,
    out: &impl Outside,
    now: Time,
) -> Result<Option<Act>, Trouble> {
    for _ in 0..TRIES_MAX {
        let Some((mut story, name)) = out.story(incident).await? else { return Ok(None) };
        let Some(mut held) = out.group(&name).await? else { return Ok(Some(Act::Over)) };
        let Some(until) = act::acknowledge(&mut held.group, &mut story, by, for_s, now) else {
            return Ok(Some(Act::Over));
        };
        let change = Change { group: &held.group, version: held.version, story: Some(&story) };
        if let Saved::As(_) = out.save(&change).await? {
            out.ring().await?;
            tracing::info!(incident, by, until, "acknowledged");
            return Ok(Some(Act::Done { until }));
        }
    }
    Err(Trouble { code: "SG-LAM-024", says: format!("{incident}: others wrote each time; nothing was acknowledged") })
}

fn form(asked: &Asked) -> Option<Vec<(String, String)>> {
    let body = asked.body.as_deref().filter(|body| body.len() <= BODY_MAX)?;
    let text = if asked.is_base64_encoded {
        String::from_utf8(aws_smithy_types::base64::decode(body).ok()?).ok()?
    } else {
        body.to_owned()
    };
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some((unescape(name)?, unescape(value)?))
    };
    Some(text.split('&').filter_map(pair).collect())
}

fn respond(status: u16, html: &str) -> Value {
    json!({
        "statusCode": status,
        "headers": {
            "content-type": "text/html; charset=utf-8",
            "cache-control": "no-store",
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex",
        },
        "body": html,
    })
}
