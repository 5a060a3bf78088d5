//! Who would hear a notice, and what keeps somebody from hearing it. Pure: the ladders, the outlets and the subscriptions
//! go in, findings come out, the gravest first.

use std::collections::{BTreeMap, BTreeSet};

use account::{Outlet, Outlets, outlet};
use serde::Serialize;

/// What stands beside each message, for filter policies.
pub const ATTRIBUTES: [&str; 8] = ["incident", "audience", "grade", "state", "drill", "service", "alarm", "host"];
/// Where Amazon Q Developer in chat applications listens.
const CHAT_ENDPOINT: &str = "sns-api.chatbot.amazonaws.com";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    Confirmed,
    Pending,
    /// Unsubscribed; SNS lists it for three more days.
    Ended,
}

/// One who subscribed to a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subscription {
    pub protocol: String,
    pub endpoint: String,
    pub state: State,
    /// Whether it can be ended only by somebody who is signed in. `None`: it is not known.
    pub needs_sign_in_to_end: Option<bool>,
    pub filter: Option<String>,
}

/// The subscriptions of each topic, or why they cannot be listed.
pub type Heard = BTreeMap<String, Result<Vec<Subscription>, String>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Somebody who should be told is not.
    Bad,
    /// Somebody may stop being told.
    Warning,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    pub weight: Weight,
    pub code: &'static str,
    /// The audience, topic or subscription.
    pub about: String,
    pub says: String,
}

impl Subscription {
    /// What it would do with a message.
    pub fn fate(&self) -> &'static str {
        match (self.state, self.blind_filter()) {
            (State::Pending, _) => "pending: gets nothing",
            (State::Ended, _) => "unsubscribed: gets nothing",
            (State::Confirmed, Some(_)) => "filtered: gets nothing",
            (State::Confirmed, None) if self.filter.is_some() => "takes what its filter lets through",
            (State::Confirmed, None) => "takes it",
        }
    }

    /// A name that its filter asks for and that no message has: it lets nothing through.
    fn blind_filter(&self) -> Option<String> {
        let policy: serde_json::Map<_, _> = serde_json::from_str(self.filter.as_deref()?).ok()?;
        policy.keys().find(|name| !name.starts_with('$') && !ATTRIBUTES.contains(&name.as_str())).cloned()
    }

    fn is_chat(&self) -> bool {
        self.endpoint.contains(CHAT_ENDPOINT)
    }

    fn name(&self) -> String {
        format!("{} {}", self.protocol, self.endpoint)
    }
}

/// The topics of these outlets, each once.
pub fn topics(outlets: &Outlets) -> BTreeSet<String> {
    outlets.values().flat_map(|it| [&it.topic, &it.chat_topic]).flatten().cloned().collect()
}

/// `told` are the audiences that the ladders tell.
pub fn findings(told: &BTreeSet<String>, outlets: &Outlets, heard: &Heard) -> Vec<Finding> {
    let mut found = Vec::new();
    for audience in told {
        let reached = outlet::of(outlets, audience).is_some_and(|outlet| !outlet.ways().is_empty());
        if !reached {
            let says = "a ladder tells it, and it has no outlet: nobody hears".to_owned();
            found.push(bad("SG-NTY-001", audience, says));
        }
    }
    for audience in outlets.keys().filter(|name| *name != outlet::ANYBODY && !told.contains(*name)) {
        let says = "it has an outlet, and no ladder tells it".to_owned();
        found.push(Finding { weight: Weight::Warning, code: "SG-NTY-002", about: audience.clone(), says });
    }
    for (topic, listed) in heard {
        match listed {
            Ok(subscriptions) => of_topic(topic, subscriptions, outlets, &mut found),
            Err(says) => found.push(bad("SG-NTY-003", topic, format!("it cannot be looked at: {says}"))),
        }
    }
    found.sort();
    found
}

fn bad(code: &'static str, about: &str, says: String) -> Finding {
    Finding { weight: Weight::Bad, code, about: about.to_owned(), says }
}

