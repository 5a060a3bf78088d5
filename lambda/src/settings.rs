//! What the function is told by its environment. Read once, in `main`; a fault names the variable and what it should be.

use std::collections::BTreeMap;

use account::{Outlet, Outlets, outlet};

use crate::messengers;

/// Name of the table.
const TABLE: &str = "STORMGLASS_TABLE";
/// Name of the parameter that holds the rules; a path (it ends with `/`) holds them in parts, put together by name.
const RULES: &str = "STORMGLASS_RULES";
/// Name of the parameter that holds the key with which links are signed.
const LINK_KEY: &str = "STORMGLASS_LINK_KEY";
/// Where links lead: the function's own URL, or (it begins with `/`) the parameter that holds it. A template knows the URL
/// only when the function is there, and then cannot tell it to the function.
const LINK_BASE: &str = "STORMGLASS_LINK_BASE";
/// Who hears each audience: `{"on-call": {"topic": "arn:...", "chat_topic": "arn:...", "webhook": "/name"}}`.
const OUTLETS: &str = "STORMGLASS_OUTLETS";

/// The bus of EventBridge that hears of every transition: its name or ARN. Every account has one called `default`.
const EVENT_BUS: &str = "STORMGLASS_EVENT_BUS";

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) table: String,
    pub(crate) rules: String,
    pub(crate) link_key: Option<String>,
    pub(crate) link_base: Option<String>,
    pub(crate) outlets: Outlets,
    pub(crate) event_bus: Option<String>,
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
        let outlets: Outlets = serde_json::from_str(&outlets).unwrap_or_else(|error| {
            faults.push(Fault { variable: OUTLETS, says: format!("is not the JSON that it must be: {error}") });
            BTreeMap::new()
        });
        for name in outlets.values().flat_map(|outlet| outlet.messengers.keys()) {
            if messengers::find(name).is_none() {
                let known: Vec<_> = messengers::ALL.iter().map(|it| it.name).collect();
                let says = format!("no messenger is called \"{name}\"; there are {}", known.join(", "));
                faults.push(Fault { variable: OUTLETS, says });
            }
        }
        let (link_key, link_base) = (get(LINK_KEY), get(LINK_BASE));
        let leads = |base: &String| ["https://", "http://127.", "/"].iter().any(|start| base.starts_with(start));
        if !link_base.as_ref().is_none_or(leads) {
            let says = "must be an address that begins with https://, or the name of a parameter that holds one";
            faults.push(Fault { variable: LINK_BASE, says: says.to_owned() });
        }
        let event_bus = get(EVENT_BUS);
        let settings = Self { table, rules, link_key, link_base, outlets, event_bus };
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }

    pub(crate) fn outlet(&self, audience: &str) -> Option<&Outlet> {
        outlet::of(&self.outlets, audience)
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
        let outlets = r#"{"on-call": {"messengers": {"jandi": "/jandi", "jundi": "/x"}}}"#;
        let faults = read(&[(TABLE, "t"), (RULES, "/r"), (OUTLETS, outlets)]).unwrap_err();
        assert!(faults.len() == 1 && faults[0].to_string().contains("jundi"), "{faults:?}");
    }

    #[test]
    fn an_audience_without_a_line_has_the_star() {
        let outlets = r#"{"on-call": {"topic": "a"}, "*": {"topic": "b"}}"#;
        let settings = read(&[(TABLE, "t"), (RULES, "/r"), (OUTLETS, outlets)]).unwrap();
        assert_eq!(settings.outlet("on-call").unwrap().topic.as_deref(), Some("a"));
        assert_eq!(settings.outlet("department").unwrap().topic.as_deref(), Some("b"));
    }
}
