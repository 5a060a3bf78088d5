//! History from CSV, read leniently: what spreadsheets, `aws cloudwatch get-metric-data` by way of jq, and Grafana export.
//!
//! Long: columns `time` and `value`, with `metric`, `namespace`, `statistic`; every other column is a dimension.
//! Wide: the first column is the time, and each other one a series named by its header: `used{host=web-1,path=/}`.
//! Times are ISO 8601, seconds or milliseconds of the epoch. Separators are comma, semicolon or tab. What is no number
//! is a gap.

use std::collections::BTreeMap;

use super::play::History;
use crate::points::{Points, Time};
use crate::rules::Statistic;
use crate::series::{Dimensions, Series};
use crate::zone::{Zone, parse_moment};

/// Why a text cannot be read as history; the line counts from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {says}")]
pub struct Unreadable {
    pub line: usize,
    pub says: String,
}

/// More columns than this are another kind of file.
const COLUMNS_MAX: usize = 2_000;

const TIME: &[&str] = &["time", "timestamp", "date", "datetime", "at"];
const VALUE: &[&str] = &["value", "values", "datapoint"];
const METRIC: &[&str] = &["metric", "metricname", "metric_name", "name"];

type Named = (Series, Option<Statistic>);
type Gathered = BTreeMap<Named, Vec<(Time, f64)>>;

/// Times without an offset are of `zone`.
pub(super) fn read(text: &str, zone: &Zone) -> Result<Vec<History>, Unreadable> {
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let Some((line, head)) = lines.next() else { return Ok(Vec::new()) };
    let separator = [',', ';', '\t'].into_iter().max_by_key(|sign| head.matches(*sign).count()).unwrap_or(',');
    let columns = Columns::of(&fields(head, separator), line)?;
    let mut gathered = Gathered::new();
    for (line, row) in lines {
        let fields = fields(row, separator);
        let written = fields.get(columns.time).map_or("", String::as_str);
        let at = moment(written, zone).ok_or_else(|| Unreadable { line, says: format!("\"{written}\" is no time") })?;
        columns.take(&fields, at, &mut gathered);
    }
    let history = |((series, statistic), pairs): (Named, Vec<(Time, f64)>)| {
        let points = Points::from_pairs(period(&pairs), &pairs);
        History { series, statistic, points }
    };
    Ok(gathered.into_iter().map(history).collect())
}

struct Columns {
    time: usize,
    shape: Shape,
}

enum Shape {
    Long {
        value: usize,
        metric: Option<usize>,
        namespace: Option<usize>,
        statistic: Option<usize>,
        dimensions: Vec<(usize, String)>,
    },
    Wide(Vec<(usize, Series)>),
}

impl Columns {
    fn of(head: &[String], line: usize) -> Result<Self, Unreadable> {
        if head.len() < 2 || head.len() > COLUMNS_MAX {
            let says = format!("a time and 1 to {COLUMNS_MAX} further columns are expected, separated by , ; or tab");
            return Err(Unreadable { line, says });
        }
        let find = |known: &[&str]| head.iter().position(|name| known.contains(&name.to_lowercase().as_str()));
        let time = find(TIME).unwrap_or(0);
        let Some(value) = find(VALUE).filter(|value| *value != time) else {
            let others = head.iter().enumerate().filter(|(at, _)| *at != time);
            return Ok(Self { time, shape: Shape::Wide(others.map(|(at, name)| (at, series(name))).collect()) });
        };
        let (metric, namespace) = (find(METRIC), find(&["namespace"]));
        let statistic = find(&["statistic", "stat"]);
        let named = [Some(time), Some(value), metric, namespace, statistic, find(&["unit"])];
        let dimensions = head.iter().enumerate().filter(|(at, _)| !named.contains(&Some(*at)));
        let dimensions = dimensions.map(|(at, name)| (at, name.clone())).collect();
        Ok(Self { time, shape: Shape::Long { value, metric, namespace, statistic, dimensions } })
    }

