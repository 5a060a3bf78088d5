//! Turns the JSON of `aws cloudwatch describe-alarms` into rules, with a list of what could not be carried.
//!
//! What is carried decides as it did: the same points of the same series, M of N, the same treatment of missing data.
//! One thing differs on purpose: an episode ends only when a point that does not breach was seen.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::composite::Formula;
use crate::math::Expression;
use crate::rules::Statistic;

#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The text of an `alarms.toml`.
    pub rules: String,
    pub carried: usize,
    /// Of which alarm, and what of it.
    pub left: Vec<(String, String)>,
}

/// `json` is the whole answer, or a list of such answers' pages joined by the caller.
pub fn import(json: &str) -> Result<Imported, serde_json::Error> {
    let answer: Value = serde_json::from_str(json)?;
    let mut made = Imported::default();
    made.rules.push_str("# Made from describe-alarms. Notices follow the ladder \"default\": see docs/alarms.md.\n");
    let (metric, composite) = (list(&answer, "MetricAlarms"), list(&answer, "CompositeAlarms"));
    let mut carried = BTreeSet::new();
    for alarm in metric {
        match metric_alarm(alarm, &mut made.left) {
            Ok(text) => {
                made.rules.push_str(&text);
                carried.insert(name(alarm).to_owned());
            }
            Err(why) => made.left.push((name(alarm).to_owned(), format!("not carried: {why}"))),
        }
    }
    // A composite may stand before its children: all names first.
    carried.extend(composite.iter().map(|alarm| name(alarm).to_owned()).filter(|name| sound(name)));
    for alarm in composite {
        match composite_alarm(alarm, &carried, &mut made.left) {
            Ok(text) => made.rules.push_str(&text),
            Err(why) => {
                carried.remove(name(alarm));
                made.left.push((name(alarm).to_owned(), format!("not carried: {why}")));
            }
        }
    }
    made.carried = carried.len();
    Ok(made)
}

fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    of.get(key).and_then(Value::as_str)
}

fn name(alarm: &Value) -> &str {
    text(alarm, "AlarmName").unwrap_or("(no name)")
}

fn sound(name: &str) -> bool {
    !name.chars().any(|c| c.is_control() || c == '"') && (1..=255).contains(&name.chars().count())
}

/// A TOML string: JSON's escapes are TOML's, but for one character.
fn quoted(text: &str) -> String {
    Value::from(text.replace('\u{7f}', "?")).to_string()
}

fn head(alarm: &Value, left: &mut Vec<(String, String)>) -> Result<String, String> {
    let name = text(alarm, "AlarmName").ok_or("it has no name")?;
    if !sound(name) {
        return Err("its name holds a quote or a control character".to_owned());
    }
    let mut toml = format!("\n[[alarm]]\nname = {}\n", quoted(name));
    if let Some(description) = text(alarm, "AlarmDescription").filter(|it| !it.trim().is_empty()) {
        let cut: String = description.chars().take(crate::rules::TEXT_MAX).collect();
        let _ = writeln!(toml, "summary = {}", quoted(&cut));
    }
    let mut leave = |what: &str| left.push((name.to_owned(), what.to_owned()));
    if alarm.get("ActionsEnabled") == Some(&Value::Bool(false)) {
        leave("ActionsEnabled is false: write a silence, if that is still meant");
    }
    for key in ["AlarmActions", "OKActions", "InsufficientDataActions"] {
        if !list(alarm, key).is_empty() {
            leave(&format!("{key}: notices follow the ladder"));
        }
    }
    Ok(toml)
}

fn metric_alarm(alarm: &Value, left: &mut Vec<(String, String)>) -> Result<String, String> {
    let mut toml = String::new();
    if alarm.get("ThresholdMetricId").is_some_and(|it| !it.is_null()) {
        return Err("it follows an anomaly band; see `judge = \"unusual\"`".to_owned());
    }
    let edge = match text(alarm, "ComparisonOperator").unwrap_or_default() {
        "GreaterThanThreshold" => "above",
        "GreaterThanOrEqualToThreshold" => "at_least",
        "LessThanThreshold" => "below",
        "LessThanOrEqualToThreshold" => "at_most",
        other => return Err(format!("the comparison {other}")),
    };
    let threshold = alarm.get("Threshold").and_then(Value::as_f64).ok_or("it has no threshold")?;
    let metrics = list(alarm, "Metrics");
    let period = if metrics.is_empty() { single(alarm, &mut toml)? } else { math(metrics, &mut toml)? };
    let _ = writeln!(toml, "period = \"{period}s\"\n{edge} = {threshold:?}");
    let number = |key: &str| alarm.get(key).and_then(Value::as_u64);
    let n = number("EvaluationPeriods").unwrap_or(1);
    let m = number("DatapointsToAlarm").unwrap_or(n);
    let _ = writeln!(toml, "points = \"{m} of {n}\"");
    let missing = match text(alarm, "TreatMissingData").unwrap_or("missing") {
        "notBreaching" => "not_breaching",
        known @ ("missing" | "ignore" | "breaching") => known,
        other => return Err(format!("TreatMissingData {other}")),
    };
    let _ = writeln!(toml, "missing = \"{missing}\"");
    if text(alarm, "EvaluateLowSampleCountPercentile") == Some("ignore") {
        left.push((name(alarm).to_owned(), "EvaluateLowSampleCountPercentile: use `min_events`".to_owned()));
    }
    Ok(head(alarm, left)? + &toml)
}

fn statistic(said: Option<&str>) -> Result<Statistic, String> {
    Statistic::parse(said.ok_or("it has no statistic")?)
}

