//! `[[local.outlet]]`: one way of a notice, and who is meant by it.

use std::path::PathBuf;

use alarm::sheet::{At, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use super::mail::{Mail, RawMail};

/// `[[local.outlet]]`, as typed: one of `webhook`, `webhook_file`, `command` and `email`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWay {
    /// What it is called in what is said of it.
    pub name: At<String>,
    /// Whose notices it gets, as ladders call them; everybody's where not said.
    #[serde(default)]
    pub audience: Option<String>,
    /// The address of a Slack incoming webhook, or of what takes the same.
    #[serde(default)]
    pub webhook: Option<At<String>>,
    /// The file that holds that address, since whoever knows it can write into the channel.
    #[serde(default)]
    pub webhook_file: Option<PathBuf>,
    /// A program and its arguments: the notice comes as JSON on its standard input, its title in `STORMGLASS_TITLE`.
    #[serde(default)]
    pub command: Vec<String>,
    #[serde(default)]
    pub email: Option<RawMail>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) name: String,
    pub(super) audience: Option<String>,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Webhook { url: String },
    Command { argv: Vec<String> },
    Mail(Mail),
}

impl Kind {
    fn word(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Command { .. } => "command",
            Self::Mail(_) => "e-mail",
        }
    }
}

impl Way {
    pub(super) fn hears(&self, audience: &str) -> bool {
        self.audience.as_deref().is_none_or(|heard| heard == audience)
    }

    /// For the page: never with an address.
    pub(crate) fn says(&self) -> String {
        format!("{} ({})", self.name, self.kind.word())
    }
}

impl RawWay {
    pub(crate) fn check(self, faults: &mut Faults) -> Option<Way> {
        let span = self.name.span.clone();
        let mut fault = |says: String| {
            faults.add(span.clone(), "SG-LOC-023", says);
            None
        };
        let name = self.name.value;
        if name.trim().is_empty() {
            return fault("`local.outlet`: it needs a `name`".to_owned());
        }
        let kind = match (self.webhook, self.webhook_file, &self.command[..], self.email) {
            (Some(url), None, [], None) => Kind::Webhook { url: url.value },
            (None, Some(path), [], None) => match std::fs::read_to_string(&path) {
                Ok(url) => Kind::Webhook { url: url.trim().to_owned() },
                Err(error) => {
                    return fault(format!("`local.outlet` \"{name}\": cannot read {}: {error}", path.display()));
                }
            },
            (None, None, [_, ..], None) => Kind::Command { argv: self.command },
            (None, None, [], Some(mail)) => match mail.check() {
                Ok(mail) => Kind::Mail(mail),
                Err(says) => return fault(format!("`local.outlet` \"{name}\": {says}")),
            },
            _ => {
                return fault(format!(
                    "`local.outlet` \"{name}\": say one of `webhook`, `webhook_file`, `command`, `email`"
                ));
            }
        };
        if let Kind::Webhook { url } = &kind
            && !url.starts_with("https://")
            && !url.starts_with("http://")
        {
            return fault(format!("`local.outlet` \"{name}\": a webhook begins with https://"));
        }
        Some(Way { name, audience: self.audience, kind })
    }
}
