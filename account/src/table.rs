//! The calls to `DynamoDB` that both programs make.
//!
//! Every write of a group is conditional on the version that was read: of two that know the same, one writes and the
//! other learns that it was too late.

use std::collections::HashMap;

use alarm::incident::Incident;
use alarm::memory::Memory;
use alarm::points::Time;
use alarm::round::Key;
use alarm::silence::Silence;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};

use crate::item::{Group, Unreadable, forgotten, group_pk, model_pk, model_sk, page};
use crate::shard::Shard;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// Incidents that one list shows.
const LISTED_MAX: i32 = 200;
/// How long the end of a host is remembered: longer than any of its series is.
const HOST_KEPT_S: Time = 90 * 86_400;

#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

/// What was written since the last round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Rounds of this shard that wrote.
    pub rounds: u64,
    /// What people did.
    pub bells: u64,
}

/// A group with the version that a change of it must name.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub group: Group,
    pub version: u64,
    /// What the judges of its alarms at rest have learned.
    pub learned: Vec<(Key, Memory)>,
    pub lost: Vec<Unreadable>,
}

/// What is written of a group at once, or not at all.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    pub group: &'a Group,
    /// The version read; `0` for one that is not there.
    pub version: u64,
    pub story: Option<&'a Incident>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The version that stands now.
    As(u64),
    /// Somebody else wrote first.
    TooLate,
}

/// A call that failed. `says` names the operation and what the service answered.
#[derive(Clone, Debug, thiserror::Error)]
#[error("SG-ACC-010: {says}")]
pub struct Refused {
    pub says: String,
}

fn refused<E: std::error::Error>(operation: &str, error: &E) -> Refused {
    Refused { says: format!("{operation}: {}", DisplayErrorContext(error)) }
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn read_text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

fn read_number(item: &Item, name: &str) -> u64 {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok()).unwrap_or(0)
}

pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

impl Table {
    pub fn new(config: &SdkConfig, name: &str) -> Self {
        Self { client: Client::new(config), name: name.to_owned() }
    }

    pub async fn head(&self, shard: Shard) -> Result<Head, Refused> {
        let rounds = self.one("shard", &shard.name()).await?;
        let bells = self.one("bell", "bell").await?;
        let count = |item: Option<Item>| item.map_or(0, |item| read_number(&item, "n"));
        Ok(Head { rounds: count(rounds), bells: count(bells) })
    }

    /// Says that this round is about to write. `false`: another round did since `rounds` was read.
    pub async fn claim(&self, shard: Shard, rounds: u64) -> Result<bool, Refused> {
        let item = with(key("shard", shard.name()), [("n", number(rounds + 1))]);
        self.put_where(item, "n", "=", number(rounds)).await
    }

