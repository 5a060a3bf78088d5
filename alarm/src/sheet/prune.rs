//! What is left of a document without its faulty keys: so that the rest can be checked as well.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::fault::Faults;

/// `None` where too much is missing to be read.
pub(super) fn sound<T: DeserializeOwned>(mut document: Spanned<DeTable<'_>>, faults: &Faults) -> Option<T> {
    prune(document.get_mut(), faults);
    T::deserialize(Deserializer::from(document)).ok()
}

fn prune(table: &mut DeTable<'_>, faults: &Faults) {
    let faulty = table.iter().filter(|(key, value)| faults.stand_at(&key.span()) || faults.stand_at(&value.span()));
    let faulty: Vec<String> = faulty.map(|(key, _)| key.get_ref().to_string()).collect();
    for key in &faulty {
        table.remove(key.as_str());
    }
    for (_, value) in table.iter_mut() {
        within(value.get_mut(), faults);
    }
}

fn within(value: &mut DeValue<'_>, faults: &Faults) {
    match value {
        DeValue::Table(table) => prune(table, faults),
        DeValue::Array(items) => {
            let mut sound = DeArray::new();
            for mut item in std::mem::replace(items, DeArray::new()) {
                // A table that lacks a key it needs is at fault as a whole.
                if !faults.stand_at(&item.span()) {
                    within(item.get_mut(), faults);
                    sound.push(item);
                }
            }
            *items = sound;
        }
        _ => {}
    }
}
