//! Makes a name from outside fit to be shown: names of hosts, paths, errors and rules may hold anything.
//!
//! Nothing that comes out of `clean` breaks a line or turns the direction of writing; nothing that comes out of
//! `mrkdwn` is a link, a mention or a channel; nothing that comes out of `ascii` is outside ASCII.

/// One line without control characters, at most `most` characters, what was cut marked by an ellipsis.
pub fn clean(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(most * 4));
    let mut chars = text.chars().map(|c| if c.is_control() || is_break(c) { ' ' } else { c }).filter(|c| !turns(*c));
    for c in chars.by_ref() {
        if c != ' ' || !line.ends_with(' ') {
            line.push(c);
        }
        // Bounded before counting: a name of a megabyte costs no more than one of a line.
        if line.len() > most * 4 {
            break;
        }
    }
    cut(line.trim(), most, |_| 1)
}

/// The longest beginning whose characters cost at most `most`, with an ellipsis where something was cut.
pub(super) fn cut(text: &str, most: usize, cost: impl Fn(char) -> usize) -> String {
    let ellipsis = cost('…');
    let (mut spent, mut fits) = (0, 0);
    for (at, c) in text.char_indices() {
        if spent + ellipsis <= most {
            fits = at;
        }
        spent += cost(c);
        if spent > most {
            let kept = text[..fits].trim_end();
            return if ellipsis <= most { format!("{kept}…") } else { String::new() };
        }
    }
    text.to_owned()
}

fn is_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Invisible characters that reorder or hide what stands around them.
fn turns(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{61c}' | '\u{e0000}'..='\u{e007f}')
}

/// Escaped for Slack's mrkdwn, and for the Markdown of the chat schema, at most `most` of JSON: what Slack counts.
pub(super) fn mrkdwn(text: &str, most: usize) -> String {
    let fits = cut(text, most, cost);
    let mut escaped = String::with_capacity(fits.len() + 16);
    for c in fits.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A name that looks like code would end the code around it.
            '`' => escaped.push('\''),
            // `[text](address)` is a link in Markdown, and `@here` wakes a channel: an invisible character parts them.
            '(' if escaped.ends_with(']') => escaped.push_str("\u{200b}("),
            '@' => escaped.push_str("@\u{200b}"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// What a character costs at most once it is escaped, in UTF-16 as JavaScript counts, with the backslash of JSON.
fn cost(c: char) -> usize {
    match c {
        '&' => 5,
        '<' | '>' => 4,
        '(' | '@' | '"' | '\\' | '\n' => 2,
        c => c.len_utf16(),
    }
}

/// What escaped text costs, as `mrkdwn` counts.
pub(super) fn size(escaped: &str) -> usize {
    escaped.chars().map(|c| if matches!(c, '"' | '\\' | '\n') { 2 } else { c.len_utf16() }).sum()
}

/// Plain text of at most `most`, as Slack counts: for headers and buttons, which know no markup.
pub(super) fn plain(text: &str, most: usize) -> String {
    cut(text, most, |c| if matches!(c, '"' | '\\') { 2 } else { c.len_utf16() })
}

/// Only letters, digits and signs of ASCII, at most `most`. Hangul is romanised letter by letter (close enough to be
/// recognised, not the spelling of a dictionary); runs of other scripts become one `?`.
pub fn ascii(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => out.push(c),
            '\u{ac00}'..='\u{d7a3}' => romanise(c, &mut out),
            '…' => out.push_str("..."),
            '·' | '—' | '–' => out.push('-'),
            c if c.is_whitespace() => out.push(' '),
            _ if out.ends_with('?') => {}
            _ => out.push('?'),
        }
    }
    if out.len() > most {
        out.truncate(most.saturating_sub(3));
        out.truncate(out.trim_end().len());
        out.push_str(&"..."[..most.min(3)]);
    }
    out
}

/// A syllable is 0xAC00 + (lead x 21 + vowel) x 28 + tail.
fn romanise(syllable: char, out: &mut String) {
    const LEAD: [&str; 19] =
        ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"];
    const VOWEL: [&str; 21] = [
        "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu",
        "eu", "ui", "i",
    ];
    const TAIL: [&str; 28] = [
        "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng",
        "t", "t", "k", "t", "p", "t",
    ];
    let index = syllable as usize - 0xac00;
    let (lead, vowel, tail) = (index / 588, index % 588 / 28, index % 28);
    for part in [LEAD[lead], VOWEL[vowel], TAIL[tail]] {
        out.push_str(part);
    }
}

/// An address that may be shown as a link: http or https, nothing that ends a link early, no longer than `most`.
pub(super) fn link(address: &str, most: usize) -> Option<String> {
    let known = address.starts_with("https://") || address.starts_with("http://");
    let safe = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '|' | '"' | '\\' | '`');
    (known && address.len() <= most && address.chars().all(safe)).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_stays_on_its_line_and_in_its_direction() {
        assert_eq!(clean("web\r\n-1\u{202e}gnp.exe\t x", 99), "web -1gnp.exe x");
        assert_eq!(clean("abcdef", 5), "abcd…");
        assert_eq!(clean("", 5), "");
    }

    #[test]
    fn nothing_becomes_a_link_or_a_mention() {
        assert_eq!(mrkdwn("<!channel> & <https://x|y>", 99), "&lt;!channel&gt; &amp; &lt;https://x|y&gt;");
        assert_eq!(mrkdwn("@here [a](https://x)", 99), "@\u{200b}here [a]\u{200b}(https://x)");
        assert_eq!(mrkdwn("a&b", 6), "a…");
        assert_eq!(mrkdwn("a&b", 7), "a&amp;b");
    }

    #[test]
    fn korean_is_romanised() {
        assert_eq!(ascii("결제 서버 01", 99), "gyeolje seobeo 01");
        assert_eq!(ascii("デスク full · €", 99), "? full - ?");
        assert_eq!(ascii("abcdefgh", 6), "abc...");
    }

    #[test]
    fn links_are_plain_addresses() {
        assert_eq!(link("https://a/b?c=d&e=%20", 99).as_deref(), Some("https://a/b?c=d&e=%20"));
        for wrong in ["javascript:alert(1)", "https://a/>b", "https://a|b", "https://a b", "https://가"] {
            assert_eq!(link(wrong, 99), None, "{wrong}");
        }
        assert_eq!(link("https://abc", 5), None);
    }

    proptest! {
        #[test]
        fn limits_hold_for_any_text(text in "\\PC{0,200}|[&<>@`\"\\\\\\[\\](|가-힣\u{1f600}\n\u{202e}]{0,200}", most in 0_usize..120) {
            let line = clean(&text, most);
            prop_assert!(line.chars().count() <= most);
            prop_assert!(!line.chars().any(|c| c.is_control() || turns(c)));
            let escaped = mrkdwn(&line, most);
            let json = serde_json::to_string(&escaped).unwrap();
            prop_assert!(json.encode_utf16().count() - 2 <= most, "{json} is over {most}");
            prop_assert!(!escaped.contains(['<', '>', '`']) && !escaped.contains("](") && !escaped.contains("@here"));
            prop_assert!(ascii(&text, most).len() <= most && ascii(&text, most).is_ascii());
        }
    }
}