fn period(said: Option<&Value>) -> Result<u64, String> {
    let period = said.and_then(Value::as_u64).ok_or("it has no period")?;
    let known = matches!(period, 1 | 5 | 10 | 20 | 30) || (period > 0 && period % 60 == 0 && period <= 86_400);
    known.then_some(period).ok_or_else(|| format!("the period {period}"))
}

fn single(alarm: &Value, toml: &mut String) -> Result<u64, String> {
    let statistic = statistic(text(alarm, "Statistic").or_else(|| text(alarm, "ExtendedStatistic")))?;
    let metric = text(alarm, "MetricName").ok_or("it has no metric")?;
    let namespace = text(alarm, "Namespace").ok_or("it has no namespace")?;
    let _ = writeln!(toml, "namespace = {}\nmetric = {}\nexact = true", quoted(namespace), quoted(metric));
    let _ = writeln!(toml, "statistic = {}", quoted(&statistic.to_string()));
    let _ = writeln!(toml, "dimensions = {}", dimensions(alarm)?);
    period(alarm.get("Period"))
}

/// An inline table. A value with a star or question mark would be read as a pattern.
fn dimensions(of: &Value) -> Result<String, String> {
    let pair = |it: &Value| {
        let (name, value) = (text(it, "Name").unwrap_or_default(), text(it, "Value").unwrap_or_default());
        if value.contains(['*', '?']) {
            return Err(format!("the dimension {name} holds a * or ?"));
        }
        Ok(format!("{} = {}", quoted(name), quoted(value)))
    };
    let pairs = list(of, "Dimensions").iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("{{ {} }}", pairs.join(", ")))
}

fn math(metrics: &[Value], toml: &mut String) -> Result<u64, String> {
    let returned = |it: &&Value| it.get("ReturnData").and_then(Value::as_bool).unwrap_or(true);
    let result = metrics.iter().find(returned).ok_or("no metric of it returns data")?;
    let said = match text(result, "Expression") {
        Some(said) => said.to_owned(),
        None => text(result, "Id").ok_or("a metric without id")?.to_owned(),
    };
    let expression = Expression::parse(&said).map_err(|wrong| format!("the expression `{said}`: {}", wrong.says))?;
    let _ = writeln!(toml, "expression = {}\neach = []", quoted(&said));
    let mut periods = BTreeSet::new();
    for name in &expression.names {
        let metric = metrics.iter().find(|it| text(it, "Id") == Some(name));
        let stat = metric.and_then(|it| it.get("MetricStat"));
        let stat = stat.ok_or_else(|| format!("`{name}` is itself an expression"))?;
        if metric.is_some_and(|it| text(it, "AccountId").is_some()) {
            return Err(format!("`{name}` is of another account"));
        }
        let of = stat.get("Metric").ok_or("a metric without a metric")?;
        let statistic = statistic(text(stat, "Stat"))?;
        periods.insert(period(stat.get("Period"))?);
        let (namespace, metric) =
            (text(of, "Namespace").unwrap_or_default(), text(of, "MetricName").unwrap_or_default());
        let _ = writeln!(
            toml,
            "series.{name} = {{ namespace = {}, metric = {}, exact = true, statistic = {}, dimensions = {} }}",
            quoted(namespace),
            quoted(metric),
            quoted(&statistic.to_string()),
            dimensions(of)?
        );
    }
    match periods.into_iter().collect::<Vec<_>>()[..] {
        [one] => Ok(one),
        _ => Err("its metrics have different periods".to_owned()),
    }
}

fn composite_alarm(
    alarm: &Value,
    carried: &BTreeSet<String>,
    left: &mut Vec<(String, String)>,
) -> Result<String, String> {
    let said = text(alarm, "AlarmRule").ok_or("it has no rule")?;
    let formula = Formula::parse(said).map_err(|wrong| format!("its rule: {}", wrong.says))?;
    let mut native: BTreeSet<&str> = formula.children.iter().map(|(name, _)| by_name(name)).collect();
    let mut toml = head(alarm, left)?;
    let _ = writeln!(toml, "when = {}", quoted(&without_arns(said)));
    if let Some(suppressor) = text(alarm, "ActionsSuppressor") {
        let seconds = |key: &str| alarm.get(key).and_then(Value::as_u64).unwrap_or(0);
        let (wait, extension) = (seconds("ActionsSuppressorWaitPeriod"), seconds("ActionsSuppressorExtensionPeriod"));
        let name = by_name(suppressor);
        native.insert(name);
        let _ = writeln!(
            toml,
            "suppressed_by = {{ alarm = {}, wait = \"{wait}s\", extension = \"{extension}s\" }}",
            quoted(name)
        );
    }
    let native: Vec<_> = native.into_iter().filter(|name| !carried.contains(*name)).map(quoted).collect();
    if !native.is_empty() {
        let _ = writeln!(toml, "native = [{}]", native.join(", "));
    }
    Ok(toml)
}

/// `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:name` -> `name`
fn by_name(said: &str) -> &str {
    match said.strip_prefix("arn:").and_then(|rest| rest.split_once(":alarm:")) {
        Some((_, name)) => name,
        None => said,
    }
}

/// The same rule with names where ARNs stood.
fn without_arns(rule: &str) -> String {
    let mut made = String::with_capacity(rule.len());
    let mut rest = rule;
    while let Some(at) = rest.find("arn:") {
        let (before, arn) = rest.split_at(at);
        made.push_str(before);
        match arn.find(":alarm:") {
            // Only inside of one name.
            Some(end) if !arn[..end].contains(['(', ')', '"', ' ', ',']) => rest = &arn[end + ":alarm:".len()..],
            _ => {
                made.push_str("arn:");
                rest = &arn["arn:".len()..];
            }
        }
    }
    made + rest
}
