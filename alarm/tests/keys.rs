//! docs/alarms/keys.md names every key that the JSON Schema of the rules has, and no other.
//!
//! It is made of the schema; `UPDATE_GOLDEN=1 cargo test -p alarm --test keys` makes it anew.
#![expect(clippy::disallowed_methods, reason = "a test outside the library reads and writes the documents")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use alarm::rules::RawRules;
use alarm::sheet::schema;
use serde_json::Value;

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// Walks the tables of a file from the outermost in, each once.
struct Page<'a> {
    schema: &'a Value,
    text: String,
    known: BTreeSet<String>,
    seen: BTreeSet<String>,
}

impl<'a> Page<'a> {
    fn deref(&self, reference: &str) -> &'a Value {
        self.schema.pointer(reference.trim_start_matches('#')).unwrap()
    }

    /// What a property is: its words for a person, and the table that it holds with how that is written.
    fn kind(&self, property: &'a Value) -> (String, Option<(&'a str, &'static str)>) {
        let reference = |value: &'a Value| value["$ref"].as_str();
        let one =
            reference(property).or_else(|| property["anyOf"].as_array().into_iter().flatten().find_map(reference));
        for (reference, list) in [
            (one, ""),
            (reference(&property["items"]), "list of "),
            (reference(&property["additionalProperties"]), "table of "),
        ] {
            let Some(reference) = reference else { continue };
            let held = self.deref(reference);
            if held["properties"].is_object() {
                return (
                    format!("{list}{}", if list.is_empty() { "table" } else { "tables" }),
                    Some((reference, list)),
                );
            }
            let words: Vec<_> = words(held).into_iter().map(|word| format!("`{word}`")).collect();
            return (format!("{list}{}", words.join(", ")), None);
        }
        if property["additionalProperties"].is_object() {
            return ("table of texts".to_owned(), None);
        }
        let named = |value: &Value| match value["format"].as_str() {
            Some("length-of-time") => "time".to_owned(),
            Some("double") => "number".to_owned(),
            _ => {
                let kinds = value["type"].as_array().cloned().unwrap_or_else(|| vec![value["type"].clone()]);
                let kind = kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("?");
                match kind {
                    "string" => "text".to_owned(),
                    "integer" => "whole number".to_owned(),
                    "boolean" => "true or false".to_owned(),
                    other => other.to_owned(),
                }
            }
        };
        let own = named(property);
        (if own == "array" { format!("list of {}s", named(&property["items"])) } else { own }, None)
    }

    fn table(&mut self, path: &str, table: &'a Value) {
        let says = table["description"].as_str().unwrap_or_default().replace('\n', " ");
        write!(self.text, "\n## {path}\n\n{says}\n\n| key | is | says |\n|---|---|---|\n").unwrap();
        let required: Vec<_> = table["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut inner = Vec::new();
        for (key, property) in table["properties"].as_object().unwrap() {
            let (kind, held) = self.kind(property);
            let of_table = held.map(|(reference, _)| self.deref(reference)["description"].as_str().unwrap_or_default());
            let says = property["description"].as_str().or(of_table).unwrap_or_default().replace('\n', " ");
            assert!(!says.is_empty(), "`{key}` of {path} says nothing: give it a doc comment");
            let needed = if required.contains(&key.as_str()) { "; needed" } else { "" };
            writeln!(self.text, "| `{key}` | {kind}{needed} | {} |", says.replace('|', "\\|")).unwrap();
            self.known.insert(key.clone());
            if let Some((reference, list)) = held {
                inner.push((inner_path(path, key, list), reference));
            }
        }
        for (path, reference) in inner {
            if self.seen.insert(reference.to_owned()) {
                let held = self.deref(reference);
                self.table(&path, held);
            }
        }
    }
}

fn inner_path(path: &str, key: &str, list: &str) -> String {
    let outer = path.trim_matches(|c| "`[]".contains(c));
    let outer = if outer == "The file" { String::new() } else { format!("{outer}.") };
    match list {
        "list of " => format!("`[[{outer}{key}]]`"),
        "table of " => format!("`[{outer}{key}.NAME]`"),
        _ => format!("`[{outer}{key}]`"),
    }
}

/// The words that a choice allows.
fn words(choice: &Value) -> Vec<&str> {
    let arms = choice["oneOf"].as_array().into_iter().flatten().flat_map(words);
    let listed = choice["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    listed.chain(choice["const"].as_str()).chain(arms).collect()
}

fn page(schema: &Value) -> (String, BTreeSet<String>) {
    let mut page = Page { schema, text: String::new(), known: BTreeSet::new(), seen: BTreeSet::new() };
    page.text.push_str(
        "# Every key of alarms.toml\n\nMade of the JSON Schema that `stormglass alarms schema` prints; \
         [alarms.md](../alarms.md) says what they are for. A time is\nwritten `90s`, `5m`, `2h` or `3d`. A table of a \
         rule may stand in braces: `disk = { from = 80 }`. An unknown key is refused, with the\none that was meant.\n",
    );
    page.table("The file", schema);
    (page.text, page.known)
}

#[test]
fn every_key_stands_in_the_documents() {
    let schema = schema::<RawRules>();
    let (now, _) = page(&schema);
    let file = document("alarms/keys.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    assert!(std::fs::read_to_string(&file).unwrap() == now, "docs/alarms/keys.md is not of this schema: see the head");
}

/// The other way: what the first column of a table of keys names is a key.
#[test]
fn no_key_of_the_documents_is_made_up() {
    let schema = schema::<RawRules>();
    let (_, known) = page(&schema);
    let mut read = 0;
    for name in ["alarms.md", "alarms/burst.md", "alarms/disk.md", "alarms/unusual.md", "ladder.md"] {
        let text = std::fs::read_to_string(document(name)).unwrap();
        let mut of_keys = false;
        for line in text.lines() {
            if !line.starts_with('|') {
                of_keys = false;
            } else if line.starts_with("| key") {
                of_keys = true;
            } else if of_keys && !line.starts_with("|-") {
                let first = line.split('|').nth(1).unwrap();
                for key in first.split('`').skip(1).step_by(2) {
                    assert!(known.contains(key), "docs/{name} names `{key}`, which is no key");
                    read += 1;
                }
            }
        }
    }
    assert!(read > 40, "{read}");
}
