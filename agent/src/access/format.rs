//! The form of a line, written as nginx writes it in `log_format`, and the reading of lines by it.
//!
//! Lenient where lines are: what stands after the last field wanted is passed over, fields missing at the end are
//! missing. Strict where a number would be wrong: without a request and a status there is no reading.

use memchr::memchr;

use crate::formats::number::number;

/// What a field of the line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Skip,
    Address,
    /// `GET /path HTTP/1.1`
    Request,
    Method,
    Path,
    Status,
    /// Seconds from the first byte of the request to the last of the answer.
    Seconds,
    /// The load balancer splits that in three, -1 where a part did not happen.
    PartOfSeconds,
    /// Seconds of each server that was tried, in a list.
    Upstream,
    Received,
}

const FIELDS: &[(&str, Field)] = &[
    ("remote_addr", Field::Address),
    ("realip_remote_addr", Field::Address),
    ("http_cf_connecting_ip", Field::Address),
    ("request", Field::Request),
    ("request_method", Field::Method),
    ("request_uri", Field::Path),
    ("uri", Field::Path),
    ("status", Field::Status),
    ("request_time", Field::Seconds),
    ("upstream_response_time", Field::Upstream),
    ("request_length", Field::Received),
    ("part_of_request_time", Field::PartOfSeconds),
];

const COMMON: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent";
const COMBINED: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"";
const NGINX: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \
                     \"$http_referer\" \"$http_user_agent\" $request_time $upstream_response_time";
const ALB: &str = "$type $time $elb $remote_addr $target $part_of_request_time $part_of_request_time $part_of_request_time \
                   $status $target_status $request_length $bytes_sent \"$request\" \"$http_user_agent\" ";

/// What we need a log to say, for whoever writes `log_format` anew.
pub const ADVICE: &str = "log_format timed '$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \
                          \"$http_referer\" \"$http_user_agent\" $request_time $upstream_response_time';";

#[derive(Clone, Debug, PartialEq)]
struct Part {
    field: Field,
    /// What stands after it; empty only after the last.
    end: Box<[u8]>,
}

/// A format that lines can be read by.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    start: Box<[u8]>,
    parts: Vec<Part>,
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit<'a> {
    pub address: &'a [u8],
    pub method: &'a [u8],
    /// With its query.
    pub path: &'a [u8],
    pub status: u16,
    pub seconds: Option<f64>,
    pub upstream: Option<f64>,
    pub received: Option<f64>,
}

impl Format {
    /// By its name, or as nginx has it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = match text {
            "common" => COMMON,
            "combined" => COMBINED,
            "nginx" => NGINX,
            "alb" => ALB,
            own if own.contains('$') => own,
            other => {
                return Err(format!(
                    "\"{other}\" is none of common, combined, nginx, alb, and no `log_format` (it names no `$variable`)"
                ));
            }
        };
        let mut pieces = text.split('$');
        let start = pieces.next().unwrap_or_default().as_bytes().into();
        let mut parts = Vec::new();
        for piece in pieces {
            let (name, end) = variable(piece);
            if name.is_empty() {
                return Err("a `$` without a name of a variable".into());
            }
            let field = FIELDS.iter().find(|(known, _)| *known == name).map_or(Field::Skip, |(_, field)| *field);
            parts.push(Part { field, end: end.as_bytes().into() });
        }
        if let Some(at) = parts.iter().rev().skip(1).position(|part| part.end.is_empty()) {
            return Err(format!("nothing stands between the variables {} and {} from the end", at + 2, at + 1));
        }
        let has = |field| parts.iter().any(|part| part.field == field);
        if !has(Field::Status) || !(has(Field::Request) || has(Field::Path)) {
            return Err("it needs `$status`, and `$request` or `$request_uri`".into());
        }
        Ok(Self { start, parts })
    }

    /// Whether its lines tell how long a request took.
    pub fn is_timed(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.field, Field::Seconds | Field::PartOfSeconds))
    }

    /// `None`: the line has not this form.
    pub fn read<'a>(&self, line: &'a [u8]) -> Option<Hit<'a>> {
        let mut rest = line.strip_prefix(self.start.as_ref())?;
        let mut hit =
            Hit { address: b"", method: b"", path: b"", status: 0, seconds: None, upstream: None, received: None };
        let (mut is_part_missing, mut parts) = (false, 0.0);
        for part in &self.parts {
            let (value, after) = split(rest, &part.end);
            match part.field {
                Field::Skip => {}
                Field::Address => hit.address = value,
                Field::Request => (hit.method, hit.path) = request(value),
                Field::Method => hit.method = value,
                Field::Path => hit.path = value,
                Field::Status => hit.status = status(value)?,
                Field::Seconds => hit.seconds = seconds(value),
                Field::PartOfSeconds => match seconds(value) {
                    Some(part) => parts += part,
                    None => is_part_missing = true,
                },
                Field::Upstream => hit.upstream = listed(value),
                Field::Received => hit.received = number(value),
            }
            let Some(after) = after else { break };
            rest = after;
        }
        if parts > 0.0 && !is_part_missing {
            hit.seconds = Some(parts);
        }
        (hit.status > 0 && !hit.path.is_empty()).then_some(hit)
    }
}

