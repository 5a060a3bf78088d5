//! What the alarms of one shard came to, for the others: composites look at them, and what fires here may hide what fires
//! there. Told each round, so at most a minute old; what is older than three was told by a shard that judges no more.
//!
//! Only what is not fine is told: of an alarm that a fresh neighbour does not mention it is known that it is fine.

use alarm::grade::Grade;
use alarm::matcher::Labels;
use alarm::points::Time;
use alarm::round::Key;
use alarm::series::Dimensions;
use alarm::verdict::State;
use serde::{Deserialize, Serialize};

use crate::shard::Shard;
use crate::table::{Refused, Table, key, number, read_text, text, with};

/// Alarms that one shard tells of: some 150 bytes each.
pub const TOLD_MAX: usize = 2_000;
const FRESH_S: Time = 180;
const KEPT_S: Time = 86_400;

/// What one shard tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbour {
    pub at: Time,
    pub alarms: Vec<Seen>,
    /// There were more than can be told: of what is not mentioned nothing is known.
    pub more: bool,
}

/// One of its alarms, as far as others must know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub key: Key,
    pub state: State,
    /// It may hide others while it fires.
    pub hides: Option<(Labels, Grade)>,
}

type Pairs = Vec<(String, String)>;

#[derive(Serialize, Deserialize)]
struct Kept {
    rule: String,
    combination: Pairs,
    state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hides: Option<(Pairs, Grade)>,
}

/// Each form in which it was ever written.
#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum Stored {
    #[serde(rename = "1")]
    V1 { at: Time, alarms: Vec<Kept>, more: bool },
}

fn pairs(dimensions: &Dimensions) -> Pairs {
    dimensions.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Neighbour {
    /// Old, or of a clock far ahead of ours: not believed.
    pub fn is_fresh(&self, now: Time) -> bool {
        (now - self.at).abs() <= FRESH_S
    }

    fn encode(&self) -> String {
        let one = |seen: &Seen| Kept {
            rule: seen.key.rule.clone(),
            combination: pairs(&seen.key.combination),
            state: seen.state,
            hides: seen.hides.as_ref().map(|(labels, grade)| (pairs(labels), *grade)),
        };
        let alarms = self.alarms.iter().map(one).collect();
        serde_json::to_string(&Stored::V1 { at: self.at, alarms, more: self.more }).unwrap_or_default()
    }

    fn decode(text: &str) -> Option<Self> {
        let Stored::V1 { at, alarms, more } = serde_json::from_str(text).ok()?;
        let one = |kept: Kept| Seen {
            key: Key { rule: kept.rule, combination: Dimensions::new(kept.combination) },
            state: kept.state,
            hides: kept.hides.map(|(labels, grade)| (Labels::new(labels), grade)),
        };
        Some(Self { at, alarms: alarms.into_iter().map(one).collect(), more })
    }
}

impl Table {
    /// What the others of as many shards told, each with its number.
    pub async fn neighbours(&self, shard: Shard) -> Result<Vec<(u16, Neighbour)>, Refused> {
        let items = self.query("state", None).await?;
        let one = |item: &crate::table::Item| {
            let number = read_text(item, "sk").strip_suffix(&format!("/{}", shard.of()))?.parse().ok()?;
            Some((number, Neighbour::decode(read_text(item, "body"))?))
        };
        Ok(items.iter().filter_map(one).filter(|(number, _)| *number != shard.number()).collect())
    }

    pub async fn tell_neighbours(&self, shard: Shard, told: &Neighbour) -> Result<(), Refused> {
        let forgotten = number(told.at.saturating_add(KEPT_S).max(0).unsigned_abs());
        self.put(with(key("state", shard.name()), [("body", text(told.encode())), ("ttl", forgotten)])).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_as_it_was_told_and_is_believed_for_a_while() {
        let labels = Dimensions::from_iter([("host", "웹-1")]);
        let seen =
            |hides| Seen { key: Key { rule: "cpu".into(), combination: labels.clone() }, state: State::Firing, hides };
        let told =
            Neighbour { at: 600, alarms: vec![seen(None), seen(Some((labels.clone(), Grade::Page)))], more: true };
        assert_eq!(Neighbour::decode(&told.encode()), Some(told.clone()));
        assert_eq!([420, 600, 780, 781, 419].map(|now| told.is_fresh(now)), [true, true, true, false, false]);
        assert_eq!(Neighbour::decode("{\"v\":\"9\"}"), None);
    }

    #[test]
    fn all_that_may_be_told_fits_an_item() {
        let key = |at: usize| Key {
            rule: format!("a rule with a name of some length {at}"),
            combination: Dimensions::from_iter([("InstanceId", format!("i-{at:017x}"))]),
        };
        let alarms = (0..TOLD_MAX).map(|at| Seen { key: key(at), state: State::Unknown, hides: None }).collect();
        let size = Neighbour { at: 0, alarms, more: false }.encode().len();
        assert!(size < crate::item::BODY_MAX, "{size}");
    }
}