fn of_topic(topic: &str, subscriptions: &[Subscription], outlets: &Outlets, found: &mut Vec<Finding>) {
    if !subscriptions.iter().any(|it| it.state == State::Confirmed && it.blind_filter().is_none()) {
        found.push(bad("SG-NTY-004", topic, "nobody hears this topic".to_owned()));
    }
    let of_chat = |outlet: &Outlet| outlet.chat_topic.as_deref() == Some(topic);
    let of_people = |outlet: &Outlet| outlet.topic.as_deref() == Some(topic);
    let (chat, people) = (outlets.values().any(of_chat), outlets.values().any(of_people));
    for it in subscriptions {
        let about = format!("{} of {topic}", it.name());
        let mut warn = |code, says: String| {
            found.push(Finding { weight: Weight::Warning, code, about: about.clone(), says });
        };
        match it.state {
            State::Pending => warn("SG-NTY-005", "it was never confirmed and gets nothing".to_owned()),
            State::Ended => warn("SG-NTY-006", "it was unsubscribed and gets nothing".to_owned()),
            State::Confirmed => {}
        }
        if it.state == State::Confirmed && it.protocol.starts_with("email") && it.needs_sign_in_to_end == Some(false) {
            let says = "whoever follows the link at the end of a mail ends it, and mail scanners follow links";
            warn("SG-NTY-007", says.to_owned());
        }
        if let Some(name) = it.blind_filter() {
            warn("SG-NTY-008", format!("its filter asks for `{name}`, which no message has: it gets nothing"));
        }
        if people && it.is_chat() {
            let says = "chat applications drop what is not of their schema: name this topic as `chat_topic` alone";
            found.push(bad("SG-NTY-009", &about, says.to_owned()));
        }
        if chat && !people && !it.is_chat() && it.state == State::Confirmed {
            let says = "it gets messages made for chat applications, not for people or programs".to_owned();
            found.push(Finding { weight: Weight::Warning, code: "SG-NTY-010", about: about.clone(), says });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:us-east-1:1:on-call";

    fn outlets(text: &str) -> Outlets {
        serde_json::from_str(&text.replace("TOPIC", TOPIC)).unwrap()
    }

    fn mail(state: State, signed: bool, filter: Option<&str>) -> Subscription {
        Subscription {
            protocol: "email".into(),
            endpoint: "kim@example.com".into(),
            state,
            needs_sign_in_to_end: Some(signed),
            filter: filter.map(str::to_owned),
        }
    }

    fn codes(told: &[&str], outlets: &Outlets, subscriptions: Result<Vec<Subscription>, String>) -> Vec<&'static str> {
        let told = told.iter().map(|it| (*it).to_owned()).collect();
        let heard = BTreeMap::from([(TOPIC.to_owned(), subscriptions)]);
        findings(&told, outlets, &heard).into_iter().map(|it| it.code).collect()
    }

    #[test]
    fn who_hears_well_is_not_mentioned() {
        let on_call = outlets(r#"{"on-call": {"topic": "TOPIC"}}"#);
        let good = mail(State::Confirmed, true, Some(r#"{"grade": ["page"], "$or": []}"#));
        assert_eq!(codes(&["on-call"], &on_call, Ok(vec![good])), [""; 0]);
    }

    #[test]
    fn what_each_subscription_lacks() {
        let on_call = outlets(r#"{"on-call": {"topic": "TOPIC"}}"#);
        let cases: [(Subscription, &[&str]); 4] = [
            (mail(State::Pending, false, None), &["SG-NTY-004", "SG-NTY-005"]),
            (mail(State::Ended, false, None), &["SG-NTY-004", "SG-NTY-006"]),
            (mail(State::Confirmed, false, None), &["SG-NTY-007"]),
            (mail(State::Confirmed, true, Some(r#"{"severity": ["x"]}"#)), &["SG-NTY-004", "SG-NTY-008"]),
        ];
        for (subscription, expected) in cases {
            assert_eq!(codes(&["on-call"], &on_call, Ok(vec![subscription.clone()])), expected, "{subscription:?}");
        }
        assert_eq!(codes(&["on-call"], &on_call, Err("NotFound".into())), ["SG-NTY-003"]);
    }

    #[test]
    fn audiences_without_outlet_and_outlets_without_audience() {
        let good = || Ok(vec![mail(State::Confirmed, true, None)]);
        let one = outlets(r#"{"on-call": {"topic": "TOPIC"}, "old": {"webhook": "/x"}}"#);
        assert_eq!(codes(&["on-call", "department"], &one, good()), ["SG-NTY-001", "SG-NTY-002"]);
        let anybody = outlets(r#"{"*": {"topic": "TOPIC"}}"#);
        assert_eq!(codes(&["on-call", "department"], &anybody, good()), [""; 0]);
    }

    #[test]
    fn chat_applications_have_a_topic_of_their_own() {
        let chat = Subscription {
            protocol: "https".into(),
            endpoint: format!("https://global.{CHAT_ENDPOINT}"),
            ..Subscription::default()
        };
        let people = outlets(r#"{"on-call": {"topic": "TOPIC"}}"#);
        assert_eq!(codes(&["on-call"], &people, Ok(vec![chat.clone()])), ["SG-NTY-009"]);
        let of_chat = outlets(r#"{"on-call": {"chat_topic": "TOPIC"}}"#);
        assert_eq!(codes(&["on-call"], &of_chat, Ok(vec![chat])), [""; 0]);
        assert_eq!(codes(&["on-call"], &of_chat, Ok(vec![mail(State::Confirmed, true, None)])), ["SG-NTY-010"]);
    }
}
