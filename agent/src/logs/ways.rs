//! Everything that the sources share on the way out: their settings, the lanes, the counts.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

use super::fold::Windows;
use super::kinds::Kinds;
use super::lane::Lane;
use super::sift::{self, Budget, Portion, Settings, Shared, Sift};
use super::tally::Tally;

/// Most streams. One more source shares the last: its events arrive, in another stream than was asked for.
pub const LANES_MAX: usize = 256;

/// What stands in a template between braces.
pub const PLACEHOLDERS: [&str; 3] = ["service", "host", "file"];

/// Where the events of a source go.
#[derive(Clone, Debug)]
pub struct Target {
    pub settings: Settings,
    /// With `{service}`, `{host}` and `{file}` to be filled in.
    pub group: String,
    pub stream: String,
}

#[derive(Debug)]
pub struct Ways {
    targets: Vec<Target>,
    host: String,
    fold_ms: i64,
    pub lanes: Vec<Lane>,
    pub tally: Tally,
    pub kinds: Kinds,
    pub budget: Budget,
}

impl Ways {
    pub fn new(targets: Vec<Target>, host: &str, fold_ms: i64) -> Self {
        Self {
            targets,
            host: host.to_owned(),
            fold_ms,
            lanes: vec![],
            tally: Tally::default(),
            kinds: Kinds::default(),
            budget: Budget::default(),
        }
    }

    /// With what the checkpoint knew. A lane with open windows is made at once: they may have ended meanwhile.
    #[must_use]
    pub fn restore(mut self, windows: Vec<(String, String, Windows)>, kinds: Kinds, budget: Budget) -> Self {
        for (group, stream, windows) in windows.into_iter().take(LANES_MAX) {
            self.lanes.push(Lane::new(group, stream, self.fold_ms, windows));
        }
        self.kinds = kinds;
        self.budget = budget;
        self
    }

    pub fn is_full(&self, lane: usize) -> bool {
        self.lanes[lane].is_full()
    }

    pub fn sift_of(&self, source: usize, path: &Path) -> Sift {
        Sift::new(&self.targets[source].settings, path.to_string_lossy().into_owned())
    }

    /// The lane of a source's file, made when it is new.
    pub fn lane_of(&mut self, source: usize, path: &Path) -> usize {
        let Target { settings, group, stream } = &self.targets[source];
        let (group, stream) = place(group, stream, &settings.service, &self.host, path);
        let known = self.lanes.iter().position(|lane| lane.group == group && lane.stream == stream);
        known.unwrap_or_else(|| {
            if self.lanes.len() == LANES_MAX {
                tracing::warn!(group, stream, "more streams than are kept; this one's events go to another");
                return LANES_MAX - 1;
            }
            self.lanes.push(Lane::new(group, stream, self.fold_ms, Windows::new()));
            self.lanes.len() - 1
        })
    }

    pub fn pass(&mut self, source: usize, lane: usize, sift: &mut Sift, portion: Portion<'_>, now_ms: i64) -> usize {
        let Self { targets, lanes, tally, kinds, budget, .. } = self;
        let mut shared = Shared { lane: &mut lanes[lane], tally, kinds, budget, now_ms };
        sift.pass(&targets[source].settings, portion, &mut shared)
    }

    /// The repeats whose windows have ended.
    pub fn close_windows(&mut self, now_ms: i64) {
        let format = self.targets.first().map(|target| target.settings.format).unwrap_or_default();
        let Self { lanes, tally, kinds, budget, .. } = self;
        for lane in lanes.iter_mut().filter(|lane| !lane.is_full()) {
            sift::repeats(format, &mut Shared { lane, tally, kinds, budget, now_ms });
        }
    }
}

/// The names of a group and a stream, from their templates.
pub fn place(group: &str, stream: &str, service: &str, host: &str, path: &Path) -> (String, String) {
    let fill = |template: &str| fill(template, service, host, path);
    (name(&fill(group), GROUP), name(&fill(stream), STREAM))
}

/// What a name may be made of; everything else becomes `-`.
const GROUP: fn(char) -> bool = |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '#');
const STREAM: fn(char) -> bool = |c| !matches!(c, ':' | '*') && !c.is_control();
/// Longest name of a group or a stream.
const NAME_MAX: usize = 512;

fn name(text: &str, allowed: fn(char) -> bool) -> String {
    let mut name: String = text.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    name.truncate(name.floor_char_boundary(NAME_MAX));
    if name.is_empty() { "stormglass".to_owned() } else { name }
}

fn fill(template: &str, service: &str, host: &str, path: &Path) -> String {
    template.replace("{service}", service).replace("{host}", host).replace("{file}", &stem(path))
}

/// A rotated file goes on in the stream that it was in: `app.log.1` is `app.log`.
pub(super) fn stem(path: &Path) -> Cow<'_, str> {
    let file = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let stem = file.trim_end_matches(".gz").trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    let len = stem.len();
    match file {
        _ if len == 0 => file,
        Cow::Borrowed(file) => Cow::Borrowed(&file[..len]),
        Cow::Owned(file) => Cow::Owned(file[..len].to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_templates() {
        let target = Target {
            settings: Settings { service: "my shop".into(), ..Settings::default() },
            group: "/stormglass/{service}".into(),
            stream: "{host}/{file}".into(),
        };
        let mut ways = Ways::new(vec![target], "i-1", 60_000);
        let lane = ways.lane_of(0, Path::new("/var/log/app.log"));
        assert_eq!(
            (ways.lanes[lane].group.as_str(), ways.lanes[lane].stream.as_str()),
            ("/stormglass/my-shop", "i-1/app.log")
        );
        for rotated in ["app.log.1", "app.log.2.gz", "app.log-20261121"] {
            assert_eq!(ways.lane_of(0, &Path::new("/var/log").join(rotated)), lane, "{rotated}");
        }
        assert_ne!(ways.lane_of(0, Path::new("/var/log/other.log")), lane);
    }
}
