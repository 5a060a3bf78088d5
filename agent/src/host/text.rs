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
