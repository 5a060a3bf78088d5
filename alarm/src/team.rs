//! Who is told, in which language, and by which clock.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hours::check_zone;
use crate::sheet::{At, Faults, did_you_mean};
use crate::zone::Zone;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    En,
    Ko,
}

/// `[team]` as written: what holds for everybody who is told.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawTeam {
    /// "en" or "ko".
    pub language: Language,
    /// IANA name, like "Asia/Seoul"; UTC where none is given.
    pub zone: Option<At<String>>,
}

/// `[[audience]]` as written: a name that ladders tell. Where none is written, any name is taken.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAudience {
    /// What ladders and outlets call it by.
    pub name: At<String>,
    /// The team's where it is not said.
    #[serde(default)]
    pub language: Option<Language>,
    /// The team's where it is not said.
    #[serde(default)]
    pub zone: Option<At<String>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    pub language: Language,
    pub zone: Zone,
    audiences: Vec<Audience>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Audience {
    pub name: String,
    pub language: Language,
    pub zone: Zone,
}

/// More people to tell than any ladder needs.
pub const AUDIENCES_MAX: usize = 200;

impl Default for Team {
    fn default() -> Self {
        Self { language: Language::default(), zone: Zone::utc(), audiences: Vec::new() }
    }
}

impl Team {
    pub fn check(raw: &RawTeam, audiences: &[RawAudience], faults: &mut Faults) -> Self {
        let zone = check_zone(raw.zone.as_ref(), &Zone::utc(), faults);
        let mut team = Self { language: raw.language, zone, audiences: Vec::new() };
        if let Some(over) = audiences.get(AUDIENCES_MAX) {
            faults.add(over.name.span.clone(), "SG-TEL-010", format!("more than {AUDIENCES_MAX} audiences"));
        }
        for said in audiences.iter().take(AUDIENCES_MAX) {
            if team.audiences.iter().any(|held| held.name == said.name.value) {
                let says = format!("a second audience of the name \"{}\"", said.name.value);
                faults.add(said.name.span.clone(), "SG-TEL-008", says);
                continue;
            }
            let zone = check_zone(said.zone.as_ref(), &team.zone, faults);
            let language = said.language.unwrap_or(team.language);
            team.audiences.push(Audience { name: said.name.value.clone(), language, zone });
        }
        team
    }

    /// How to speak to `name`: as the team does, where nothing else is said.
    pub fn audience(&self, name: &str) -> Audience {
        let held = self.audiences.iter().find(|audience| audience.name == name).cloned();
        held.unwrap_or_else(|| Audience { name: name.to_owned(), language: self.language, zone: self.zone.clone() })
    }

    /// A name that a ladder tells must exist, once any is written down.
    pub(crate) fn check_name(&self, name: &At<String>, faults: &mut Faults) {
        let known = || self.audiences.iter().map(|audience| audience.name.as_str());
        if self.audiences.is_empty() || known().any(|held| held == name.value) {
            return;
        }
        let hint = did_you_mean(name, known()).map(|best| format!("; did you mean \"{best}\"?")).unwrap_or_default();
        faults.add(name.span.clone(), "SG-TEL-007", format!("no [[audience]] is called \"{}\"{hint}", name.value));
    }
}
