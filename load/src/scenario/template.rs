//! Texts with places to fill: `/cart/{{cart}}`, `{"user":"{{users.name|json}}"}`.
//!
//! A place knows the number of its variable, so that a journey that runs looks nothing up by name.

use std::fmt::Write;

/// How a value is written into its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    /// Percent-encoded: of use in a path.
    Url,
    /// As the inside of a JSON string.
    Json,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(usize, Form),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// `usual` is the form of a place that names none. `known` gives the number of a variable.
    pub(super) fn parse(text: &str, usual: Form, known: impl Fn(&str) -> Option<usize>) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let (place, after) = after.split_once("}}").ok_or("a `{{` has no `}}`")?;
            let (name, form) = match place.split_once('|') {
                None => (place.trim(), usual),
                Some((name, form)) => (name.trim(), form_of(form.trim())?),
            };
            let number = known(name).ok_or_else(|| format!("nothing before it gives `{name}`"))?;
            pieces.push(Piece::Place(number, form));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// A variable that has no value (what was to be taken was not there) is written as nothing.
    pub fn fill(&self, values: &[String], into: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => into.push_str(text),
                Piece::Place(number, form) => write_as(values.get(*number).map_or("", String::as_str), *form, into),
            }
        }
    }
}

fn form_of(word: &str) -> Result<Form, String> {
    match word {
        "plain" => Ok(Form::Plain),
        "url" => Ok(Form::Url),
        "json" => Ok(Form::Json),
        _ => Err(format!("`{word}` is no form; there are plain, url and json")),
    }
}

fn write_as(value: &str, form: Form, into: &mut String) {
    match form {
        Form::Plain => into.push_str(value),
        Form::Url => {
            for byte in value.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    into.push(byte as char);
                } else {
                    // Writing into a String cannot fail.
                    let _ = write!(into, "%{byte:02X}");
                }
            }
        }
        Form::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            into.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, usual: Form) -> Result<String, String> {
        let known = |name: &str| ["id", "users.name"].iter().position(|known| *known == name);
        let mut made = String::new();
        let values = ["a/b c".to_owned(), "O\"Neil".to_owned()];
        Template::parse(text, usual, known)?.fill(&values, &mut made);
        Ok(made)
    }

    #[test]
    fn places_are_filled_in_the_form_of_where_they_stand() {
        assert_eq!(filled("/cart/{{id}}?x={{ id|plain }}", Form::Url).as_deref(), Ok("/cart/a%2Fb%20c?x=a/b c"));
        assert_eq!(filled(r#"{"n":"{{users.name|json}}"}"#, Form::Plain).as_deref(), Ok(r#"{"n":"O\"Neil"}"#));
        assert_eq!(filled("no place", Form::Plain).as_deref(), Ok("no place"));
    }

    #[test]
    fn what_cannot_be_filled_is_said() {
        assert!(filled("{{nobody}}", Form::Plain).is_err_and(|says| says.contains("`nobody`")));
        assert!(filled("{{id", Form::Plain).is_err());
        assert!(filled("{{id|loud}}", Form::Plain).is_err_and(|says| says.contains("`loud`")));
    }
}
