//! Readings as JSON: what `put` is given and what a command of `exec` prints.
//!
//! `{"name": "orders", "value": 3, "unit": "Count", "dimensions": {"shop": "seoul"}}`, or a list of them. `values` and
//! `counts` give many observations at once, as `PutMetricData` has them.

use std::collections::BTreeMap;

use alarm::series::{Dimensions, Unit};
use serde::Deserialize;

use crate::distribution::{Distribution, VALUE_MAX};
use crate::reading::{Reading, Readings, Space};

/// Most readings of one text, and most observations of one of them.
pub const READINGS_MAX: usize = 1_000;
const VALUES_MAX: usize = 10_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    name: String,
    value: Option<f64>,
    #[serde(default)]
    values: Vec<f64>,
    #[serde(default)]
    counts: Vec<f64>,
    unit: Option<String>,
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    namespace: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Text {
    One(Said),
    Many(Vec<Said>),
}

/// The readings of a text, or what is wrong with it: nothing is taken of a text that is wrong anywhere.
pub fn readings(text: &[u8], space: &Space) -> Result<Readings, String> {
    // An untagged text cannot say what it lacks: which of both it is shows in its first letter.
    let is_list = text.trim_ascii_start().first() == Some(&b'[');
    let wrong = |error: serde_json::Error| error.to_string();
    let said = if is_list {
        Text::Many(serde_json::from_slice(text).map_err(wrong)?)
    } else {
        Text::One(serde_json::from_slice(text).map_err(wrong)?)
    };
    let said = match said {
        Text::One(one) => vec![one],
        Text::Many(many) if many.len() > READINGS_MAX => {
            return Err(format!("{} readings, of which {READINGS_MAX} may come at once", many.len()));
        }
        Text::Many(many) => many,
    };
    said.into_iter().map(|one| one.reading(space)).collect::<Result<_, _>>().map(Readings)
}

impl Said {
    fn reading(self, space: &Space) -> Result<Reading, String> {
        let Self { name, value, values, counts, unit, dimensions, namespace } = self;
        if name.trim().is_empty() {
            return Err("a reading without a name".into());
        }
        let unit = match unit {
            Some(said) => Unit::parse(&said).ok_or_else(|| {
                let known: Vec<_> = Unit::TABLE.iter().map(|(_, name)| *name).collect();
                format!("`{name}`: the unit \"{said}\" is none of {}", known.join(", "))
            })?,
            None => Unit::of_metric(&name),
        };
        let space = match namespace {
            Some(_) => return Err(format!("`{name}`: the namespace is set in the configuration, for its rights are")),
            None => space.clone(),
        };
        let dimensions: Dimensions = dimensions.into_iter().collect();
        let fits = |value: &f64| value.is_finite() && value.abs() <= VALUE_MAX;
        let reading = match value {
            Some(value) if values.is_empty() && counts.is_empty() && fits(&value) => {
                Reading::new(space, name, unit, value)
            }
            None if !values.is_empty() && values.len() <= VALUES_MAX && values.iter().all(fits) => {
                Reading::folded(space, name.clone(), unit, folded(&name, &values, &counts)?)
            }
            _ => return Err(format!("`{name}`: it needs one finite `value`, or up to {VALUES_MAX} finite `values`")),
        };
        Ok(reading.of(dimensions))
    }
}

fn folded(name: &str, values: &[f64], counts: &[f64]) -> Result<Distribution, String> {
    let sound = |count: &f64| count.is_finite() && *count > 0.0;
    if !counts.is_empty() && (counts.len() != values.len() || !counts.iter().all(sound)) {
        return Err(format!("`{name}`: as many `counts` as `values`, each above 0"));
    }
    let mut folded = Distribution::default();
    for (at, value) in values.iter().enumerate() {
        folded.add(*value, counts.get(at).copied().unwrap_or(1.0));
    }
    Ok(folded)
}

/// For `tests/fuzz`: what is read is finite, named and bounded.
pub fn fuzz_json(data: &[u8]) {
    let Ok(read) = readings(data, &Space::Own) else { return };
    assert!(read.0.len() <= READINGS_MAX);
    for reading in &read.0 {
        assert!(!reading.name.trim().is_empty() && reading.value.is_finite());
        assert!(reading.more.shown().iter().all(|(value, count)| value.is_finite() && *count > 0.0));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expect: Result<usize, &str>) {
        match (readings(text.as_bytes(), &Space::Own), expect) {
            (Ok(read), Ok(count)) => assert_eq!(read.0.len(), count, "{text}"),
            (Err(says), Err(part)) => assert!(says.contains(part), "{text}: {says}"),
            (found, expect) => panic!("{text}: {found:?}, not {expect:?}"),
        }
    }

    #[test]
    fn readings_and_what_is_none() {
        check("{\"name\":\"orders\",\"value\":3,\"unit\":\"Count\",\"dimensions\":{\"shop\":\"seoul\"}}", Ok(1));
        check("[{\"name\":\"a\",\"value\":1},{\"name\":\"b\",\"values\":[1,2],\"counts\":[3,4]}]", Ok(2));
        check("[]", Ok(0));
        check("{\"name\":\"a\"}", Err("needs one finite `value`"));
        check("{\"name\":\"a\",\"value\":1,\"unit\":\"count\"}", Err("none of None, Percent"));
        check("{\"name\":\"a\",\"valu\":1}", Err("unknown field `valu`"));
        check("{\"name\":\"a\",\"values\":[1],\"counts\":[0]}", Err("each above 0"));
        check("{\"name\":\" \",\"value\":1}", Err("without a name"));
        check("{\"name\":\"a\",\"value\":1,\"namespace\":\"X\"}", Err("configuration"));
        check("nonsense", Err("expected"));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(data in prop::collection::vec(any::<u8>(), 0..200), value in any::<f64>()) {
            fuzz_json(&data);
            fuzz_json(format!("{{\"name\":\"a\",\"value\":{value}}}").as_bytes());
        }
    }
}
