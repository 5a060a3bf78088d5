//! Credentials: by the key before them, by the form they have, by the scheme that announces them.

use memchr::memmem;

use super::{Span, What};

/// A key that ends so (case and `-_.` aside) has a secret as its value. The last letter is tried first.
const KEYS: &[(&str, What)] = &[
    ("password", What::Password),
    ("passwd", What::Password),
    ("pwd", What::Password),
    ("passphrase", What::Password),
    ("secret", What::Password),
    ("secretkey", What::Password),
    ("secretaccesskey", What::AwsKey),
    ("privatekey", What::Password),
    ("apikey", What::Password),
    ("authkey", What::Password),
    ("credential", What::Password),
    ("credentials", What::Password),
    ("authorization", What::Token),
    ("token", What::Token),
    ("signature", What::Token),
    ("cookie", What::Cookie),
    ("sessionid", What::Token),
];
const KEY_MAX: usize = 64;
/// A value longer than this is no credential, but a text that happens to stand behind such a word.
const VALUE_MAX: usize = 8_192;

/// The last letters of `KEYS`.
fn ends_a_key(byte: u8) -> bool {
    matches!(byte | 0x20, b'd' | b'e' | b't' | b'y' | b'l' | b's' | b'n')
}

/// The value behind `=` or `:`, where the word before it says that it is secret.
#[inline]
pub(super) fn after_key(text: &[u8], from: usize, at: usize) -> Option<Span> {
    let what = key_before(&text[from..at])?;
    let (start, quote) = value_start(text, at + 1)?;
    let rest = &text[start..text.len().min(start + VALUE_MAX)];
    let len = match quote {
        Some(quote) => quoted_len(rest, quote, text[start - 1 - usize::from(start > 1)] == b'\\'),
        None if what == What::Cookie && text[at] == b':' => line_len(rest),
        None => bare_len(rest, what),
    };
    let value = &rest[..len];
    // `token: expected`, `cookie: not allowed`: words about one, and not the thing.
    let prose = quote.is_none()
        && text[at] == b':'
        && match what {
            What::Token => value.len() < 12,
            What::Cookie => !value.contains(&b'='),
            _ => false,
        };
    (!prose && !harmless(value)).then_some(Span { start, end: start + value.len(), what })
}

fn key_before(head: &[u8]) -> Option<What> {
    let head = head.strip_suffix(b" ").unwrap_or(head);
    let head = head.strip_suffix(b"\"").or_else(|| head.strip_suffix(b"'")).unwrap_or(head);
    let head = head.strip_suffix(b"\\").unwrap_or(head);
    // Most words before a colon end otherwise: one look decides.
    if !ends_a_key(*head.last()?) {
        return None;
    }
    let mut folded = [0; KEY_MAX];
    let mut len = 0;
    for byte in head.iter().rev().take(KEY_MAX) {
        match byte {
            b'-' | b'_' | b'.' => {}
            byte if byte.is_ascii_alphanumeric() => {
                folded[KEY_MAX - 1 - len] = byte.to_ascii_lowercase();
                len += 1;
            }
            _ => break,
        }
        if len == 20 {
            break;
        }
    }
    let word = &folded[KEY_MAX - len..];
    let last = word.last()?;
    let is = |key: &str| key.as_bytes().last() == Some(last) && word.ends_with(key.as_bytes());
    KEYS.iter().rev().find(|(key, _)| is(key)).map(|(_, what)| *what)
}

/// Where the value begins, and the quote that ends it.
fn value_start(text: &[u8], mut at: usize) -> Option<(usize, Option<u8>)> {
    while text.get(at) == Some(&b' ') {
        at += 1;
    }
    if text.get(at) == Some(&b'\\') && text.get(at + 1) == Some(&b'"') {
        at += 1;
    }
    match *text.get(at)? {
        quote @ (b'"' | b'\'') => Some((at + 1, Some(quote))),
        b'\n' | b'\r' => None,
        _ => Some((at, None)),
    }
}

/// Up to the quote that closes it. Inside a string of JSON both quotes are `\"`; elsewhere such a one is part of the value.
fn quoted_len(rest: &[u8], quote: u8, is_inner: bool) -> usize {
    let mut from = 0;
    while let Some(at) = rest[from..].iter().position(|byte| *byte == quote || *byte == b'\n').map(|at| from + at) {
        let escaped = at > 0 && rest[at - 1] == b'\\' && rest[at] == quote;
        if escaped && is_inner {
            return at - 1;
        }
        if !escaped {
            return at;
        }
        from = at + 1;
    }
    rest.len()
}

