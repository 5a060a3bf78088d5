//! Turns TOML text into checked tables, or lists every fault with its line and column, all at once.
//!
//! serde stops at the first fault; a person who mends one fault an attempt gives up. So the text is first walked
//! against the JSON Schema of the very type that serde will fill (`walk`): unknown keys with "did you mean", missing
//! keys, wrong kinds, values out of range. Only then serde reads it. What the text says (the raw type) and what is
//! meant (the checked type of each room) are two types; the room turns one into the other and adds its own faults
//! here, so that all are reported together.
//!
//! Both the agent's configuration and the rules of the alarms come in by this one door.

mod fault;
mod kinds;
mod prune;
mod walk;

pub use fault::{Fault, Faults, Place};
pub use kinds::{At, Bytes, Seconds};
pub use walk::did_you_mean;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::de::DeTable;

/// Longest text that is read: the rules of a large account are some 100 KB.
pub const TEXT_MAX: usize = 4 << 20;

/// Reads `text` (of the file called `file` in what is said) as a `T`.
pub fn read<T: DeserializeOwned + JsonSchema>(file: &str, text: &str) -> Result<T, Faults> {
    parse(file, text).map_err(|broken| broken.faults)
}

/// Reads `text` as a `T` and lets `check` make of it what is meant. What the text and what `check` find wrong is told
/// together: where keys are faulty, `check` sees the text without them, and what it finds in the same table is left
/// out, for the faulty keys may be why.
pub fn read_checked<T: DeserializeOwned + JsonSchema, M>(
    file: &str,
    text: &str,
    check: impl FnOnce(T, &mut Faults) -> M,
) -> Result<M, Faults> {
    match parse(file, text) {
        Ok(raw) => {
            let mut faults = Faults::new(file, text);
            let meant = check(raw, &mut faults);
            faults.or(meant)
        }
        Err(broken) => {
            let Broken { mut faults, document } = *broken;
            if let Some(rest) = document.and_then(|document| prune::sound(document, &faults)) {
                let mut further = Faults::new(file, text);
                check(rest, &mut further);
                faults.add_of_other_tables(further);
            }
            Err(faults)
        }
    }
}

/// What could not be read: with its faults the document, where it is one.
struct Broken<'t> {
    faults: Faults,
    document: Option<toml::Spanned<DeTable<'t>>>,
}

fn parse<'t, T: DeserializeOwned + JsonSchema>(file: &str, text: &'t str) -> Result<T, Box<Broken<'t>>> {
    let mut faults = Faults::new(file, text);
    if text.len() > TEXT_MAX {
        faults.add(0..0, "SG-CFG-001", format!("the file is larger than {TEXT_MAX} bytes"));
        return Err(Box::new(Broken { faults, document: None }));
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        faults.add(error.span().unwrap_or(0..0), "SG-CFG-001", error.message().to_owned());
    }
    if !faults.is_empty() {
        return Err(Box::new(Broken { faults, document: None }));
    }
    let schema = schema::<T>();
    walk::walk(&schema, document.get_ref(), &mut faults);
    if !faults.is_empty() {
        return Err(Box::new(Broken { faults, document: Some(document) }));
    }
    toml::from_str(text).map_err(|error| {
        // The walk lets pass what only a type's own reading refuses: said as that type says it.
        faults.add(error.span().unwrap_or(0..0), "SG-CFG-006", error.message().to_owned());
        Box::new(Broken { faults, document: None })
    })
}

/// The JSON Schema (2020-12) of a raw type: what editors complete by, and what `walk` obeys.
pub fn schema<T: JsonSchema>() -> serde_json::Value {
    schemars::schema_for!(T).to_value()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by the schema alone")]
    struct Config {
        #[serde(default)]
        interval: Option<Seconds>,
        #[serde(default)]
        spool: Spool,
        #[serde(default)]
        probe: Vec<Probe>,
        #[serde(default)]
        dimensions: BTreeMap<String, String>,
    }

    #[derive(Debug, Default, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, default)]
    struct Spool {
        max_bytes: Option<At<Bytes>>,
        #[schemars(range(min = 1, max = 9))]
        level: Option<u8>,
        mode: Mode,
    }

    #[derive(Debug, Default, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        #[default]
        Disk,
        Memory,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
    #[expect(dead_code, reason = "read by the schema alone")]
    enum Probe {
        Http {
            url: String,
            #[serde(default)]
            status: Option<u16>,
        },
        Tcp {
            address: String,
        },
    }

    fn check(text: &str, expect: &[&str]) {
        let said: Vec<_> = match read::<Config>("x.toml", text) {
            Ok(_) => vec![],
            Err(faults) => faults.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(said, expect, "for {text}");
    }

    #[test]
    fn a_sound_file_has_no_fault() {
        check("interval = '10s'\n[spool]\nmax_bytes = '64MiB'\nmode = 'memory'\n[dimensions]\na = 'b'\n", &[]);
        check("[[probe]]\nkind = 'http'\nurl = 'x'\n[[probe]]\nkind = 'tcp'\naddress = 'y'\n", &[]);
    }

    #[test]
    fn all_faults_at_once_each_with_its_place() {
        check(
            "intervall = 3\ninterval = 'soon'\n[spool]\nlevel = 12\nmode = 'dsik'\nmax_bytes = true\n",
            &[
                "x.toml:1:1: SG-CFG-003: unknown key `intervall`; did you mean `interval`?",
                "x.toml:2:12: SG-CFG-006: `interval`: \"soon\" is not a length of time; write it like \"10s\", \"5m\", \"2h\" or \"14d\"",
                "x.toml:4:9: SG-CFG-006: `spool.level`: 12 is more than 9",
                "x.toml:5:8: SG-CFG-005: `spool.mode`: \"dsik\" is none of disk, memory; did you mean `disk`?",
                "x.toml:6:13: SG-CFG-002: `spool.max_bytes`: expected a string, found a boolean",
            ],
        );
    }

    #[test]
    fn the_variant_is_chosen_by_its_tag() {
        check(
            "[[probe]]\nkind = 'http'\nurll = 'x'\n[[probe]]\nkind = 'htp'\n[[probe]]\nurl = 'x'\n",
            &[
                "x.toml:1:1: SG-CFG-004: `probe[0]`: the key `url` is missing",
                "x.toml:3:1: SG-CFG-003: `probe[0]`: unknown key `urll`; did you mean `url`?",
                "x.toml:5:8: SG-CFG-005: `probe[1].kind`: \"htp\" is none of http, tcp; did you mean `http`?",
                "x.toml:6:1: SG-CFG-004: `probe[2]`: the key `kind` is missing",
            ],
        );
    }

    #[test]
    fn broken_syntax_is_placed() {
        let faults = read::<Config>("x.toml", "a = \n[spool\n").expect_err("is broken");
        assert!(faults.iter().all(|fault| fault.code == "SG-CFG-001"));
        assert_eq!(faults.iter().next().map(|fault| fault.place.line), Some(1));
    }
}
