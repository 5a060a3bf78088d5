//! The id by which one request is followed through every log.
//!
//! Known by its key (`trace_id`, `traceId`, `request-id`, ...), or by its form alone: 32 digits of hex are a trace id of
//! the W3C, the heart of a `traceparent`, and what nginx calls `$request_id`.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// The ids stand in the head of an event: its first line, or an object of JSON.
const HEAD: usize = 2_048;
const ID_MAX: usize = 128;

/// Without their first letters, which may be capitals. Made once: to make one costs more than to use it.
static TRACE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("race"));
static REQUEST: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("equest"));

/// The first id in the event.
pub fn find(event: &[u8]) -> Option<&[u8]> {
    let head = &event[..event.len().min(HEAD)];
    let head = match head.first() {
        Some(b'{') => head,
        _ => &head[..memchr::memchr(b'\n', head).unwrap_or(head.len())],
    };
    by_key(head, &TRACE).or_else(|| by_key(head, &REQUEST)).or_else(|| by_form(head))
}

/// `trace` or `request`, then `id` in one of its spellings, then the value.
fn by_key<'a>(head: &'a [u8], stem: &Finder<'_>) -> Option<&'a [u8]> {
    stem.find_iter(head).find_map(|at| {
        let rest = &head[at + stem.needle().len()..];
        let rest = rest
            .strip_prefix(b"_")
            .or_else(|| rest.strip_prefix(b"-"))
            .or_else(|| rest.strip_prefix(b"."))
            .unwrap_or(rest);
        let rest = rest.get(..2).filter(|id| id.eq_ignore_ascii_case(b"id")).map(|_| &rest[2..])?;
        let rest = rest.strip_prefix(b"\"").unwrap_or(rest).trim_ascii_start();
        let rest = rest.strip_prefix(b"=").or_else(|| rest.strip_prefix(b":"))?.trim_ascii_start();
        let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
        let len = rest
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || b"-_=;".contains(byte)))
            .unwrap_or(rest.len());
        ((4..=ID_MAX).contains(&len) && &rest[..len] != b"null").then(|| &rest[..len])
    })
}

/// A run of 32 digits of hex holds every 32nd byte of any counting: only there we look.
fn by_form(head: &[u8]) -> Option<&[u8]> {
    const LEN: usize = 32;
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut at = LEN - 1;
    while at < head.len() {
        if !is_hex(&head[at]) {
            at += LEN;
            continue;
        }
        let start = head[..at].iter().rposition(|byte| !is_hex(byte)).map_or(0, |before| before + 1);
        let end = head[at..].iter().position(|byte| !is_hex(byte)).map_or(head.len(), |len| at + len);
        if end - start == LEN && stands_alone(head, start, end) {
            return Some(&head[start..end]);
        }
        at = end + LEN;
    }
    None
}

fn stands_alone(head: &[u8], start: usize, end: usize) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let zeros = head[start..end].iter().all(|byte| *byte == b'0');
    !zeros && !word(start.checked_sub(1).and_then(|at| head.get(at))) && !word(head.get(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(event: &str, expect: Option<&str>) {
        assert_eq!(find(event.as_bytes()), expect.map(str::as_bytes), "{event}");
    }

    #[test]
    fn ids_as_they_are_written() {
        const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
        const FS: &str = "ffffffffffffffffffffffffffffffff";
        check(&format!("ERROR [app,{ID},00f067aa0ba902b7] x"), Some(ID));
        check(&format!("traceparent=00-{ID}-00f067aa0ba902b7-01"), Some(ID));
        check(&format!("trace_id={ID} x"), Some(ID));
        check("{\"msg\":\"x\",\"traceId\":\"abc-123\"}", Some("abc-123"));
        check("x request-id: 7f3e done", Some("7f3e"));
        check(
            "x X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678 y",
            Some("Root=1-67891233-abcdef012345678912345678"),
        );
        for before in 0..70 {
            check(
                &format!("{} {ID} {}", "f".repeat(before), "z".repeat(before)),
                Some(if before == 32 { FS } else { ID }),
            );
        }
        check(&format!("10.0.0.1 - \"GET / HTTP/1.1\" 200 {ID}"), Some(ID));
    }

    #[test]
    fn what_is_no_id() {
        check("traced identity", None);
        check("trace_id=null request of 3", None);
        check("00000000000000000000000000000000", None);
        check("sha256:4bf92f3577b34da6a3ce929d0e0e47364bf92f3577b34da6a3ce929d0e0e4736", None);
        check("head\ntrace_id=abcdef in a later line", None);
    }
}
