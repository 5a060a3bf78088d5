//! Writes TOML for people: values quoted, lists broken into lines, comments kept short.
//!
//! Only what `init` and `import` need. A text written here is read again by the one door for text, and a test holds
//! that it comes back as it was.

/// Longest line before a list is broken into one item a line.
const LINE_MAX: usize = 100;

/// A basic string, with what TOML wants escaped.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.extend(["\\u", &format!("{:04X}", c as u32)]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A list of texts, on one line where it fits.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    let quoted: Vec<_> = items.iter().map(|item| quote(item.as_ref())).collect();
    let line = format!("[{}]", quoted.join(", "));
    if line.len() <= LINE_MAX {
        return line;
    }
    format!("[\n    {},\n]", quoted.join(",\n    "))
}

/// A key that may be written bare, else quoted.
pub fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quote(name) }
}

/// A length of time in its largest whole unit.
pub fn seconds(seconds: u64) -> String {
    match seconds {
        s if s > 0 && s.is_multiple_of(86_400) => format!("\"{}d\"", s / 86_400),
        s if s > 0 && s.is_multiple_of(3_600) => format!("\"{}h\"", s / 3_600),
        s if s > 0 && s.is_multiple_of(60) => format!("\"{}m\"", s / 60),
        s => format!("\"{s}s\""),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(name in ".{0,12}", texts in prop::collection::vec(any::<String>(), 0..6), s in 0u64..1_000_000) {
            let written = format!("{} = {}\nlong = {}\nlength = {}\n", key(&name), list(&texts), list(&vec!["x".repeat(60); 2]), seconds(s));
            let table: toml::Table = toml::from_str(&written).expect("is TOML");
            if !["long", "length"].contains(&name.as_str()) {
                let read: Vec<_> = table[&name].as_array().expect("a list").iter().filter_map(|it| it.as_str()).collect();
                prop_assert_eq!(read, texts);
            }
            let length = table["length"].as_str().expect("a text");
            prop_assert_eq!(alarm::sheet::Seconds::parse(length), Ok(alarm::sheet::Seconds(s)));
        }
    }
}
