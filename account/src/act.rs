//! What people do with an incident, from a link or from a shell: the same, with the same outcome.

use alarm::incident::Incident;
use alarm::points::Time;

use crate::item::Group;
use crate::table::{Change, Refused, Saved, Table};

/// How often an act is tried against rounds that write the same group.
pub const TRIES_MAX: u32 = 5;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acted {
    /// There is no such incident.
    Unknown,
    /// It is over: there is nothing to take.
    Over,
    Until(Time),
}

/// Somebody has it: people are told no more until then. `None` where this incident is not the one that stands.
pub fn acknowledge(group: &mut Group, story: &mut Incident, by: &str, for_s: u64, now: Time) -> Option<Time> {
    let stands = group.memory.episode.as_ref().is_some_and(|episode| episode.incident == story.id);
    let memory = group.memory.clone().acknowledge(by, for_s, now).filter(|_| stands)?;
    let until = now.saturating_add_unsigned(for_s);
    group.memory = memory;
    story.acknowledge(by, until, now);
    Some(until)
}

impl Table {
    pub async fn acknowledge(&self, incident: &str, by: &str, for_s: u64, now: Time) -> Result<Acted, Refused> {
        for _ in 0..TRIES_MAX {
            let Some((mut story, name)) = self.story(incident).await? else { return Ok(Acted::Unknown) };
            let Some(mut held) = self.group(&name).await? else { return Ok(Acted::Over) };
            let Some(until) = acknowledge(&mut held.group, &mut story, by, for_s, now) else { return Ok(Acted::Over) };
            let change = Change { group: &held.group, version: held.version, story: Some(&story) };
            if let Saved::As(_) = self.save(&change).await? {
                self.ring().await?;
                return Ok(Acted::Until(until));
            }
        }
        Err(Refused { says: format!("{incident}: others wrote each time; nothing was acknowledged") })
    }
}
