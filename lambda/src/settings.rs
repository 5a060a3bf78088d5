//! What the function is told by its environment. Read once, in `main`; a fault names the variable and what it should be.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Name of the table.
const TABLE: &str = "STORMGLASS_TABLE";
/// Name of the parameter that holds the rules; a path (it ends with `/`) holds them in parts, put together by name.
const RULES: &str = "STORMGLASS_RULES";
/// Name of the parameter that holds the key with which links are signed.
const LINK_KEY: &str = "STORMGLASS_LINK_KEY";
/// Where links lead: the function's own URL.
const LINK_BASE: &str = "STORMGLASS_LINK_BASE";
/// Who hears each audience: `{"on-call": {"topic": "arn:...", "chat_topic": "arn:...", "webhook": "/name"}}`.
const OUTLETS: &str = "STORMGLASS_OUTLETS";

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) table: String,
    pub(crate) rules: String,
    pub(crate) link_key: Option<String>,
    pub(crate) link_base: Option<String>,
    pub(crate) outlets: BTreeMap<String, Outlet>,
}

/// Where one audience is reached. `*` in the table stands for every audience that has no line of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Outlet {
    /// People, queues and programs: each protocol gets its own body.
    pub(crate) topic: Option<String>,
    /// A topic that Amazon Q Developer in chat applications hears: it takes messages of its schema alone.
    pub(crate) chat_topic: Option<String>,
    /// Name of the parameter that holds the address of a Slack webhook: whoever has the address may write there.
    pub(crate) webhook: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("SG-LAM-003: {variable}: {says}")]
pub(crate) struct Fault {
    variable: &'static str,
    says: String,
}

impl Settings {
    /// `variable` looks one up.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<Fault>> {
        let get = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let mut faults = Vec::new();
        let mut must = |name, is: &str| {
            get(name).unwrap_or_else(|| {
                faults.push(Fault { variable: name, says: format!("is not set; it must be {is}") });
                String::new()
            })
        };
        let table = must(TABLE, "the name of the DynamoDB table");
        let rules = must(RULES, "the name of the SSM parameter with the rules");
        let outlets = get(OUTLETS).unwrap_or_else(|| "{}".to_owned());
        let outlets = serde_json::from_str(&outlets).unwrap_or_else(|error| {
            faults.push(Fault { variable: OUTLETS, says: format!("is not the JSON that it must be: {error}") });
            BTreeMap::new()
        });
        let (link_key, link_base) = (get(LINK_KEY), get(LINK_BASE));
        if link_base.as_ref().is_some_and(|base| !base.starts_with("https://") && !base.starts_with("http://127.")) {
            faults.push(Fault { variable: LINK_BASE, says: "must be an address that begins with https://".to_owned() });
        }
        let settings = Self { table, rules, link_key, link_base, outlets };
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }

    pub(crate) fn outlet(&self, audience: &str) -> Option<&Outlet> {
        self.outlets.get(audience).or_else(|| self.outlets.get("*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, Vec<Fault>> {
        Settings::read(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn every_fault_at_once() {
        let faults = read(&[(OUTLETS, r#"{"on-call": {"tpic": "x"}}"#), (LINK_BASE, "ftp://x")]).unwrap_err();
        let named: Vec<_> = faults.iter().map(|fault| fault.variable).collect();
        assert_eq!(named, [TABLE, RULES, OUTLETS, LINK_BASE]);
        assert!(faults[2].to_string().contains("tpic"), "{}", faults[2]);
    }

    #[test]
    fn an_audience_without_a_line_has_the_star() {
        let outlets = r#"{"on-call": {"topic": "a"}, "*": {"topic": "b"}}"#;
        let settings = read(&[(TABLE, "t"), (RULES, "/r"), (OUTLETS, outlets)]).unwrap();
        assert_eq!(settings.outlet("on-call").unwrap().topic.as_deref(), Some("a"));
        assert_eq!(settings.outlet("department").unwrap().topic.as_deref(), Some("b"));
    }
}
