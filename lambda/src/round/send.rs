//! Sends what is owed, and marks each notice when the outlet has it.

use account::item::{Claim, Owed};
use account::{Change, Held, Receipt, Saved};

use super::digest::{Gathering, gather};
use super::turn::Report;
use super::{Me, Warm};
use crate::outside::{Outside, Trouble};

/// Older than this it tells nobody anything: what still lasts was told again since.
const OWED_S: i64 = 24 * 3_600;
/// How often a mark is tried against others who write the same group.
const MARKS_MAX: u32 = 5;

pub(super) async fn deliver(warm: &mut Warm, out: &impl Outside, me: &Me, report: &mut Report) {
    let gathering = gather(warm, out, me, report).await;
    let names: Vec<String> =
        warm.held.iter().filter(|(_, held)| !held.group.owed.is_empty()).map(|(name, _)| name.clone()).collect();
    for name in names {
        let Some(mut held) = warm.held.remove(&name) else { continue };
        match group(&mut held, out, me, &gathering, report).await {
            Ok(()) if held.group.at_rest() => {}
            Ok(()) => {
                warm.held.insert(name, held);
            }
            Err(trouble) => {
                report.trouble(&trouble);
                // What stands in the table now is not known: the next round reads it all again.
                warm.head = None;
                warm.held.insert(name, held);
            }
        }
    }
}

async fn group(
    held: &mut Held,
    out: &impl Outside,
    me: &Me,
    gathering: &Gathering,
    report: &mut Report,
) -> Result<(), Trouble> {
    let free: Vec<Owed> = held.group.owed.iter().filter(|owed| owed.free(&me.name, me.now)).cloned().collect();
    for owed in free {
        if owed.claim.by != me.name && !claim(held, &owed, out, me).await? {
            continue;
        }
        let (done, trouble) = match gathering.get(&owed.id()) {
            Some(told) => in_digest(told),
            None => ways(&owed, out).await,
        };
        let arrived = trouble.is_none();
        let old = me.now - owed.since > OWED_S;
        if arrived {
            let sent = if owed.event { &mut report.events } else { &mut report.sent };
            *sent += 1;
        } else if let Some(trouble) = trouble {
            report.failed += 1;
            report.trouble(&trouble);
        }
        if old && !arrived {
            report.dropped += 1;
            tracing::error!(code = "SG-LAM-042", notice = owed.id(), "a notice waited for a day and is dropped");
        }
        mark(held, &owed, out, (!arrived && !old).then_some(done)).await?;
    }
    Ok(())
}

/// It is ours to send for as long as this invocation lasts. `false`: somebody else was quicker.
pub(super) async fn claim(held: &mut Held, owed: &Owed, out: &impl Outside, me: &Me) -> Result<bool, Trouble> {
    let Some(mine) = held.group.owed.iter_mut().find(|it| it.id() == owed.id()) else { return Ok(false) };
    mine.claim = Claim { by: me.name.clone(), until: me.over };
    mine.tries += 1;
    match out.save(&Change { group: &held.group, version: held.version, story: None }).await? {
        Saved::As(version) => {
            held.version = version;
            Ok(true)
        }
        Saved::TooLate => {
            if let Some(newer) = out.group(&held.group.name).await? {
                *held = newer;
            }
            Ok(false)
        }
    }
}

/// It was told with others: by which ways, and what one of the others said.
fn in_digest(told: &[(String, Result<(), Trouble>)]) -> (Vec<String>, Option<Trouble>) {
    let done = told.iter().filter(|(_, sent)| sent.is_ok()).map(|(way, _)| way.clone()).collect();
    (done, told.iter().find_map(|(_, sent)| sent.as_ref().err().cloned()))
}

/// On each way on which it has not arrived yet.
async fn ways(owed: &Owed, out: &impl Outside) -> (Vec<String>, Option<Trouble>) {
    if owed.event {
        return (Vec::new(), out.event(owed).await.err());
    }
    let mut done = owed.done.clone();
    let ways = out.ways(&owed.audience);
    let says = format!("nobody hears \"{}\": it has no outlet", owed.audience);
    let mut trouble = ways.is_empty().then_some(Trouble { code: "SG-LAM-040", says });
    for way in ways.into_iter().filter(|way| !owed.done.contains(way)) {
        match out.send(owed, &way).await {
            Ok(taken) => {
                let receipt = Receipt::of(owed, &way, taken.at, &taken.said);
                // It has arrived, whether that is written down or not.
                if let Err(Trouble { code, says }) = out.receipt(&owed.incident, &receipt).await {
                    tracing::warn!(code, says, "a receipt is not kept");
                }
                done.push(way);
            }
            Err(failed) => trouble = Some(failed),
        }
    }
    (done, trouble)
}

/// It has arrived (`None`), or on some ways only: then anybody may try the others again.
async fn mark(held: &mut Held, owed: &Owed, out: &impl Outside, left: Option<Vec<String>>) -> Result<(), Trouble> {
    for _ in 0..MARKS_MAX {
        match &left {
            None => held.group.owed.retain(|it| it.id() != owed.id()),
            Some(done) => {
                for it in held.group.owed.iter_mut().filter(|it| it.id() == owed.id()) {
                    it.done.clone_from(done);
                    it.claim = Claim::default();
                }
            }
        }
        match out.save(&Change { group: &held.group, version: held.version, story: None }).await? {
            Saved::As(version) => {
                held.version = version;
                return Ok(());
            }
            // Somebody acknowledged meanwhile.
            Saved::TooLate => match out.group(&held.group.name).await? {
                Some(newer) => *held = newer,
                None => return Ok(()),
            },
        }
    }
    Err(Trouble { code: "SG-LAM-041", says: format!("notice {} was sent and could not be marked", owed.id()) })
}
