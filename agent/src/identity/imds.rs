//! The instance metadata service, version 2: a token first, then what is asked with it.

use std::fmt;
use std::io;

use super::http::Place;

const ENDPOINT: &str = "http://169.254.169.254";
/// The token is used for the few requests of one start.
const TOKEN_SECONDS: &str = "60";

/// Why it did not say.
#[derive(Debug)]
pub(super) enum Refusal {
    Unreached(io::Error),
    Status(u16),
    BadEndpoint(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreached(error) => write!(out, "{error}"),
            Self::Status(403) => write!(out, "it is switched off for this instance (HTTP 403)"),
            Self::Status(status) => write!(out, "HTTP {status}"),
            Self::BadEndpoint(url) => write!(out, "\"{url}\" is not of the form \"http://host:port\""),
        }
    }
}

#[derive(Debug)]
pub(super) struct Imds {
    place: Place,
    token: String,
}

impl Imds {
    pub(super) fn open(endpoint: Option<&str>) -> Result<Self, Refusal> {
        let url = endpoint.unwrap_or(ENDPOINT);
        let place = Place::parse(url).ok_or_else(|| Refusal::BadEndpoint(url.to_owned()))?;
        let header = ("X-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS);
        let token = said(place.request("PUT", "/latest/api/token", header))?;
        // It goes into a header: what could end the line is no token.
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::Unreached(io::Error::new(io::ErrorKind::InvalidData, "the token is none")));
        }
        Ok(Self { place, token })
    }

    pub(super) fn get(&self, path: &str) -> Result<String, Refusal> {
        // A tag may be called anything; in a path it is written so that it stays one.
        let path = format!("/latest/{}", escape(path));
        said(self.place.request("GET", &path, ("X-aws-ec2-metadata-token", &self.token)))
    }
}

fn said(answer: io::Result<(u16, String)>) -> Result<String, Refusal> {
    match answer.map_err(Refusal::Unreached)? {
        (200, body) => Ok(body),
        (status, _) => Err(Refusal::Status(status)),
    }
}

fn escape(path: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@+=".contains(&byte) {
            out.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_stays_one_word_of_the_path() {
        assert_eq!(escape("tags/aws:autoscaling:groupName"), "tags/aws:autoscaling:groupName");
        assert_eq!(escape("tags/my team\r\n"), "tags/my%20team%0D%0A");
    }
}