    /// Writes an item where there is none yet, or where its field stands so to `value`. `false`: it does not.
    pub(crate) async fn put_where(
        &self,
        item: Item,
        field: &str,
        order: &str,
        value: AttributeValue,
    ) -> Result<bool, Refused> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(format!("attribute_not_exists(#it) OR #it {order} :it"))
            .expression_attribute_names("#it", field)
            .expression_attribute_values(":it", value)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) if late(&error) => Ok(false),
            Err(error) => Err(refused("PutItem", &error)),
        }
    }

    /// Tells every shard that somebody did something.
    pub async fn ring(&self) -> Result<(), Refused> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key("bell", "bell")))
            .update_expression("ADD n :one")
            .expression_attribute_values(":one", number(1))
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| refused("UpdateItem", &error))
    }

    /// All that is remembered in one bucket.
    pub async fn bucket(&self, bucket: u8) -> Result<Vec<Held>, Refused> {
        let mut held = Vec::new();
        for item in self.query(&format!("group#{bucket}"), None).await? {
            held.push(revive(&item));
        }
        for item in self.query(&format!("model#{bucket}"), None).await? {
            let sk = read_text(&item, "sk");
            let name = sk.rsplit_once('\n').map_or(sk, |(name, _)| name);
            let at = held.iter().position(|it: &Held| it.group.name == name).unwrap_or_else(|| {
                held.push(Held { group: Group::new(name), version: 0, learned: Vec::new(), lost: Vec::new() });
                held.len() - 1
            });
            let learned = page(name, read_text(&item, "body"), &mut held[at].lost);
            held[at].learned.extend(learned);
        }
        Ok(held)
    }

    pub async fn group(&self, name: &str) -> Result<Option<Held>, Refused> {
        Ok(self.one(&group_pk(name), name).await?.map(|item| revive(&item)))
    }

    /// The group and its story together, or neither. A transaction costs twice: without a story there is none.
    pub async fn save(&self, change: &Change<'_>) -> Result<Saved, Refused> {
        let late = match change.story {
            Some(story) => self.save_with(change, story).await?,
            None => self.save_alone(change).await?,
        };
        Ok(match (late, change.group.at_rest()) {
            (true, _) => Saved::TooLate,
            (false, true) => Saved::As(0),
            (false, false) => Saved::As(change.version + 1),
        })
    }

    /// `true`: too late.
    async fn save_alone(&self, change: &Change<'_>) -> Result<bool, Refused> {
        let (condition, values) = condition(change.version);
        let (client, name) = (&self.client, &self.name);
        let sent = if change.group.at_rest() {
            let call = client.delete_item().table_name(name).set_key(Some(place(change.group)));
            let call = call.condition_expression(condition).set_expression_attribute_values(values);
            call.send().await.map(drop).map_err(|error| (late(&error), refused("DeleteItem", &error)))
        } else {
            let call = client.put_item().table_name(name).set_item(Some(item(change)));
            let call = call.condition_expression(condition).set_expression_attribute_values(values);
            call.send().await.map(drop).map_err(|error| (late(&error), refused("PutItem", &error)))
        };
        match sent {
            Ok(()) => Ok(false),
            Err((true, _)) => Ok(true),
            Err((false, refused)) => Err(refused),
        }
    }

    async fn save_with(&self, change: &Change<'_>, story: &Incident) -> Result<bool, Refused> {
        const OPERATION: &str = "TransactWriteItems";
        let (condition, values) = condition(change.version);
        let group = if change.group.at_rest() {
            let delete = Delete::builder().table_name(&self.name).set_key(Some(place(change.group)));
            let delete = delete.condition_expression(condition).set_expression_attribute_values(values).build();
            delete.map(|delete| TransactWriteItem::builder().delete(delete).build())
        } else {
            let put = Put::builder().table_name(&self.name).set_item(Some(item(change)));
            let put = put.condition_expression(condition).set_expression_attribute_values(values).build();
            put.map(|put| TransactWriteItem::builder().put(put).build())
        };
        let body = serde_json::to_string(story).map_err(|error| Refused { says: error.to_string() })?;
        let fields = [("body", text(body)), ("group", text(&change.group.name))];
        let mut told = with(key("incident", &story.id), fields);
        told.extend(forgotten(story).map(|at| ("ttl".to_owned(), number(at.max(0).unsigned_abs()))));
        let told = Put::builder().table_name(&self.name).set_item(Some(told)).build();
        let told = told.map(|put| TransactWriteItem::builder().put(put).build());
        let writes: Result<Vec<_>, _> = [group, told].into_iter().collect();
        let writes = writes.map_err(|error| refused(OPERATION, &error))?;
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(false),
            Err(error) if late(&error) => Ok(true),
            Err(error) => Err(refused(OPERATION, &error)),
        }
    }

    /// What the judges of a group have learned. The last one to write is right: it is only ever learned anew.
    pub async fn learn(&self, group: &str, pages: &[String]) -> Result<(), Refused> {
        for (at, body) in pages.iter().enumerate() {
            let item = with(key(model_pk(group), model_sk(group, at)), [("body", text(body))]);
            self.put(item).await?;
        }
        Ok(())
    }

    pub async fn story(&self, id: &str) -> Result<Option<(Incident, String)>, Refused> {
        let Some(item) = self.one("incident", id).await? else { return Ok(None) };
        let story = serde_json::from_str(read_text(&item, "body"));
        let story = story.map_err(|error| Refused { says: format!("incident {id} cannot be read: {error}") })?;
        Ok(Some((story, read_text(&item, "group").to_owned())))
    }

    /// The newest first.
    pub async fn stories(&self) -> Result<Vec<Incident>, Refused> {
        let items = self.query("incident", Some(LISTED_MAX)).await?;
        Ok(items.iter().filter_map(|item| serde_json::from_str(read_text(item, "body")).ok()).collect())
    }

    pub async fn silences(&self) -> Result<Vec<Silence>, Refused> {
        let items = self.query("silence", None).await?;
        Ok(items.iter().filter_map(|item| serde_json::from_str(read_text(item, "body")).ok()).collect())
    }

    /// One that has ended already is taken away.
    pub async fn silence(&self, silence: &Silence, now: Time) -> Result<(), Refused> {
        if silence.until <= now {
            self.remove("silence", &silence.id).await?;
        } else {
            let body = serde_json::to_string(silence).map_err(|error| Refused { says: error.to_string() })?;
            let item = with(
                key("silence", &silence.id),
                [("body", text(body)), ("ttl", number(silence.until.max(0).unsigned_abs()))],
            );
            self.put(item).await?;
        }
        self.ring().await
    }

    /// What was last heard of each host that was started or stopped; `true`: it runs.
    pub async fn hosts(&self) -> Result<Vec<(String, bool)>, Refused> {
        let items = self.query("host", None).await?;
        Ok(items.iter().map(|item| (read_text(item, "sk").to_owned(), read_number(item, "runs") > 0)).collect())
    }

    /// `at` is the event's own time, as the event writes it: events arrive in any order, and the last to happen counts.
    pub async fn host(&self, id: &str, runs: bool, at: &str, now: Time) -> Result<(), Refused> {
        let forgotten = number(now.saturating_add(HOST_KEPT_S).max(0).unsigned_abs());
        let fields = [("runs", number(runs.into())), ("at", text(at)), ("ttl", forgotten)];
        if self.put_where(with(key("host", id), fields), "at", "<", text(at)).await? {
            self.ring().await?;
        }
        Ok(())
    }

    /// How late metrics come, as the rounds of a shard learned it.
    pub async fn delays(&self, shard: Shard) -> Result<Option<String>, Refused> {
        Ok(self.one("delay", &shard.name()).await?.map(|item| read_text(&item, "body").to_owned()))
    }

    pub async fn keep_delays(&self, shard: Shard, body: &str) -> Result<(), Refused> {
        self.put(with(key("delay", shard.name()), [("body", text(body))])).await
    }

    pub async fn good_rules(&self) -> Result<Option<String>, Refused> {
        Ok(self.one("rules", "good").await?.map(|item| read_text(&item, "body").to_owned()))
    }

    pub async fn keep_rules(&self, rules: &str) -> Result<(), Refused> {
        self.put(with(key("rules", "good"), [("body", text(rules))])).await
    }

    /// Written whatever stood there.
    pub(crate) async fn put(&self, item: Item) -> Result<(), Refused> {
        let sent = self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await;
        sent.map(drop).map_err(|error| refused("PutItem", &error))
    }

    pub(crate) async fn remove(&self, pk: &str, sk: &str) -> Result<(), Refused> {
        let sent = self.client.delete_item().table_name(&self.name).set_key(Some(key(pk, sk))).send().await;
        sent.map(drop).map_err(|error| refused("DeleteItem", &error))
    }

    pub(crate) async fn one(&self, pk: &str, sk: &str) -> Result<Option<Item>, Refused> {
        let sent =
            self.client.get_item().table_name(&self.name).set_key(Some(key(pk, sk))).consistent_read(true).send().await;
        Ok(sent.map_err(|error| refused("GetItem", &error))?.item)
    }

    /// All of a partition; with `newest` only so many, from its end.
    pub(crate) async fn query(&self, pk: &str, newest: Option<i32>) -> Result<Vec<Item>, Refused> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let sent = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(pk))
                .consistent_read(true)
                .set_scan_index_forward(newest.map(|_| false))
                .set_limit(newest)
                .set_exclusive_start_key(from)
                .send()
                .await;
            let page = sent.map_err(|error| refused("Query", &error))?;
            items.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() || newest.is_some() {
                return Ok(items);
            }
        }
    }
}

fn condition(version: u64) -> (&'static str, Option<HashMap<String, AttributeValue>>) {
    match version {
        0 => ("attribute_not_exists(pk)", None),
        version => ("ver = :v", Some(HashMap::from([(":v".to_owned(), number(version))]))),
    }
}

fn place(group: &Group) -> Item {
    key(group_pk(&group.name), &group.name)
}

fn item(change: &Change<'_>) -> Item {
    let fields = [("body", text(change.group.encode())), ("ver", number(change.version + 1))];
    with(place(change.group), fields)
}

/// Somebody else wrote first; a transaction that met another one is the same to us: what we know is old.
fn late(error: &impl ProvideErrorMetadata) -> bool {
    const LATE: [&str; 3] =
        ["ConditionalCheckFailedException", "TransactionCanceledException", "TransactionConflictException"];
    error.code().is_some_and(|code| LATE.contains(&code))
}

pub(crate) fn with<const N: usize>(mut item: Item, fields: [(&str, AttributeValue); N]) -> Item {
    item.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    item
}

fn revive(item: &Item) -> Held {
    let (group, lost) = Group::decode(read_text(item, "sk"), read_text(item, "body"));
    Held { group, version: read_number(item, "ver"), learned: Vec::new(), lost }
}
