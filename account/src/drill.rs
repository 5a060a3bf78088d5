//! Drills: a person asks for one at a shell, and the next round tells everybody by the way that it always takes.

use alarm::points::Time;
use serde::{Deserialize, Serialize};

use crate::table::{Refused, Table, key, number, read_text, text, with};

/// Its rule and its ladder. The group of a drill begins with it.
pub const NAME: &str = "stormglass-drill";
/// Longest drill: people who were told must not forget that it is one.
pub const LONGEST_S: u64 = 3_600;
/// How long after its end a drill is still looked at, so that its recovery is told as any other.
const AFTER_S: Time = 3_600;
/// How long it is kept, for its report.
const KEPT_S: Time = 30 * 86_400;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    pub id: String,
    /// Who asked for it.
    pub by: String,
    pub from: Time,
    pub until: Time,
}

impl Drill {
    /// It fires, or its end must still be told.
    pub fn is_watched(&self, now: Time) -> bool {
        now < self.until.saturating_add(AFTER_S)
    }

    pub fn fires(&self, now: Time) -> bool {
        (self.from..self.until).contains(&now)
    }

    /// The group that its incident stands in.
    pub fn group(&self) -> String {
        format!("{NAME}/drill={}", self.id)
    }
}

/// Whether the incidents of this group are drills.
pub fn is_drill(group: &str) -> bool {
    group.strip_prefix(NAME).is_some_and(|rest| rest.starts_with('/'))
}

impl Table {
    pub async fn drills(&self) -> Result<Vec<Drill>, Refused> {
        let items = self.query("drill", None).await?;
        Ok(items.iter().filter_map(|item| serde_json::from_str(read_text(item, "body")).ok()).collect())
    }

    /// Asks for it: the next round finds it.
    pub async fn drill(&self, drill: &Drill) -> Result<(), Refused> {
        let body = serde_json::to_string(drill).map_err(|error| Refused { says: error.to_string() })?;
        let forgotten = drill.until.saturating_add(KEPT_S).max(0).unsigned_abs();
        self.put(with(key("drill", &drill.id), [("body", text(body)), ("ttl", number(forgotten))])).await?;
        self.ring().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fires_while_it_lasts_and_is_watched_for_a_while() {
        let drill = Drill { id: "d1".into(), by: "kim".into(), from: 100, until: 700 };
        assert_eq!([99, 100, 699, 700].map(|at| drill.fires(at)), [false, true, true, false]);
        assert!(drill.is_watched(4_299) && !drill.is_watched(4_300));
        assert!(is_drill(&drill.group()) && !is_drill("stormglass-drills/x") && !is_drill("default/host=a"));
    }
}
