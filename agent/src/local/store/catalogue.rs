//! Which series there are, each with its number.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use alarm::points::Time;
use alarm::series::{Dimensions, Series, Unit};
use serde::{Deserialize, Serialize};

use super::open::Id;

/// Most series that are ever kept: with all their blocks some 300 MB.
pub(super) const SERIES_MAX: usize = 2_000;

#[derive(Clone, Debug)]
pub struct Entry {
    pub series: Arc<Series>,
    pub unit: Unit,
    /// The beginning of the newest period that has a point, since this program started.
    pub seen: Option<Time>,
}

/// As it stands in the file.
#[derive(Serialize, Deserialize)]
struct Stored {
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
    unit: String,
}

#[derive(Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
    numbers: HashMap<Arc<Series>, Id>,
}

impl Catalogue {
    pub(super) fn number(&self, series: &Series) -> Option<Id> {
        self.numbers.get(series).copied()
    }

    /// `None`: there are too many.
    pub(super) fn add(&mut self, series: &Arc<Series>, unit: Unit) -> Option<Id> {
        if self.entries.len() >= SERIES_MAX {
            return None;
        }
        let id = self.entries.len() as Id;
        self.entries.push(Entry { series: Arc::clone(series), unit, seen: None });
        self.numbers.insert(Arc::clone(series), id);
        Some(id)
    }

    pub(super) fn see(&mut self, id: Id, at: Time) {
        if let Some(entry) = self.entries.get_mut(id as usize) {
            entry.seen = entry.seen.max(Some(at));
        }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn text(&self, id: Id) -> Vec<u8> {
        let Some(entry) = self.entries.get(id as usize) else { return Vec::new() };
        let dimensions = entry.series.dimensions.iter();
        let stored = Stored {
            namespace: entry.series.namespace.clone(),
            name: entry.series.name.clone(),
            dimensions: dimensions.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            unit: entry.unit.name().to_owned(),
        };
        // Text keys and plain values always have a JSON form.
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    /// Numbers come in their order, without a hole: a file that says otherwise is not ours.
    pub(super) fn read(&mut self, id: Id, text: &[u8]) -> Result<(), String> {
        if id as usize != self.entries.len() {
            return Err(format!("series {id} follows {}", self.entries.len()));
        }
        let stored: Stored = serde_json::from_slice(text).map_err(|error| format!("series {id}: {error}"))?;
        let Stored { namespace, name, dimensions, unit } = stored;
        let dimensions: Dimensions = dimensions.into_iter().collect();
        let series = Arc::new(Series { namespace, name, dimensions });
        self.add(&series, Unit::parse(&unit).unwrap_or_default());
        Ok(())
    }
}
