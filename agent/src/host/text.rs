//! Small pieces of the parsers: none of them panics, whatever the text.

/// The next word as a number; 0 where there is none or it is no number.
pub(super) fn number<'a>(words: &mut impl Iterator<Item = &'a str>) -> u64 {
    words.next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// The fields of a file of lines `Name: 123 kB`.
pub(super) fn fields(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(|line| {
        let (name, rest) = line.split_once(':')?;
        let value = rest.split_ascii_whitespace().next()?.parse().ok()?;
        Some((name.trim_end(), value))
    })
}

/// The fields of a file of lines `name 123`.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(|line| {
        let (name, value) = line.split_once(char::is_whitespace)?;
        Some((name, value.trim().parse().ok()?))
    })
}

/// Undoes the octal escapes of /proc/mounts (`\040` is a space).
pub(super) fn unescape(word: &str) -> String {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if let (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) = (first, after) {
            out.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
            rest = after;
        } else {
            out.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (input, expect) in
            [("/data", "/data"), (r"/my\040disk", "/my disk"), (r"a\134b", r"a\b"), (r"\0", r"\0"), (r"\999", r"\999")]
        {
            assert_eq!(unescape(input), expect);
        }
    }
}
