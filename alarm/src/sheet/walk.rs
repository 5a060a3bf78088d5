//! Walks a parsed text against a JSON Schema and reports every difference with its place.
//!
//! Written by hand: validators of JSON Schema exist, but none keeps the byte spans of a TOML text, and none says
//! "did you mean". Only what `schemars` makes of our types is understood; a schema of another shape fails the tests
//! of the room that owns it.

use std::ops::Range;

use serde_json::Value as Schema;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Faults;
use super::kinds::check_format;

pub(super) fn walk(schema: &Schema, document: &DeTable<'_>, faults: &mut Faults) {
    let mut walker = Walker { root: schema, faults };
    walker.table(schema, document, 0..0, "");
}

/// The nearest known word, when it is near enough to be a slip of the finger.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |candidate: &&str| strsim::damerau_levenshtein(word, candidate);
    known
        .into_iter()
        .min_by_key(near)
        .filter(|best| near(best) <= (word.chars().count() / 3).max(1) || strsim::jaro_winkler(word, best) > 0.9)
}

fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(word, known).map(|best| format!("; did you mean `{best}`?")).unwrap_or_default()
}

struct Walker<'a> {
    root: &'a Schema,
    faults: &'a mut Faults,
}

impl<'a> Walker<'a> {
    fn value(&mut self, schema: &'a Schema, value: &Spanned<DeValue<'_>>, path: &str) {
        let schema = self.resolve(schema, value.get_ref());
        let span = value.span();
        if let Some(expected) = expected_kind(schema, value.get_ref()) {
            let found = kind_name(value.get_ref());
            self.faults.add(span, "SG-CFG-002", format!("`{path}`: expected {expected}, found {found}"));
            return;
        }
        match value.get_ref() {
            DeValue::Table(table) => self.table(schema, table, span, path),
            DeValue::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    if let Some(schema) = schema.get("items") {
                        self.value(schema, item, &format!("{path}[{at}]"));
                    }
                }
            }
            DeValue::String(text) => self.text(schema, text, span, path),
            DeValue::Integer(_) | DeValue::Float(_) => self.number(schema, value.get_ref(), span, path),
            DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }

    fn table(&mut self, schema: &'a Schema, table: &DeTable<'_>, span: Range<usize>, path: &str) {
        let Some(schema) = self.variant(schema, table, &span, path) else { return };
        let properties = schema.get("properties").and_then(Schema::as_object);
        let rest = schema.get("additionalProperties");
        let whose = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            match (properties.and_then(|known| known.get(name)), rest) {
                (None, Some(Schema::Bool(false))) => {
                    let known = properties.into_iter().flatten().map(|(name, _)| name.as_str());
                    let says = format!("{whose}unknown key `{name}`{}", hint(name, known));
                    self.faults.add(key.span(), "SG-CFG-003", says);
                }
                (Some(schema), _) | (None, Some(schema)) => self.value(schema, value, &inner),
                (None, None) => {}
            }
        }
        for name in strings(schema.get("required")).filter(|name| !table.contains_key(*name)) {
            self.faults.add(span.clone(), "SG-CFG-004", format!("{whose}the key `{name}` is missing"));
        }
    }

    /// Of a choice between tables, the one whose tag (a property with a `const`) agrees.
    fn variant(
        &mut self,
        schema: &'a Schema,
        table: &DeTable<'_>,
        span: &Range<usize>,
        path: &str,
    ) -> Option<&'a Schema> {
        let Some(choices) = choices(schema) else { return Some(schema) };
        let choices: Vec<_> = choices.iter().map(|choice| self.deref(choice)).collect();
        let Some(tag) = choices.iter().find_map(|choice| tag_of(choice)).map(|(tag, _)| tag) else {
            return choices.into_iter().find(|choice| choice.get("properties").is_some());
        };
        let Some(said) = table.get(tag) else {
            self.faults.add(span.clone(), "SG-CFG-004", format!("`{path}`: the key `{tag}` is missing"));
            return None;
        };
        let word = said.get_ref().as_str().unwrap_or_default();
        let found = choices.iter().find(|choice| tag_of(choice) == Some((tag, word)));
        if found.is_none() {
            let known: Vec<_> = choices.iter().filter_map(|choice| tag_of(choice)).map(|(_, word)| word).collect();
            self.none_of(word, &known, said.span(), &format!("{path}.{tag}"));
        }
        found.copied()
    }

    fn text(&mut self, schema: &'a Schema, text: &str, span: Range<usize>, path: &str) {
        let mut known: Vec<_> = strings(schema.get("enum")).collect();
        for choice in choices(schema).into_iter().flatten() {
            known.extend(choice.get("const").and_then(Schema::as_str));
            known.extend(strings(choice.get("enum")));
        }
        if !known.is_empty() && !known.contains(&text) {
            self.none_of(text, &known, span, path);
        } else if let Some(format) = schema.get("format").and_then(Schema::as_str)
            && let Err(says) = check_format(format, text)
        {
            self.faults.add(span, "SG-CFG-006", format!("`{path}`: {says}"));
        }
    }

    fn none_of(&mut self, word: &str, known: &[&str], span: Range<usize>, path: &str) {
        let hint = hint(word, known.iter().copied());
        let says = format!("`{path}`: \"{word}\" is none of {}{hint}", known.join(", "));
        self.faults.add(span, "SG-CFG-005", says);
    }

    fn number(&mut self, schema: &Schema, value: &DeValue<'_>, span: Range<usize>, path: &str) {
        let Some(number) = as_number(value) else { return };
        let limit = |key| schema.get(key).and_then(Schema::as_f64);
        if let Some(least) = limit("minimum").filter(|least| number < *least) {
            self.faults.add(span, "SG-CFG-006", format!("`{path}`: {number} is less than {least}"));
        } else if let Some(most) = limit("maximum").filter(|most| number > *most) {
            self.faults.add(span, "SG-CFG-006", format!("`{path}`: {number} is more than {most}"));
        }
    }

    fn deref(&self, schema: &'a Schema) -> &'a Schema {
        let Some(name) = schema.get("$ref").and_then(Schema::as_str) else { return schema };
        self.root.pointer(name.trim_start_matches('#')).unwrap_or(schema)
    }

    /// Follows references, and of a choice (`Option`, untagged) takes the arm whose kind fits the value.
    fn resolve(&self, schema: &'a Schema, value: &DeValue<'_>) -> &'a Schema {
        let schema = self.deref(schema);
        let Some(arms) = choices(schema) else { return schema };
        let tagged = arms.iter().any(|arm| tag_of(self.deref(arm)).is_some());
        let words = arms.iter().all(|arm| arm.get("const").is_some() || arm.get("enum").is_some());
        if tagged || words {
            return schema;
        }
        let solid: Vec<_> =
            arms.iter().map(|arm| self.deref(arm)).filter(|arm| arm.get("type") != Some(&"null".into())).collect();
        let fits = solid.iter().find(|arm| expected_kind(arm, value).is_none());
        match (fits, solid.as_slice()) {
            (Some(arm), _) if choices(arm).is_some() => self.resolve(arm, value),
            (Some(arm), _) => arm,
            (None, [only]) => only,
            (None, _) => schema,
        }
    }
}