/// The name of a variable, `name` or `{name}`, and the text after it.
fn variable(piece: &str) -> (&str, &str) {
    if let Some((name, end)) = piece.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        return (name, end);
    }
    let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(piece.len());
    piece.split_at(end)
}

/// The value up to `end`, and what follows it; nothing follows where `end` is not there.
fn split<'a>(rest: &'a [u8], end: &[u8]) -> (&'a [u8], Option<&'a [u8]>) {
    let Some(first) = end.first() else {
        // The last field ends at a blank, should the line go on.
        return (&rest[..memchr(b' ', rest).unwrap_or(rest.len())], None);
    };
    let mut from = 0;
    while let Some(at) = memchr(*first, &rest[from..]) {
        let at = from + at;
        let is_escaped = *first == b'"' && at > 0 && rest[at - 1] == b'\\';
        if !is_escaped && rest[at..].starts_with(end) {
            return (&rest[..at], Some(&rest[at + end.len()..]));
        }
        from = at + 1;
    }
    // The line may end where the format only has more to close.
    let trimmed = end.strip_suffix(b" ").filter(|end| !end.is_empty());
    match trimmed.and_then(|end| rest.strip_suffix(end)) {
        Some(value) => (value, None),
        None => (rest, None),
    }
}

/// Method and path of a request line; what is none (a TLS greeting on a plain port) is all path.
fn request(line: &[u8]) -> (&[u8], &[u8]) {
    let Some(first) = memchr(b' ', line) else { return (b"", line) };
    let (method, rest) = (&line[..first], &line[first + 1..]);
    let path = &rest[..memchr::memrchr(b' ', rest).unwrap_or(rest.len())];
    // A load balancer writes the whole address.
    let Some(scheme) = path.windows(3).take(8).position(|three| three == b"://") else { return (method, path) };
    let after = &path[scheme + 3..];
    (method, memchr(b'/', after).map_or(b"/", |at| &after[at..]))
}

