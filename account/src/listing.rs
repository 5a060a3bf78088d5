//! What exists, listed once for all shards: whoever finds the list old claims it, lists, and writes each shard its part.
//!
//! - A section is all series of one bucket, or of every bucket (`everywhere`). It is written only where it changed, under
//!   the hash of what stands in it: who reads by an older head finds what that head meant, or nothing, never a mixture.
//! - The head is written last; what it no longer names is deleted after that.
//! - A lister that dies leaves the old head, which others go by; its claim ends by itself.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use alarm::points::Time;
use alarm::series::{Dimensions, Series};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use crate::item::BODY_MAX;
use crate::table::{Refused, Table, key, number, read_text, text, with};

/// How long one may take to list.
const CLAIM_S: Time = 55;

/// The name of a section that each shard needs.
pub const EVERYWHERE: &str = "everywhere";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// Hash of what was looked for, and by which rules it was put into sections.
    pub of: u64,
    /// When it was listed.
    pub at: Time,
    pub sections: BTreeMap<String, Section>,
    /// Hosts whose state was told with it; `true`: it runs.
    pub hosts: Vec<(String, bool)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Section {
    /// Of its series, in whatever order.
    pub hash: u64,
    pub pages: u16,
}

/// The series of one section as they are written: some 90 bytes each instead of 240.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    pages: Vec<Vec<u8>>,
    /// Of all that was put in, in whatever order.
    pub hash: u64,
}

/// One series, as it is written.
#[derive(Serialize, Deserialize)]
struct Line(String, String, Vec<(String, String)>);

impl Lines {
    /// `hash` is that of this series.
    pub fn push(&mut self, series: &Series, hash: u64) {
        let pairs = series.dimensions.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let line = Line(series.namespace.clone(), series.name.clone(), pairs.collect());
        let line = serde_json::to_vec(&line).unwrap_or_default();
        self.hash = self.hash.wrapping_add(hash);
        // Deflate makes nothing longer but by a few bytes: a page that fits as it is fits an item.
        let fits = |page: &&mut Vec<u8>| page.len() + line.len() < BODY_MAX;
        match self.pages.last_mut().filter(fits) {
            Some(page) => {
                page.push(b'\n');
                page.extend(line);
            }
            None => self.pages.push(line),
        }
    }

    pub fn section(&self) -> Section {
        Section { hash: self.hash, pages: u16::try_from(self.pages.len()).unwrap_or(u16::MAX) }
    }

    /// The series again.
    pub fn read(&self, found: &mut Vec<Series>) {
        for page in &self.pages {
            lines(page, found);
        }
    }
}

fn lines(page: &[u8], found: &mut Vec<Series>) {
    for line in page.split(|byte| *byte == b'\n') {
        if let Ok(Line(namespace, name, pairs)) = serde_json::from_slice(line) {
            found.push(Series { namespace, name, dimensions: Dimensions::new(pairs) });
        }
    }
}

fn deflated(page: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(page)?;
    encoder.finish()
}

fn inflated(page: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    DeflateDecoder::new(page).take(BODY_MAX as u64).read_to_end(&mut text)?;
    Ok(text)
}

fn place(name: &str, section: &Section, page: u16) -> (String, String) {
    (format!("listing#{name}"), format!("{:016x}/{page}", section.hash))
}

fn broken(name: &str, why: &dyn std::fmt::Display) -> Refused {
    Refused { says: format!("the list of what exists, section {name}: {why}") }
}

impl Table {
    pub async fn listing(&self) -> Result<Option<Listing>, Refused> {
        let item = self.one("listing", "head").await?;
        // One that cannot be read is listed anew.
        Ok(item.and_then(|item| serde_json::from_str(read_text(&item, "body")).ok()))
    }

    /// `false`: somebody else lists just now.
    pub async fn claim_listing(&self, now: Time) -> Result<bool, Refused> {
        let time = |time: Time| number(time.max(0).unsigned_abs());
        let item = with(key("listing", "claim"), [("n", time(now + CLAIM_S))]);
        self.put_where(item, "n", "<=", time(now)).await
    }

    pub async fn section(&self, name: &str, section: Section) -> Result<Vec<Series>, Refused> {
        let mut found = Vec::new();
        for page in 0..section.pages {
            let (pk, sk) = place(name, &section, page);
            let item = self.one(&pk, &sk).await?.ok_or_else(|| broken(name, &"a page is gone"))?;
            let body = item.get("z").and_then(|it| it.as_b().ok()).ok_or_else(|| broken(name, &"an empty page"))?;
            lines(&inflated(body.as_ref()).map_err(|error| broken(name, &error))?, &mut found);
        }
        Ok(found)
    }

    pub async fn keep_section(&self, name: &str, lines: &Lines) -> Result<(), Refused> {
        let section = lines.section();
        for (at, page) in (0..section.pages).zip(&lines.pages) {
            let (pk, sk) = place(name, &section, at);
            let body = deflated(page).map_err(|error| broken(name, &error))?;
            self.put(with(key(pk, sk), [("z", AttributeValue::B(Blob::new(body)))])).await?;
        }
        Ok(())
    }

    /// What no head names any more.
    pub async fn drop_section(&self, name: &str, section: Section) -> Result<(), Refused> {
        for page in 0..section.pages {
            let (pk, sk) = place(name, &section, page);
            self.remove(&pk, &sk).await?;
        }
        Ok(())
    }

    pub async fn keep_listing(&self, listing: &Listing) -> Result<(), Refused> {
        let body = serde_json::to_string(listing).map_err(|error| Refused { says: error.to_string() })?;
        self.put(with(key("listing", "head"), [("body", text(body))])).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(number: usize) -> Series {
        let dimensions =
            Dimensions::from_iter([("InstanceId", format!("i-{number:017x}")), ("이름", "\"웹\"\n".into())]);
        Series { namespace: "CWAgent".into(), name: "mem_used_percent".into(), dimensions }
    }

    #[test]
    fn a_section_comes_back_whole_however_long() {
        let (mut lines, all) = (Lines::default(), (0..10_000).map(series).collect::<Vec<_>>());
        for (at, one) in (1..).zip(&all) {
            lines.push(one, at);
        }
        let section = lines.section();
        assert!(section.pages > 1 && section.hash == 10_000 * 10_001 / 2, "{section:?}");
        let mut found = Vec::new();
        for page in &lines.pages {
            assert!(page.len() <= BODY_MAX);
            let small = deflated(page).unwrap();
            // What `price` counts with.
            let series = page.split(|byte| *byte == b'\n').count();
            assert!(small.len() < series * 15, "{} bytes of {series} series", small.len());
            super::lines(&inflated(&small).unwrap(), &mut found);
        }
        assert_eq!(found, all);
        let mut again = Vec::new();
        lines.read(&mut again);
        assert_eq!(again, all);
    }
}
