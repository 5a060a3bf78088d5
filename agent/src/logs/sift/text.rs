//! Where the text of an event begins, ends, and can be parted.

/// Without the ends of lines, and without the NUL bytes around it.
pub(super) fn trimmed(event: &[u8]) -> &[u8] {
    let end = event.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r' | 0)).map_or(0, |at| at + 1);
    let text = &event[..end];
    // What a truncation under an open descriptor leaves before the next line.
    let start = if text.first() == Some(&0) { text.iter().position(|byte| *byte != 0).unwrap_or(end) } else { 0 };
    &text[start..]
}

/// The middle, at a character's beginning.
pub(super) fn half(text: &[u8]) -> usize {
    let middle = text.len() / 2;
    (middle..text.len()).find(|at| text[*at] & 0xC0 != 0x80).unwrap_or(middle).max(1)
}
