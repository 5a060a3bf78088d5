//! Keeps account of a JSON document: each value was carried over, or left behind for a reason.
//!
//! Whatever nobody touched counts as left behind, so nothing can be forgotten by forgetting to say so.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// A value that was not carried over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// `$.metrics.metrics_collected.cpu.totalcpu`
    pub path: String,
    pub value: String,
    pub why: String,
}

#[derive(Clone, Debug)]
enum Fate {
    Carried,
    Left(String),
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    fates: RefCell<BTreeMap<String, Fate>>,
}

/// Said of what nobody touched.
const NO_SUCH_SETTING: &str = "Stormglass has no such setting";
/// Longest value quoted in a remark.
const QUOTED_MAX: usize = 80;

impl Ledger {
    pub(super) fn root<'a>(&'a self, document: &'a Value) -> Node<'a> {
        Node { path: "$".to_owned(), value: document, ledger: self }
    }

    /// It was read, and turned out to have no meaning here.
    pub(super) fn leave(&self, path: &str, why: impl Into<String>) {
        self.fates.borrow_mut().insert(path.to_owned(), Fate::Left(why.into()));
    }

    /// Every value of the document that was not carried. A table or a list left as a whole is one line.
    pub(super) fn left(&self, document: &Value) -> Vec<Left> {
        let mut list = Vec::new();
        self.collect("$", document, &mut list);
        list
    }

    fn collect(&self, path: &str, value: &Value, list: &mut Vec<Left>) {
        let fates = self.fates.borrow();
        match fates.get(path) {
            Some(Fate::Carried) => return,
            Some(Fate::Left(why)) => {
                list.push(Left { path: path.to_owned(), value: quoted(value), why: why.clone() });
                return;
            }
            None => {}
        }
        match value {
            Value::Object(table) if !table.is_empty() => {
                table.iter().for_each(|(key, value)| self.collect(&member(path, key), value, list));
            }
            Value::Array(items) if !items.is_empty() => {
                items.iter().enumerate().for_each(|(at, item)| self.collect(&format!("{path}[{at}]"), item, list));
            }
            // An empty table says nothing.
            Value::Object(_) | Value::Array(_) => {}
            _ => list.push(Left { path: path.to_owned(), value: quoted(value), why: NO_SUCH_SETTING.to_owned() }),
        }
    }
}

fn member(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!("{path}.{key}") } else { format!("{path}[{key:?}]") }
}

fn quoted(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(QUOTED_MAX) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}

/// A place in the document. Reading a value carries it; who then cannot use it must `leave` it.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) path: String,
    pub(super) value: &'a Value,
    ledger: &'a Ledger,
}

impl<'a> Node<'a> {
    pub(super) fn key(&self, name: &str) -> Option<Node<'a>> {
        let value = self.value.get(name)?;
        Some(Node { path: member(&self.path, name), value, ledger: self.ledger })
    }

    pub(super) fn members(&self) -> Vec<(&'a str, Node<'a>)> {
        let table = self.value.as_object().into_iter().flatten();
        table
            .map(|(key, value)| (key.as_str(), Node { path: member(&self.path, key), value, ledger: self.ledger }))
            .collect()
    }

    /// The items of a list; of a single value, itself: the official agent takes both in places.
    pub(super) fn items(&self) -> Vec<Node<'a>> {
        match self.value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(at, value)| Node { path: format!("{}[{at}]", self.path), value, ledger: self.ledger })
                .collect(),
            _ => vec![self.clone()],
        }
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        let text = self.value.as_str();
        self.settle(text.is_some(), "a text was expected");
        text
    }

    pub(super) fn flag(&self) -> Option<bool> {
        let flag = self.value.as_bool();
        self.settle(flag.is_some(), "true or false was expected");
        flag
    }

    /// A whole number, also where it was written as a text.
    pub(super) fn number(&self) -> Option<u64> {
        let number = self.value.as_u64().or_else(|| self.value.as_str()?.trim_end_matches('s').parse().ok());
        self.settle(number.is_some(), "a whole number was expected");
        number
    }

    pub(super) fn texts(&self) -> Vec<&'a str> {
        self.items().iter().filter_map(Node::text).collect()
    }

    /// The official agent reads it, and there is nothing to do here.
    pub(super) fn carry(&self) {
        self.ledger.fates.borrow_mut().insert(self.path.clone(), Fate::Carried);
    }

    pub(super) fn leave(&self, why: impl Into<String>) {
        self.ledger.leave(&self.path, why);
    }

    fn settle(&self, fits: bool, otherwise: &str) {
        if fits { self.carry() } else { self.leave(otherwise) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_nobody_touched_is_left() {
        let document = json!({ "agent": { "region": "x", "a.b": [1, { "c": true }], "empty": {} }, "n": null });
        let ledger = Ledger::default();
        let root = ledger.root(&document);
        assert_eq!(root.key("agent").and_then(|it| it.key("region")).and_then(|it| it.text()), Some("x"));
        let left: Vec<_> = ledger.left(&document).into_iter().map(|it| it.path).collect();
        assert_eq!(left, ["$.agent[\"a.b\"][0]", "$.agent[\"a.b\"][1].c", "$.n"]);
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_left_with_its_reason() {
        let document = json!({ "interval": "soon" });
        let ledger = Ledger::default();
        assert_eq!(ledger.root(&document).key("interval").and_then(|it| it.number()), None);
        assert_eq!(ledger.left(&document)[0].why, "a whole number was expected");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), "[a-z]{0,3}".prop_map(Value::from)];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z.]{0,3}", inner, 0..4)
                    .prop_map(|it| Value::Object(it.into_iter().collect())),
            ]
        })
    }

    fn leaves(value: &Value) -> usize {
        match value {
            Value::Object(table) => table.values().map(leaves).sum(),
            Value::Array(items) => items.iter().map(leaves).sum(),
            _ => 1,
        }
    }

    proptest! {
        #[test]
        fn untouched_each_leaf_is_a_line_with_a_path_of_its_own(document in any_json()) {
            let left = Ledger::default().left(&document);
            let paths: std::collections::BTreeSet<_> = left.iter().map(|it| &it.path).collect();
            prop_assert_eq!(left.len(), leaves(&document));
            prop_assert_eq!(paths.len(), left.len());
        }
    }
}
