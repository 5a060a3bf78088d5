//! What a line looks like: small questions, each answered from the first bytes that decide.

/// Without its end.
pub(super) fn trimmed(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
    &line[..end]
}

pub(super) fn blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

pub(super) fn contains(line: &[u8], what: &str) -> bool {
    memchr::memmem::find(line, what.as_bytes()).is_some()
}

/// `java.lang.IllegalStateException: no` or the same without a message: a class with a package, an error by its name.
pub(super) fn class_line(line: &[u8]) -> bool {
    let line = trimmed(line);
    let name = line.iter().position(|byte| !class_byte(*byte)).map_or(line, |end| &line[..end]);
    let after = &line[name.len()..];
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else { return false };
    (after.is_empty() || after.starts_with(b": ") || after == b":") && error_class(&name[dot + 1..])
}

fn class_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$')
}

/// By the habit of the trade, the name of a class of errors says so.
pub(super) fn error_class(name: &[u8]) -> bool {
    const ENDS: [&str; 5] = ["Exception", "Error", "Throwable", "Failure", "Fault"];
    name.first().is_some_and(u8::is_ascii_uppercase) && ENDS.iter().any(|end| contains(name, end))
}

/// `TypeError: no` or `Error: no` alone on its line: how Node and Python name what was thrown.
pub(super) fn bare_error_line(line: &[u8]) -> bool {
    let name = line.iter().position(|byte| !class_byte(*byte)).map_or(line, |end| &line[..end]);
    let name = name.rsplit(|byte| *byte == b'.').next().unwrap_or(name);
    error_class(name)
}

/// `/app/index.js:3`, as Node says where it was before it dies.
pub(super) fn place_line(line: &[u8]) -> bool {
    let line = trimmed(line);
    let rooted = line.starts_with(b"/") || line.starts_with(b"file:") || line.starts_with(b"node:");
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    rooted && digits > 0 && line[..line.len() - digits].ends_with(b":") && !line.contains(&b' ')
}

/// ``app/models/user.rb:12:in `name'``: a frame of Ruby without an indent, as Rails writes it.
pub(super) fn ruby_frame(line: &[u8]) -> bool {
    let head = &line[..line.len().min(512)];
    memchr::memmem::find(head, b":in ").is_some_and(|at| {
        let place = &head[..at];
        let digits = place.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        // A first line names the class at its end: ``app.rb:1:in `pay': no (RuntimeError)``.
        let first = trimmed(line).ends_with(b")");
        digits > 0 && !first && place[..place.len() - digits].ends_with(b":") && !place.contains(&b' ')
    })
}

/// `main.(*Server).handle(0xc000012345, {0x1, 0x2})`: a frame of Go.
pub(super) fn go_frame(line: &[u8]) -> bool {
    let line = trimmed(line);
    let Some(open) = memchr::memchr(b'(', line) else { return false };
    let head = &line[..open];
    line.ends_with(b")")
        && head.contains(&b'.')
        && !head.contains(&b' ')
        && head.first().is_some_and(u8::is_ascii_alphabetic)
}

/// `#0 /app/index.php(12): run()`: a frame of PHP.
pub(super) fn php_frame(line: &[u8]) -> bool {
    line.len() > 2 && line[0] == b'#' && line[1].is_ascii_digit()
}

/// Only closing brackets: the end of an object that Node printed after a frame.
pub(super) fn closers(line: &[u8]) -> bool {
    let line = trimmed(line);
    !line.is_empty() && line.iter().all(|byte| matches!(byte, b'}' | b']' | b')' | b',' | b';' | b' '))
}

/// The first line of a private key in PEM; the marker ends its line.
pub(super) fn key_begins(line: &[u8]) -> bool {
    let line = trimmed(line);
    line.ends_with(b"-----") && contains(line, "-----BEGIN ") && contains(line, "PRIVATE KEY")
}

/// Does the line begin as a log's own line does: with a time, a level, a bracket, an address?
pub(super) fn record(line: &[u8]) -> bool {
    match line.first() {
        Some(b'0'..=b'9' | b'[' | b'{' | b'<') => true,
        Some(b'A'..=b'Z') => {
            const WORDS: [&str; 12] = [
                "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "FATAL", "CRITICAL", "SEVERE", "NOTICE", "ERR ", "EMERG",
                "ALERT",
            ];
            WORDS.iter().any(|word| line.starts_with(word.as_bytes())) || month(line)
        }
        _ => false,
    }
}

/// `Nov 21 13:13:29`
fn month(line: &[u8]) -> bool {
    line.len() > 6
        && line[3] == b' '
        && crate::logs::time::MONTHS.iter().any(|month| line.starts_with(month.as_bytes()))
        && (line[4] == b' ' || line[4].is_ascii_digit())
}