fn line_len(rest: &[u8]) -> usize {
    rest.iter().position(|byte| matches!(byte, b'\n' | b'\r' | b'"' | b'\'')).unwrap_or(rest.len())
}

fn bare_len(rest: &[u8], what: What) -> usize {
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b',' | b';' | b'&' | b')' | b'}' | b']' | b'"' | b'\'' | b'<' | b'>')
    };
    let first = rest.iter().position(ends).unwrap_or(rest.len());
    // `Authorization: Basic dXNlcjpwYXNz`: the scheme is no secret, what follows is; both go.
    let scheme = [b"Bearer".as_slice(), b"Basic", b"Digest", b"AWS4-HMAC-SHA256"];
    if what == What::Token && scheme.iter().any(|word| rest[..first].eq_ignore_ascii_case(word)) {
        return line_len(rest);
    }
    first
}

/// Nothing to hide: empty, already hidden, or a word of the language.
fn harmless(value: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] = [b"null", b"none", b"nil", b"true", b"false", b"undefined", b"required", b"invalid"];
    value.is_empty()
        || value.iter().all(|byte| matches!(byte, b'*' | b'x' | b'.' | b'-' | b'?'))
        || value.starts_with(b"[redacted")
        || value.starts_with(b"{")
        || value.starts_with(b"[")
        || WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// The rules that know a secret by a byte inside it.
pub(super) fn at_mark(text: &[u8], from: usize, at: usize) -> Option<Span> {
    match text[at] {
        b'@' => url_password(text, from, at).or_else(|| email(text, from, at)),
        b'A' => aws_key(text, at).or_else(|| prefixed(text, at, at, b"AIza", 39)),
        b'B' | b'b' => bearer(text, at),
        b'J' => jwt(text, from, at),
        b'_' => ["ghp", "gho", "ghs", "ghu", "npm", "sk_live", "rk_live", "github_pat"].iter().find_map(|word| {
            let start = at.checked_sub(word.len()).filter(|start| *start >= from)?;
            prefixed(text, start, at + 1, word.as_bytes(), 20)
        }),
        b'-' => private_key(text, at).or_else(|| flag(text, at)).or_else(|| {
            // Slack (a letter follows), OpenAI and Anthropic, GitLab.
            [(4, "xox"), (2, "sk"), (5, "glpat")].iter().find_map(|(back, word)| {
                let start = at.checked_sub(*back).filter(|start| *start >= from)?;
                let found = prefixed(text, start, at + 1, word.as_bytes(), 20)?;
                // `sk-learn-some-long-name` is a name.
                text[start..found.end].iter().any(u8::is_ascii_digit).then_some(found)
            })
        }),
        _ => None,
    }
}

/// `--password hunter2`: the argument behind a flag whose name says that it is secret.
fn flag(text: &[u8], at: usize) -> Option<Span> {
    let begins = at == 0 || matches!(text[at - 1], b' ' | b'\t' | b'"' | b'\'' | b',');
    if !begins || !text[at..].starts_with(b"--") {
        return None;
    }
    let end = run(text, at + 2, word_byte);
    let what = key_before(&text[at + 2..end])?;
    let start = (text.get(end) == Some(&b' ')).then_some(end + 1)?;
    let len = bare_len(&text[start..text.len().min(start + VALUE_MAX)], what);
    let value = &text[start..start + len];
    (!harmless(value) && !value.starts_with(b"-")).then_some(Span { start, end: start + len, what })
}

fn word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn run(text: &[u8], from: usize, is: impl Fn(u8) -> bool) -> usize {
    text[from..].iter().position(|byte| !is(*byte)).map_or(text.len(), |len| from + len)
}

fn begins_a_word(text: &[u8], start: usize) -> bool {
    start == 0 || !word_byte(text[start - 1])
}

