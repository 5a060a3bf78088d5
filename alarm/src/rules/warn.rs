//! What is sound, but will be regretted at night.

use super::Rules;
use crate::grade::{Grade, Impact};
use crate::judge::Judge;
use crate::threshold::Missing;

pub fn warnings(rules: &Rules) -> Vec<String> {
    let mut said = Vec::new();
    for rule in &rules.alarms {
        let pages = rule.grade.map_or(rule.impact > Impact::None, |grade| grade == Grade::Page);
        if pages && rule.runbook.is_none() && rule.summary.is_none() {
            said.push(format!("{} may wake someone, and says neither `summary` nor `runbook`", rule.name));
        }
        if let Judge::Threshold(threshold) = &rule.watch.judge
            && threshold.missing == Missing::NotBreaching
            && threshold.limit.upper.is_none()
        {
            said.push(format!("{} fires on low values, but takes missing ones for good", rule.name));
        }
    }
    said
}
