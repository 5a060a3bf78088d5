//! The body of one dashboard, as CloudWatch documents it ("Dashboard Body Structure and Syntax"), and its limits.

use serde_json::{Value, json};

use super::Site;

/// Widgets of a dashboard; metrics of one widget and of all (CloudWatch's service quotas).
const WIDGETS_MAX: usize = 500;
const METRICS_OF_WIDGET_MAX: usize = 500;
const METRICS_MAX: usize = 2_500;
/// Columns of the grid.
const COLUMNS: usize = 24;
const HEIGHT: usize = 6;
/// What stands in searches where a variable puts the value that was chosen. A pattern of its own that no text has by
/// chance.
const CHOSEN: &str = "stormglass-chosen-";

#[derive(Debug, thiserror::Error)]
#[error("SG-DSH-001: the dashboard {name} would have {count} {what}, and CloudWatch takes {max}")]
pub struct TooLarge {
    name: String,
    what: &'static str,
    count: usize,
    max: usize,
}

#[derive(Debug)]
pub(super) struct Board {
    name: &'static str,
    region: String,
    variables: Vec<Value>,
    widgets: Vec<Value>,
    x: usize,
    y: usize,
}

/// One chart: its lines are entries of `metrics`.
#[derive(Debug, Default)]
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) lines: Vec<Value>,
    /// A level with its meaning.
    pub(super) levels: Vec<(f64, String)>,
    /// 0 to 100.
    pub(super) percent: bool,
    /// A number instead of a line.
    pub(super) number: bool,
}

/// What a variable puts in the place of.
pub(super) fn chosen(id: &str) -> String {
    format!("{CHOSEN}{id}")
}

/// A line for each series that agrees: `filter` is in the language of searches.
pub(super) fn search(namespace: &str, metric: &str, filter: &str, statistic: &str) -> Value {
    let asked = format!("Namespace=\"{namespace}\" MetricName=\"{metric}\" {filter}");
    json!([{ "expression": format!("SEARCH('{}', '{statistic}', 60)", asked.trim_end()) }])
}

/// The sum of all series that agree.
pub(super) fn total(namespace: &str, metric: &str, filter: &str, label: &str) -> Value {
    let asked = format!("Namespace=\"{namespace}\" MetricName=\"{metric}\" {filter}");
    json!([{ "expression": format!("SUM(SEARCH('{}', 'Sum', 60))", asked.trim_end()), "label": label }])
}

impl Board {
    pub(super) fn new(name: &'static str, site: &Site<'_>) -> Self {
        Self { name, region: site.region.to_owned(), variables: Vec::new(), widgets: Vec::new(), x: 0, y: 0 }
    }

    /// Lets whoever looks choose one value of a dimension, from those that a metric has.
    pub(super) fn choose(&mut self, id: &str, label: &str, namespace: &str, metric: &str, dimension: &str) {
        self.variables.push(json!({
            "type": "pattern", "pattern": chosen(id), "inputType": "select", "id": id, "label": label,
            "visible": true, "defaultValue": "__FIRST", "populateFrom": dimension,
            "search": format!("Namespace=\"{namespace}\" MetricName=\"{metric}\""),
        }));
    }

    /// A line of text across the whole width.
    pub(super) fn text(&mut self, markdown: &str) {
        self.line();
        let height = 1 + markdown.lines().count().min(4);
        self.place(COLUMNS, height, "text", json!({ "markdown": markdown }));
        self.line();
    }

    pub(super) fn chart(&mut self, width: usize, chart: Chart<'_>) {
        let Chart { title, lines, levels, percent, number } = chart;
        let view = if number { "singleValue" } else { "timeSeries" };
        let mut properties = json!({ "title": title, "region": self.region, "period": 60, "view": view });
        properties["metrics"] = Value::Array(lines);
        if !number {
            properties["stacked"] = json!(false);
        }
        if percent {
            properties["yAxis"] = json!({ "left": { "min": 0, "max": 100 } });
        }
        if !levels.is_empty() {
            let level = |(value, label): (f64, String)| json!({ "value": value, "label": label });
            properties["annotations"] = json!({ "horizontal": levels.into_iter().map(level).collect::<Vec<_>>() });
        }
        self.place(width, if number { HEIGHT / 2 } else { HEIGHT }, "metric", properties);
    }

    /// What a query of Logs Insights finds, as a table.
    pub(super) fn logs(&mut self, title: &str, groups: &[String], query: &str) {
        self.line();
        let from: Vec<_> = groups.iter().map(|group| format!("SOURCE '{group}'")).collect();
        let properties = json!({
            "title": title, "query": format!("{} | {query}", from.join(" | ")), "region": self.region, "view": "table",
        });
        self.place(COLUMNS, HEIGHT, "log", properties);
        self.line();
    }

    fn place(&mut self, width: usize, height: usize, kind: &str, properties: Value) {
        if self.x + width > COLUMNS {
            self.line();
        }
        let mut widget = json!({ "type": kind, "x": self.x, "y": self.y, "width": width, "height": height });
        widget["properties"] = properties;
        self.widgets.push(widget);
        self.x += width;
    }

    /// What comes next begins a line below all that is there.
    fn line(&mut self) {
        let end = |widget: &Value| [&widget["y"], &widget["height"]].iter().filter_map(|it| it.as_u64()).sum::<u64>();
        self.y = self.widgets.iter().map(end).max().unwrap_or(0) as usize;
        self.x = 0;
    }

    pub(super) fn finish(self, prefix: &str) -> Result<(String, Value), TooLarge> {
        let name = format!("{prefix}-{}", self.name);
        let metrics = |widget: &Value| widget["properties"]["metrics"].as_array().map_or(0, Vec::len);
        let most = self.widgets.iter().map(metrics).max().unwrap_or(0);
        let limits = [
            ("widgets", self.widgets.len(), WIDGETS_MAX),
            ("metrics in one widget", most, METRICS_OF_WIDGET_MAX),
            ("metrics", self.widgets.iter().map(metrics).sum(), METRICS_MAX),
        ];
        if let Some((what, count, max)) = limits.into_iter().find(|(_, count, max)| count > max) {
            return Err(TooLarge { name, what, count, max });
        }
        let mut body = json!({ "start": "-PT6H", "periodOverride": "inherit", "widgets": self.widgets });
        if !self.variables.is_empty() {
            body["variables"] = Value::Array(self.variables);
        }
        Ok((name, body))
    }
}