/// `AKIA...`, `ASIA...`: twenty capitals and digits.
fn aws_key(text: &[u8], at: usize) -> Option<Span> {
    let rest = &text[at..];
    if !(rest.starts_with(b"AKIA") || rest.starts_with(b"ASIA")) || !begins_a_word(text, at) {
        return None;
    }
    let end = run(text, at, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let ends = text.get(end).is_none_or(|byte| !word_byte(*byte));
    (end - at == 20 && ends).then_some(Span { start: at, end, what: What::AwsKey })
}

/// Tokens that announce themselves by how they begin: GitHub, Slack, Stripe, Google.
fn prefixed(text: &[u8], start: usize, from: usize, prefix: &[u8], least: usize) -> Option<Span> {
    if !text[start..].starts_with(prefix) || !begins_a_word(text, start) {
        return None;
    }
    let end = run(text, from, word_byte);
    (end - start >= least).then_some(Span { start, end, what: What::Token })
}

/// `Bearer` and what follows it, where that looks like a token and not like prose.
fn bearer(text: &[u8], at: usize) -> Option<Span> {
    const WORD: &[u8] = b"bearer ";
    let head = text.get(at..at + WORD.len())?;
    if !head.eq_ignore_ascii_case(WORD) || !begins_a_word(text, at) {
        return None;
    }
    let start = at + WORD.len();
    let end = run(text, start, |byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    let token = &text[start..end];
    let like = token.len() >= 24 || (token.len() >= 8 && token.iter().any(u8::is_ascii_digit));
    like.then_some(Span { start, end, what: What::Token })
}

/// A JSON Web Token: three parts of base64, of which the first two are objects and so begin with `eyJ`.
fn jwt(text: &[u8], from: usize, at: usize) -> Option<Span> {
    let start = at.checked_sub(2).filter(|start| *start >= from)?;
    if !text[start..].starts_with(b"eyJ") || !begins_a_word(text, start) {
        return None;
    }
    let end = run(text, start, |byte| word_byte(byte) || byte == b'.');
    let dots = memchr::memchr_iter(b'.', &text[start..end]).count();
    (dots >= 2 && end - start >= 30).then_some(Span { start, end, what: What::Token })
}

/// From the first marker to the last, or to the end of what is there.
fn private_key(text: &[u8], at: usize) -> Option<Span> {
    let rest = &text[at..];
    if !rest.starts_with(b"-----BEGIN ") {
        return None;
    }
    let head = &rest[..rest.len().min(64)];
    memmem::find(head, b"PRIVATE KEY")?;
    let end = memmem::find(rest, b"-----END ").map_or(rest.len(), |end| {
        let after = end + b"-----END ".len();
        memmem::find(&rest[after..], b"-----").map_or(rest.len(), |len| after + len + 5)
    });
    Some(Span { start: at, end: at + end, what: What::PrivateKey })
}

/// `scheme://user:password@host`: the password alone.
fn url_password(text: &[u8], from: usize, at: usize) -> Option<Span> {
    const AUTHORITY_MAX: usize = 512;
    let floor = from.max(at.saturating_sub(AUTHORITY_MAX));
    let head = &text[floor..at];
    let space = head
        .iter()
        .rposition(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<'))
        .map_or(0, |at| at + 1);
    let slashes = memmem::rfind(&head[space..], b"://")? + space + 3;
    let colon = memchr::memchr(b':', &head[slashes..])? + slashes + 1;
    let password = &head[colon..];
    // A slash would have ended the authority: then the colon was a port's.
    let is = !password.is_empty() && !head[slashes..colon].contains(&b'/') && !password.contains(&b'/');
    // A password may hold an `@` itself: the last one before the host ends it.
    let ends = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>' | b',' | b'?');
    let authority = &text[at..run(text, at, |byte| !ends(byte)).min(at + AUTHORITY_MAX)];
    let end = at + memchr::memrchr(b'@', authority).unwrap_or(0);
    is.then_some(Span { start: floor + colon, end, what: What::UrlPassword })
}

fn email(text: &[u8], from: usize, at: usize) -> Option<Span> {
    const LOCAL_MAX: usize = 64;
    let local = text[from..at].iter().rev().take(LOCAL_MAX);
    let len = local.take_while(|byte| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte)).count();
    let start = at - len;
    let end = run(text, at + 1, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let domain = &text[at + 1..end];
    let domain = domain.strip_suffix(b".").unwrap_or(domain);
    let dot = domain.iter().rposition(|byte| *byte == b'.')?;
    let top = &domain[dot + 1..];
    // `Shop$$Lambda@1a2b3c.run(`: the JVM's name of an object, with a method.
    let call = text.get(end) == Some(&b'(');
    let is = !call && len > 0 && dot > 0 && top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic);
    is.then_some(Span { start, end: at + 1 + domain.len(), what: What::Email })
}