fn choices(schema: &Schema) -> Option<&Vec<Schema>> {
    schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Schema::as_array)
}

fn strings(list: Option<&Schema>) -> impl Iterator<Item = &str> {
    list.and_then(Schema::as_array).into_iter().flatten().filter_map(Schema::as_str)
}

/// The property of a variant that holds a constant word, and the word.
fn tag_of(choice: &Schema) -> Option<(&str, &str)> {
    let properties = choice.get("properties")?.as_object()?;
    properties.iter().find_map(|(name, property)| Some((name.as_str(), property.get("const")?.as_str()?)))
}

fn kinds_of(schema: &Schema) -> Vec<&str> {
    match schema.get("type") {
        Some(Schema::String(one)) => vec![one.as_str()],
        Some(Schema::Array(many)) => many.iter().filter_map(Schema::as_str).collect(),
        _ => vec![],
    }
}

/// What the schema wants, in words, when the value is of none of its kinds.
fn expected_kind(schema: &Schema, value: &DeValue<'_>) -> Option<String> {
    let mut kinds = kinds_of(schema);
    if let Some(arms) = choices(schema) {
        kinds = arms.iter().flat_map(kinds_of).collect();
        if arms.iter().any(|arm| arm.get("$ref").is_some()) {
            return None;
        }
    }
    let fits = kinds.iter().any(|kind| match value {
        DeValue::String(_) | DeValue::Datetime(_) => *kind == "string",
        DeValue::Integer(_) => matches!(*kind, "integer" | "number"),
        DeValue::Float(_) => *kind == "number",
        DeValue::Boolean(_) => *kind == "boolean",
        DeValue::Array(_) => *kind == "array",
        DeValue::Table(_) => *kind == "object",
    });
    if fits || kinds.is_empty() {
        return None;
    }
    let mut words: Vec<_> = kinds.into_iter().filter(|kind| *kind != "null").map(word_for).collect();
    words.dedup();
    Some(words.join(" or "))
}

fn word_for(kind: &str) -> &str {
    match kind {
        "string" => "a string",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        other => other,
    }
}

fn kind_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn as_number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok().map(|n| n as f64),
        DeValue::Float(n) => n.as_str().parse().ok(),
        _ => None,
    }
}
