//! Above a rate the notices of one audience are sent as one. Each is still owed and marked by itself: a process that dies
//! between sends what is not marked once more, as it would a single notice.

use std::collections::{BTreeMap, HashMap};

use account::item::Owed;
use alarm::grade::Grade;
use alarm::notice::{chat, email, slack};
use alarm::points::Time;
use alarm::team::Team;
use serde_json::{Value, json};

use super::send::claim;
use super::turn::Report;
use super::{Me, Warm};
use crate::gathered::{Gathered, digest};
use crate::outside::{Outside, Trouble};

/// Notices of one audience that one round sends one by one.
pub(super) const SINGLY_MAX: usize = 10;
/// What programs are told of each, in short: SNS takes 256 KB of all protocols of a message together.
const TOLD_MAX: usize = 150;

/// What became of the ways of a notice that stands in a digest; an error keeps it owed.
pub(super) type Gathering = HashMap<String, Vec<(String, Result<(), Trouble>)>>;

/// Sends what is free to be sent and has not arrived anywhere, where there is too much of it. What is in no digest is not
/// mentioned.
pub(super) async fn gather(warm: &mut Warm, out: &impl Outside, me: &Me, report: &mut Report) -> Gathering {
    let mut waiting: BTreeMap<String, usize> = BTreeMap::new();
    for owed in warm.held.values().flat_map(|held| &held.group.owed).filter(|owed| waits(owed, me)) {
        *waiting.entry(owed.audience.clone()).or_default() += 1;
    }
    let mut gathering = Gathering::new();
    for audience in waiting.into_iter().filter(|(_, count)| *count > SINGLY_MAX).map(|(audience, _)| audience) {
        // Nobody hears it: each says so for itself, and waits.
        if out.ways(&audience).is_empty() {
            continue;
        }
        let owed = ours(warm, &audience, out, me, report).await;
        // Others were quicker: few are left, and are sent one by one.
        if owed.len() <= SINGLY_MAX {
            continue;
        }
        let one = gathered(&owed, &audience, &warm.standing.rules.team, me.now);
        let mut ways = Vec::new();
        for way in out.ways(&audience) {
            ways.push((way.clone(), out.send(&one, &way).await.map(drop)));
        }
        tracing::info!(audience, notices = owed.len(), "gathered into one");
        gathering.extend(owed.iter().map(|owed| (owed.id(), ways.clone())));
    }
    gathering
}

fn waits(owed: &Owed, me: &Me) -> bool {
    !owed.event && owed.done.is_empty() && owed.free(&me.name, me.now)
}

/// Those of one audience that are ours to send, the claims of those that wait from earlier rounds taken.
async fn ours(warm: &mut Warm, audience: &str, out: &impl Outside, me: &Me, report: &mut Report) -> Vec<Owed> {
    let mut ours = Vec::new();
    for held in warm.held.values_mut() {
        let of_audience = |owed: &&Owed| owed.audience == audience && waits(owed, me);
        let waiting: Vec<Owed> = held.group.owed.iter().filter(of_audience).cloned().collect();
        for owed in waiting {
            let claimed = if owed.claim.by == me.name { Ok(true) } else { claim(held, &owed, out, me).await };
            match claimed {
                Ok(true) => ours.push(owed),
                Ok(false) => {}
                Err(trouble) => report.trouble(&trouble),
            }
        }
    }
    ours
}

fn gathered(owed: &[Owed], audience: &str, team: &Team, now: Time) -> Owed {
    let told: Vec<Value> = owed.iter().map(|it| serde_json::from_str(&it.json).unwrap_or_default()).collect();
    let one = |(told, owed): (&Value, &Owed)| Gathered {
        grade: serde_json::from_value(told["grade"].clone()).unwrap_or(Grade::Ticket),
        over: told["state"] == "over",
        drill: told["drill"] == true,
        title: told["title"].as_str().unwrap_or(&owed.subject).to_owned(),
    };
    let parts: Vec<Gathered> = told.iter().zip(owed).map(one).collect();
    let name = format!("digest-{now}");
    let notice = digest(&parts, &name, &team.audience(audience), now);
    let short = |told: &Value| {
        let keys = ["incident", "number", "grade", "state", "title"];
        keys.into_iter().map(|key| (key.to_owned(), told[key].clone())).collect::<serde_json::Map<_, _>>()
    };
    let notices: Vec<_> = told.iter().take(TOLD_MAX).map(short).collect();
    let json = json!({
        "version": 1, "digest": true, "incident": name, "number": 1, "drill": notice.drill, "audience": audience,
        "state": "firing", "grade": notice.grade.name(), "title": notice.title, "summary": notice.summary,
        "alarms": [], "links": {}, "count": owed.len(), "notices": notices,
    });
    let mail = email(&notice);
    Owed {
        incident: name,
        number: 1,
        audience: audience.to_owned(),
        since: now,
        subject: mail.subject,
        email: mail.body,
        chat: chat(&notice).to_string(),
        slack: slack(&notice).to_string(),
        json: json.to_string(),
        ..Owed::default()
    }
}
