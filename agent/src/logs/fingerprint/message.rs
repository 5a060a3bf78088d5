//! A message without its variables: what two occurrences of one error have in common.

/// Numbers, ids, addresses and quoted values become marks; white space becomes one space.
pub fn plain(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut out = String::with_capacity(line.len().min(256));
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        if out.len() > 512 {
            break;
        }
        if matches!(first, '"' | '\'' | '`' | '“' | '‘')
            && !out.ends_with(|c: char| c.is_alphanumeric())
            && let Some(len) = quoted(rest, first)
        {
            out.push_str("<text>");
            rest = &rest[len..];
        } else if first.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
            rest = rest.trim_start();
        } else if word_char(first) {
            let len = rest.find(|c: char| !word_char(c)).unwrap_or(rest.len());
            out.push_str(mark(&rest[..len]));
            rest = &rest[len..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-' || c == '.'
}

/// The length of a quoted value with its quotes.
fn quoted(text: &str, open: char) -> Option<usize> {
    let close = match open {
        '“' => '”',
        '‘' => '’',
        '`' if text[1..].starts_with(|c: char| c != '`') && !text[1..].contains('`') => '\'',
        same => same,
    };
    let inner = &text[open.len_utf8()..];
    inner.find(close).map(|len| open.len_utf8() + len + close.len_utf8())
}

/// A word stays unless it holds a digit: then it is a number, an id, an address, or a name with a counter.
fn mark(word: &str) -> &str {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 {
        let hex = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        return if hex { "<id>" } else { word };
    }
    let hex = word.trim_start_matches("0x").bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let numeric = word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    match word {
        _ if numeric => "<n>",
        _ if hex || digits * 3 >= word.len() || word.len() >= 20 => "<id>",
        // `worker-7`, `utf8`, `java8`: the letters are the name.
        _ => word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '_'),
    }
}

/// What follows a line's time, level, thread and logger: what it says.
pub(super) fn after_head(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    for divider in [" - ", " : ", " -- : ", "] "] {
        let near = line.char_indices().nth(160).map_or(line.len(), |(at, _)| at);
        if let Some(at) = line[..near].find(divider) {
            return &line[at + divider.len()..];
        }
    }
    line
}
