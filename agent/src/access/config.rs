//! `[[access]]`: one table a service.

use alarm::sheet::{At, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use super::format::Format;
use crate::knobs;
use crate::logs::tail::Glob;

/// Three series each, a dollar a month: the routes that matter to most services.
const ROUTES: u64 = 10;
const ROUTES_MAX: u64 = 200;

/// `[[access]]`, as typed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// What the requests were made to: the dimension `service`.
    pub service: At<String>,
    /// The log files; names may hold `*`.
    pub paths: Vec<At<String>>,
    /// common, combined, nginx (combined and `$request_time $upstream_response_time`), alb, or a `log_format` as nginx
    /// has it. Default: nginx.
    pub format: Option<At<String>>,
    /// How many routes have series of their own; the rest are `other`. Default: 10.
    pub max_routes: Option<At<u64>>,
    /// Routes that have a place whatever comes: "/orders/{id}/items"; a name in braces stands for any one segment.
    #[serde(default)]
    pub routes: Vec<At<String>>,
}

/// What is meant.
#[derive(Clone, Debug)]
pub struct Settings {
    pub service: String,
    pub globs: Vec<Glob>,
    pub format: Format,
    pub max_routes: usize,
    pub routes: Vec<String>,
}

impl Settings {
    pub fn check_all(raw: Vec<Raw>, faults: &mut Faults) -> Vec<Self> {
        knobs::distinct("access.service", raw.iter().map(|one| &one.service), faults);
        raw.into_iter().filter_map(|one| Self::check(one, faults)).collect()
    }

    fn check(raw: Raw, faults: &mut Faults) -> Option<Self> {
        let globs = raw.paths.iter().filter_map(|path| {
            let parsed = Glob::parse(path);
            parsed.map_err(|says| faults.add(path.span.clone(), "SG-SRC-010", format!("`access.paths`: {says}"))).ok()
        });
        let globs = globs.collect();
        let format = raw.format.unwrap_or_else(|| "nginx".to_owned().into());
        let parsed = Format::parse(&format);
        let parsed =
            parsed.map_err(|says| faults.add(format.span.clone(), "SG-SRC-011", format!("`access.format`: {says}")));
        let max_routes = knobs::number("access.max_routes", raw.max_routes.as_ref(), ROUTES, 0..=ROUTES_MAX, faults);
        for route in raw.routes.iter().filter(|route| !route.starts_with('/')) {
            let says = format!("`access.routes`: \"{}\" does not begin with `/`", route.value);
            faults.add(route.span.clone(), "SG-SRC-012", says);
        }
        let routes = raw.routes.into_iter().map(|route| route.value).collect();
        Some(Self { service: raw.service.value, globs, format: parsed.ok()?, max_routes: max_routes as usize, routes })
    }
}
