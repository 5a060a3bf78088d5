//! What people do: acknowledge, silence, lift a silence, add a note.

use alarm::matcher::Matcher;
use alarm::notice::text::clean;
use alarm::points::Time;
use alarm::silence::{SILENCES_MAX, Silence};

use super::{Judge, keep};
use crate::local::store::Store;

/// A week: whoever wants longer wants another rule.
pub(crate) const ACT_S_MAX: u64 = 7 * 86_400;
const NAME_MAX: usize = 80;
const TEXT_MAX: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Acknowledge { incident: String, by: String, for_s: u64 },
    Silence { labels: Vec<String>, by: String, why: String, for_s: u64 },
    Lift { id: String },
    Note { incident: String, by: String, text: String },
}

/// Why it was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ActError {
    #[error("no such incident is open")]
    NoIncident,
    #[error("no such silence")]
    NoSilence,
    #[error("no label says what to silence, or one of them picks nothing; write `label = value`")]
    NoLabels,
    #[error("for how long? from a minute to a week")]
    Duration,
    #[error("there are too many silences; lift one first")]
    TooMany,
}

impl Judge {
    pub(crate) fn act(&mut self, store: &mut Store, act: Act, now: Time) -> Result<(), ActError> {
        match act {
            Act::Acknowledge { incident, by, for_s } => self.acknowledge(store, &incident, &by, for_s, now),
            Act::Silence { labels, by, why, for_s } => self.silence(store, &labels, (&by, &why), for_s, now),
            Act::Lift { id } => {
                let before = self.silences.len();
                self.silences.retain(|silence| silence.id != id);
                keep::drop_silence(store, &id);
                if self.silences.len() < before { Ok(()) } else { Err(ActError::NoSilence) }
            }
            Act::Note { incident, by, text } => {
                let story = self.incidents.get_mut(&incident).ok_or(ActError::NoIncident)?;
                story.note(&named(&by), &text, now);
                keep::incident(store, story);
                Ok(())
            }
        }
    }

    fn acknowledge(
        &mut self,
        store: &mut Store,
        incident: &str,
        by: &str,
        for_s: u64,
        now: Time,
    ) -> Result<(), ActError> {
        if !(60..=ACT_S_MAX).contains(&for_s) {
            return Err(ActError::Duration);
        }
        let by = named(by);
        let of_incident = |episode: &alarm::notify::Episode| episode.incident == incident;
        let group = self.groups.iter().find(|(_, group)| group.episode.as_ref().is_some_and(of_incident));
        let name = group.map(|(name, _)| name.clone()).ok_or(ActError::NoIncident)?;
        let memory = self.groups.remove(&name).unwrap_or_default();
        let memory = memory.acknowledge(&by, for_s, now).ok_or(ActError::NoIncident)?;
        keep::group(store, &name, &memory);
        self.groups.insert(name, memory);
        if let Some(story) = self.incidents.get_mut(incident) {
            story.acknowledge(&by, now.saturating_add_unsigned(for_s), now);
            keep::incident(store, story);
        }
        Ok(())
    }

    fn silence(
        &mut self,
        store: &mut Store,
        labels: &[String],
        (by, why): (&str, &str),
        for_s: u64,
        now: Time,
    ) -> Result<(), ActError> {
        if !(60..=ACT_S_MAX).contains(&for_s) {
            return Err(ActError::Duration);
        }
        if self.silences.len() >= SILENCES_MAX {
            return Err(ActError::TooMany);
        }
        let labels: Result<Vec<Matcher>, _> = labels.iter().map(|label| Matcher::parse(label)).collect();
        let labels = labels.ok().filter(|labels| !labels.is_empty()).ok_or(ActError::NoLabels)?;
        let number =
            self.silences.iter().filter_map(|silence| silence.id.rsplit_once('-')?.1.parse::<u32>().ok()).max();
        let id = format!("{now}-{}", number.unwrap_or(0) + 1);
        let silence = Silence {
            id,
            labels,
            from: now,
            until: now.saturating_add_unsigned(for_s),
            by: named(by),
            why: clean(why, TEXT_MAX),
        };
        keep::silence(store, &silence);
        self.silences.push(silence);
        Ok(())
    }
}

/// Who did it, as it is kept; nobody is nobody.
fn named(by: &str) -> String {
    let by = clean(by, NAME_MAX);
    if by.is_empty() { "somebody".to_owned() } else { by }
}
