//! Values with a form of their own: lengths of time, sizes, and any value with its place.

use std::borrow::Cow;
use std::ops::{Deref, Range};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// A length of time, written `"10s"`, `"5m"`, `"2h"`, `"14d"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

/// A size, written `"512KiB"`, `"64MiB"`, `"2GiB"` (or KB, MB, GB of 1000).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

const TIMES: &[(&str, u64)] = &[("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 604_800)];
const SIZES: &[(&str, u64)] = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// A whole number directly followed by a unit of the table.
fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let factor = units.iter().find(|(name, _)| *name == unit.trim_start())?.1;
    number.parse::<u64>().ok()?.checked_mul(factor)
}

impl Seconds {
    pub fn parse(text: &str) -> Result<Self, String> {
        quantity(text, TIMES).map(Self).ok_or_else(|| {
            format!("\"{text}\" is not a length of time; write it like \"10s\", \"5m\", \"2h\" or \"14d\"")
        })
    }
}

impl Bytes {
    pub fn parse(text: &str) -> Result<Self, String> {
        quantity(text, SIZES)
            .map(Self)
            .ok_or_else(|| format!("\"{text}\" is not a size; write it like \"512KiB\", \"64MiB\" or \"2GiB\""))
    }
}

/// What a text whose schema names this `format` must pass.
pub(super) fn check_format(format: &str, text: &str) -> Result<(), String> {
    match format {
        "length-of-time" => Seconds::parse(text).map(drop),
        "size" => Bytes::parse(text).map(drop),
        _ => Ok(()),
    }
}

macro_rules! text_kind {
    ($kind:ident, $format:literal, $example:literal) => {
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(from)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $kind {
            fn schema_name() -> Cow<'static, str> {
                stringify!($kind).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format, "examples": [$example] })
            }
        }
    };
}

text_kind!(Seconds, "length-of-time", "5m");
text_kind!(Bytes, "size", "64MiB");

/// A value that remembers where it was written, so that a fault found later can point at it.
#[derive(Clone, Debug, PartialEq)]
pub struct At<T> {
    pub span: Range<usize>,
    pub value: T,
}

impl<T> Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A default was written nowhere: it points at the beginning.
impl<T> From<T> for At<T> {
    fn from(value: T) -> Self {
        Self { span: 0..0, value }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(from)?;
        Ok(Self { span: spanned.span(), value: spanned.into_inner() })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(Seconds::parse("5m"), Ok(Seconds(300)));
        assert_eq!(Seconds::parse("14 d"), Ok(Seconds(1_209_600)));
        assert_eq!(Bytes::parse("2GiB"), Ok(Bytes(2 << 30)));
        for wrong in ["", "5", "m", "-5m", "5mm", "99999999999999999999s", "18446744073709551615w"] {
            assert!(Seconds::parse(wrong).is_err(), "{wrong} was taken");
        }
    }
}