    fn take(&self, fields: &[String], at: Time, into: &mut Gathered) {
        let field = |at: usize| fields.get(at).map_or("", String::as_str);
        let number = |at: usize| field(at).replace('_', "").parse().unwrap_or(f64::NAN);
        match &self.shape {
            Shape::Wide(columns) => {
                for (column, series) in columns {
                    into.entry((series.clone(), None)).or_default().push((at, number(*column)));
                }
            }
            Shape::Long { value, metric, namespace, statistic, dimensions } => {
                let text = |at: Option<usize>, usual: &str| at.map_or(usual.to_owned(), |at| field(at).to_owned());
                let named = dimensions.iter().filter(|(at, _)| !field(*at).is_empty());
                let series = Series {
                    namespace: text(*namespace, ""),
                    name: text(*metric, "value"),
                    dimensions: named.map(|(at, name)| (name.clone(), field(*at).to_owned())).collect(),
                };
                let statistic = statistic.and_then(|at| Statistic::parse(field(at)).ok());
                into.entry((series, statistic)).or_default().push((at, number(*value)));
            }
        }
    }
}

/// `namespace/used{host=web-1,path=/}`; the namespace and the dimensions may be left out.
pub(super) fn series(header: &str) -> Series {
    let (name, inside) = header.split_once('{').unwrap_or((header, ""));
    let pairs = inside.trim_end_matches('}').split(',').filter_map(|pair| pair.split_once('='));
    let dimensions: Dimensions = pairs.map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))).collect();
    let (namespace, name) = name.trim().rsplit_once('/').unwrap_or(("", name.trim()));
    Series { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
}

/// One line; a quoted field may hold separators, and doubled quotes. Fields do not span lines.
fn fields(line: &str, separator: char) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        let Some(field) = fields.last_mut() else { break };
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            c if c == separator && !quoted => fields.push(String::new()),
            c => field.push(c),
        }
    }
    fields.iter().map(|field| field.trim().to_owned()).collect()
}

pub(super) fn moment(text: &str, zone: &Zone) -> Option<Time> {
    /// A number beyond this many seconds (the year 5138) is of milliseconds.
    const SECONDS_MAX: f64 = 1e11;
    if let Ok(number) = text.parse::<f64>() {
        let seconds = if number.abs() > SECONDS_MAX { number / 1_000.0 } else { number };
        return number.is_finite().then_some(seconds as Time);
    }
    parse_moment(text, zone).ok()
}

/// The most frequent distance between neighbours: a gap does not make the period longer.
pub(super) fn period(pairs: &[(Time, f64)]) -> u32 {
    let mut times: Vec<Time> = pairs.iter().map(|(at, _)| *at).collect();
    times.sort_unstable();
    times.dedup();
    let mut counts: BTreeMap<Time, usize> = BTreeMap::new();
    for pair in times.windows(2) {
        *counts.entry(pair[1].saturating_sub(pair[0])).or_default() += 1;
    }
    let usual = counts.iter().max_by_key(|(distance, count)| (**count, std::cmp::Reverse(**distance)));
    usual.and_then(|(distance, _)| u32::try_from(*distance).ok()).unwrap_or(60).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let history = read(text, &Zone::utc()).unwrap();
        let one = |it: &History| {
            let statistic = it.statistic.as_ref().map(|it| format!("{it} of ")).unwrap_or_default();
            let points: Vec<_> = it.points.real().collect();
            format!("{statistic}{} {} {points:?}", it.series, it.points.period_s())
        };
        history.iter().map(one).collect()
    }

    #[test]
    fn long_and_wide() {
        assert_eq!(
            shown(
                "\u{feff}Timestamp;MetricName;host;value;Statistic\n0;used;a;1.5;max\n60;used;a;;max\n120;used;a;3;max\n"
            ),
            ["Maximum of /used{host=a} 60 [(0, 1.5), (120, 3.0)]"]
        );
        assert_eq!(
            shown(
                "time,\"Shop/used{host=a,path=/}\",cpu\n1970-01-01T00:01:00Z,1,2\n1970-01-01 00:02,x,4\n180000,5,6\n"
            ),
            [
                "/cpu{} 60 [(60, 2.0), (120, 4.0), (180000, 6.0)]",
                "Shop/used{host=a,path=/} 60 [(60, 1.0), (180000, 5.0)]"
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_placed() {
        assert_eq!(read("", &Zone::utc()).map(|it| it.len()), Ok(0));
        assert_eq!(read("time,a\n0,1\nsoon,2\n", &Zone::utc()).map_err(|it| it.line), Err(3));
        assert_eq!(read("time\n", &Zone::utc()).map_err(|it| it.line), Err(1));
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "(time|value|metric|[0-9]{1,20}|[,;\t\n\"{}=-]|\\PC){0,60}") {
            let _ = read(&text, &Zone::utc());
        }
    }
}
