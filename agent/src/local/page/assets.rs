//! What the browser is given besides pages: one style, one script of ours, and uPlot. All of it lies in the program.

use std::sync::OnceLock;

use hyper::HeaderMap;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, VARY};

use super::answer::{Answer, asset};

pub(super) const STYLE: &str = include_str!("assets/page.css");
const CHART_STYLE: &str = include_str!("assets/uPlot.min.css");
const SCRIPT: &str = include_str!("assets/page.js");
const CHARTS: &str = include_str!("assets/uPlot.iife.min.js");
const ICON: &str = include_str!("assets/icon.svg");

/// Path, kind, content, and the same compressed, made when first asked for.
struct Asset {
    path: &'static str,
    kind: &'static str,
    whole: &'static str,
    small: OnceLock<Vec<u8>>,
}

static ASSETS: [Asset; 5] = [
    Asset::new("/page.css", "text/css; charset=utf-8", STYLE),
    Asset::new("/uplot.css", "text/css; charset=utf-8", CHART_STYLE),
    Asset::new("/page.js", "text/javascript; charset=utf-8", SCRIPT),
    Asset::new("/uplot.js", "text/javascript; charset=utf-8", CHARTS),
    Asset::new("/icon.svg", "image/svg+xml", ICON),
];

impl Asset {
    const fn new(path: &'static str, kind: &'static str, whole: &'static str) -> Self {
        Self { path, kind, whole, small: OnceLock::new() }
    }
}

/// The address changes with the version, so that a browser may keep it for ever.
pub(super) fn address(path: &str) -> String {
    format!("{path}?v={}", env!("CARGO_PKG_VERSION"))
}

pub(super) fn find(path: &str, headers: &HeaderMap) -> Option<Answer> {
    let found = ASSETS.iter().find(|asset| asset.path == path)?;
    let accepts = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepts.contains("gzip") {
        return Some(asset(found.kind, found.whole.as_bytes()));
    }
    let small = found.small.get_or_init(|| compressed(found.whole.as_bytes()));
    let mut answer = asset(found.kind, small);
    answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    answer.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    Some(answer)
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    // Into memory it cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