fn status(text: &[u8]) -> Option<u16> {
    match text {
        [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
            Some(u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'))
        }
        _ => None,
    }
}

/// `-` and `-1` are no time.
fn seconds(text: &[u8]) -> Option<f64> {
    number(text).filter(|seconds| *seconds >= 0.0)
}

/// The sum of `0.1, 0.2 : 0.3`: each server that was tried took its time.
fn listed(text: &[u8]) -> Option<f64> {
    if let Some(one) = seconds(text) {
        return Some(one);
    }
    let times = text.split(|byte| matches!(byte, b',' | b':')).filter_map(|part| seconds(part.trim_ascii()));
    times.fold(None, |sum, time| Some(sum.unwrap_or(0.0) + time)).filter(|sum| sum.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Read = Option<(String, String, u16, Option<f64>, Option<f64>)>;

    fn read(format: &str, line: &str) -> Read {
        let hit = Format::parse(format).expect("a format").read(line.as_bytes())?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Some((text(hit.method), text(hit.path), hit.status, hit.seconds, hit.upstream))
    }

    fn check(format: &str, line: &str, expect: (&str, &str, u16, Option<f64>, Option<f64>)) {
        let (method, path, status, seconds, upstream) = expect;
        assert_eq!(read(format, line), Some((method.into(), path.into(), status, seconds, upstream)), "{line}");
    }

    const HEAD: &str = "10.0.0.7 - - [21/Nov/2026:10:00:00 +0000]";

    #[test]
    fn lines_as_servers_write_them() {
        let line = format!("{HEAD} \"GET /a?b=c HTTP/1.1\" 200 5");
        check("common", &line, ("GET", "/a?b=c", 200, None, None));
        let line = format!("{HEAD} \"POST /a HTTP/1.1\" 502 5 \"-\" \"curl/8 \\\"x\\\"\" 0.250 0.100, 0.120 : 0.020");
        check("nginx", &line, ("POST", "/a", 502, Some(0.25), Some(0.1)));
        let quoted = "$remote_addr \"$request\" $status rt=$request_time urt=\"$upstream_response_time\"";
        let line = "1.2.3.4 \"GET /a b HTTP/1.1\" 200 rt=0.5 urt=\"0.100, 0.120 : 0.030\"";
        check(quoted, line, ("GET", "/a b", 200, Some(0.5), Some(0.25)));
        // A server that was not asked, and one that logs no times.
        check(
            "nginx",
            &format!("{HEAD} \"GET / HTTP/2.0\" 304 0 \"-\" \"x\" 0.000 -"),
            ("GET", "/", 304, Some(0.0), None),
        );
        check("nginx", &format!("{HEAD} \"GET / HTTP/2.0\" 304 0 \"-\" \"x\""), ("GET", "/", 304, None, None));
    }

    #[test]
    fn a_load_balancer_and_json() {
        let line = "https 2026-11-21T10:00:00.1Z app/x/1 1.2.3.4:80 10.0.0.1:80 0.001 0.200 0.000 200 200 34 366 \
                    \"GET https://a.com:443/orders/7?x=1 HTTP/1.1\" \"curl\" - - arn:aws:x \"Root=1\" \"a\" \"-\" 0";
        check("alb", line, ("GET", "/orders/7?x=1", 200, Some(0.201), None));
        let gone = line.replace("10.0.0.1:80 0.001 0.200 0.000 200", "- -1 -1 -1 460");
        check("alb", &gone, ("GET", "/orders/7?x=1", 460, None, None));
        let json = "{\"m\":\"$request_method\",\"u\":\"$request_uri\",\"s\":$status,\"t\":${request_time}}";
        check(
            json,
            "{\"m\":\"PUT\",\"u\":\"/a\\\"b\",\"s\":201,\"t\":0.004}",
            ("PUT", "/a\\\"b", 201, Some(0.004), None),
        );
    }

    #[test]
    fn what_is_no_line() {
        for line in ["", "nonsense", "1.2.3.4 - - [x] \"GET / HTTP/1.1\" abc 5", "1.2.3.4 - - [x] \"GET / HTTP/1.1\""] {
            assert_eq!(read("common", line), None, "{line}");
        }
        // Bytes of TLS on a plain port are a request that failed.
        check("common", &format!("{HEAD} \"\\x16\\x03\" 400 5"), ("", "\\x16\\x03", 400, None, None));
    }

    #[test]
    fn formats_that_cannot_be() {
        for (format, says) in [
            ("combned", "none of common"),
            ("$status $request$uri", "between"),
            ("$status", "needs"),
            ("$request $", "without a name"),
        ] {
            assert!(Format::parse(format).is_err_and(|found| found.contains(says)), "{format}");
        }
        assert!(Format::parse("nginx").is_ok_and(|format| format.is_timed()));
        assert!(ADVICE.contains(NGINX));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(data in prop::collection::vec(any::<u8>(), 0..300)) {
            super::super::fuzz_access(&data);
        }

        #[test]
        fn every_line_of_its_form_is_read(path in "/[a-z0-9/?=.-]{0,40}", status in 100..599_u16, ms in 0..100_000_u32) {
            let time = f64::from(ms) / 1e3;
            let line = format!("{HEAD} \"GET {path} HTTP/1.1\" {status} 5 \"-\" \"x\" {time:.3} -");
            prop_assert_eq!(read("nginx", &line), Some(("GET".into(), path, status, Some(time), None)));
        }
    }
}
