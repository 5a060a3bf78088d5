//! A chart for each rule, with the level at which it fires, those that wake people first.

use alarm::grade::{Circumstance, Grade, Immediacy};
use alarm::judge::Judge;
use alarm::matcher::Labels;
use alarm::rules::{Read, Rule};

use super::Site;
use super::body::{Board, Chart, search};

/// Rules that one dashboard shows: more are no overview, and each is a search of many series.
const CHARTS_MAX: usize = 60;

pub(super) fn charts(board: &mut Board, site: &Site<'_>) {
    let mut shown = 0;
    for grade in Grade::ALL.into_iter().rev() {
        let of_grade = |rule: &&Rule| worst(site, rule) == grade && rule.reads.iter().any(|read| read.required);
        let rules: Vec<&Rule> = site.rules.alarms.iter().filter(of_grade).collect();
        if rules.is_empty() {
            continue;
        }
        board.text(&format!("## What would be a {}", grade.name()));
        for rule in rules.into_iter().take(CHARTS_MAX - shown) {
            board.chart(8, chart(site, rule));
            shown += 1;
        }
    }
    let left = site.rules.alarms.len().saturating_sub(shown);
    if left > 0 && shown == CHARTS_MAX {
        board.text(&format!("{left} further rules have no chart here."));
    }
}

/// The grade while it cannot wait.
fn worst(site: &Site<'_>, rule: &Rule) -> Grade {
    let it = Circumstance {
        labels: &Labels::default(),
        impact: rule.impact,
        immediacy: Some(rule.immediacy.unwrap_or(Immediacy::Now)),
        time_left: None,
        fixed: rule.grade,
        now: 0,
    };
    site.rules.grades.grade(&it).grade
}

fn chart<'a>(site: &Site<'_>, rule: &'a Rule) -> Chart<'a> {
    let read = |read: &Read| {
        let namespace = read.select.namespace.as_deref().unwrap_or(site.host_namespace);
        // A search knows whole words; where the rule has a glob, every value is shown.
        let plain = read.select.dimensions.iter().filter(|(_, value)| !value.contains(['*', '?', '"', '\'']));
        let filter: Vec<_> = plain.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        search(namespace, &read.select.metric, &filter.join(" "), &read.statistic.to_string())
    };
    let lines = rule.reads.iter().filter(|read| read.required).map(read).collect();
    Chart { title: &rule.name, lines, levels: levels(rule), ..Chart::default() }
}

fn levels(rule: &Rule) -> Vec<(f64, String)> {
    let Judge::Threshold(settings) = &rule.watch.judge else { return Vec::new() };
    let edges = [(settings.limit.upper, "fires above"), (settings.limit.lower, "fires below")];
    let mut levels: Vec<_> = edges.into_iter().filter_map(|(edge, says)| Some((edge?.at, says.to_owned()))).collect();
    levels.extend(settings.limit.clear.map(|at| (at, "over from here".to_owned())));
    levels
}
