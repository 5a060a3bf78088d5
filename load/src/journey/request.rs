//! A request, made of a step and of what this user has so far. Pure.

use std::fmt::Write;

use bytes::Bytes;

use super::cookies::Jar;
use crate::http::Question;
use crate::scenario::{Step, Target};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// With what the target's own path begins with.
    pub path: String,
    /// Names in lower case, without `host` and `content-length`.
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

impl Request {
    pub(super) fn of(step: &Step, target: &Target, values: &[String], jar: &Jar) -> Self {
        let mut path = target.base.clone();
        step.path.fill(values, &mut path);
        let filled = |template: &crate::scenario::Template| {
            let mut text = String::new();
            template.fill(values, &mut text);
            text
        };
        let mut headers: Vec<_> = Vec::with_capacity(step.headers.len() + 1);
        for (name, value) in &step.headers {
            // What a service put into a value must not become a header of its own.
            headers.push((name.clone(), filled(value).replace(['\r', '\n'], " ")));
        }
        headers.extend(jar.header(&path).map(|cookies| ("cookie".to_owned(), cookies)));
        Self { method: step.method.clone(), path: in_one_line(path), headers, body: step.body.as_ref().map(filled) }
    }

    /// What a browser makes of a redirect: a GET without a body, but for 307 and 308.
    pub(super) fn redirected(&self, status: u16, path: String, jar: &Jar) -> Self {
        let same = matches!(status, 307 | 308);
        let method = if same { self.method.clone() } else { "GET".to_owned() };
        let body = self.body.clone().filter(|_| same);
        let kept = self.headers.iter().filter(|(name, _)| name != "cookie" && (same || !name.starts_with("content-")));
        let mut headers: Vec<_> = kept.cloned().collect();
        headers.extend(jar.header(&path).map(|cookies| ("cookie".to_owned(), cookies)));
        Self { method, path: in_one_line(path), headers, body }
    }

    /// As HTTP/1.1 has it.
    pub fn encode(&self, authority: &str, keep_alive: bool, into: &mut String) {
        into.clear();
        // Writing into a String cannot fail.
        let _ = write!(into, "{} {} HTTP/1.1\r\nhost: {authority}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            let _ = write!(into, "{name}: {value}\r\n");
        }
        if !keep_alive {
            into.push_str("connection: close\r\n");
        }
        match &self.body {
            Some(body) => {
                let _ = write!(into, "content-length: {}\r\n\r\n{body}", body.len());
            }
            None => into.push_str("\r\n"),
        }
    }
}

/// Of one connection, and of no meaning in HTTP/2 (RFC 9113, 8.2.2).
const OF_A_CONNECTION: [&str; 5] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

impl Request {
    /// As HTTP/2 has it. Nothing where it cannot be said there, such as a method that is none.
    pub fn question(&self, tls: bool, authority: &str) -> Option<Question> {
        let scheme = if tls { "https" } else { "http" };
        let uri = http::Uri::builder().scheme(scheme).authority(authority).path_and_query(self.path.as_str());
        let mut made = http::Request::builder().version(http::Version::HTTP_2).method(self.method.as_str());
        made = made.uri(uri.build().ok()?);
        for (name, value) in self.headers.iter().filter(|(name, _)| !OF_A_CONNECTION.contains(&name.as_str())) {
            made = made.header(name, value);
        }
        let body = self.body.as_ref().map(|body| Bytes::copy_from_slice(body.as_bytes()));
        if let Some(body) = &body {
            made = made.header("content-length", body.len());
        }
        Some(Question { head: made.body(()).ok()?, body })
    }
}

/// A path with a blank or an end of line in it would be another request.
fn in_one_line(path: String) -> String {
    let breaks = |c: char| c == ' ' || c.is_control();
    if !path.contains(breaks) {
        return path;
    }
    let mut safe = String::with_capacity(path.len() + 8);
    for letter in path.chars() {
        if breaks(letter) {
            // Writing into a String cannot fail.
            let _ = write!(safe, "%{:02X}", letter as u32);
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// Where a redirect leads, if it stays on the target; `from` is the path that was asked.
pub(super) fn same_host(location: &str, target: &Target, from: &str) -> Option<String> {
    if location.starts_with("//") {
        return None;
    }
    if location.starts_with('/') {
        return Some(location.to_owned());
    }
    if location.contains("://") {
        let to = Target::parse(location.split(['?', '#']).next()?).ok()?;
        let same = (to.tls, &to.host, to.port) == (target.tls, &target.host, target.port);
        let after = location.split_once("://")?.1;
        let path = after.find('/').map_or("/", |at| &after[at..]);
        return same.then(|| path.split('#').next().unwrap_or(path).to_owned());
    }
    let folder = from.split('?').next()?.rsplit_once('/')?.0;
    Some(format!("{folder}/{location}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_the_target() {
        let target = Target::parse("http://127.0.0.1:80").expect("a target");
        let check = |location: &str, expect: Option<&str>| {
            assert_eq!(same_host(location, &target, "/a/b?c").as_deref(), expect, "{location}");
        };
        check("/x?y", Some("/x?y"));
        check("z", Some("/a/z"));
        check("http://127.0.0.1/home?q=1#top", Some("/home?q=1"));
        check("http://127.0.0.1", Some("/"));
        check("http://127.0.0.1:81/", None);
        check("https://127.0.0.1/", None);
        check("//elsewhere.example/x", None);
    }

    #[test]
    fn a_request_as_it_is_sent() {
        let headers = vec![("accept".to_owned(), "*/*".to_owned())];
        let mut request = Request { method: "POST".into(), path: "/o".into(), headers, body: Some("né".into()) };
        let mut text = String::new();
        request.encode("h:1", true, &mut text);
        assert_eq!(text, "POST /o HTTP/1.1\r\nhost: h:1\r\naccept: */*\r\ncontent-length: 3\r\n\r\nné");
        request.body = None;
        request.encode("h", false, &mut text);
        assert_eq!(text, "POST /o HTTP/1.1\r\nhost: h\r\naccept: */*\r\nconnection: close\r\n\r\n");
    }
}
