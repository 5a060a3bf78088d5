//! What the agent on the target's host sees, from its page's `/metrics`. Pure: who asks is another's matter.

use std::collections::BTreeSet;

use alarm::grade::Grade;

use crate::expect::Fires;

/// Series that say how the target bears it, by the beginning of their names.
const WANTED: &[&str] = &[
    "stormglass_cpu_usage_active",
    "stormglass_cpu_usage_steal",
    "stormglass_mem_used_percent",
    "stormglass_procstat_memory_rss",
    "stormglass_procstat_num_fds",
    "stormglass_procstat_cpu_usage",
    "stormglass_hikaricp_connections",
];
/// Series that are kept, at most.
const SERIES_MAX: usize = 32;

/// One look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    pub fires: BTreeSet<Fires>,
    /// Name with its labels, and value.
    pub series: Vec<(String, f64)>,
}

/// Reads the text format of Prometheus, as our own page writes it.
pub fn read(text: &str) -> Look {
    let mut look = Look::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = line.rsplit_once(' ') else { continue };
        let Ok(value) = value.parse::<f64>() else { continue };
        if let Some(labels) = name.strip_prefix("stormglass_alarm_firing") {
            let rule = label(labels, "rule");
            let grade = label(labels, "grade");
            let grade = grade.and_then(|word| Grade::ALL.into_iter().find(|grade| grade.name() == word));
            if let (Some(rule), Some(grade), true) = (rule, grade, value == 1.0) {
                look.fires.insert(Fires { rule, grade });
            }
        } else if WANTED.iter().any(|wanted| name.starts_with(wanted)) && look.series.len() < SERIES_MAX {
            look.series.push((name.trim_start_matches("stormglass_").to_owned(), value));
        }
    }
    look
}

/// `{grade="page",rule="a\"b"}`
fn label(labels: &str, wanted: &str) -> Option<String> {
    let begins = [format!("{{{wanted}=\""), format!(",{wanted}=\"")];
    let after = begins.iter().find_map(|begin| labels.split_once(begin.as_str()))?.1;
    let mut value = String::new();
    let mut letters = after.chars();
    loop {
        match letters.next()? {
            '"' => return Some(value),
            '\\' => match letters.next()? {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_read() {
        let text = "# HELP x y\nstormglass_alarm_firing{grade=\"page\",host=\"a\",rule=\"p \\\"99\\\"\"} 1\n\
                    stormglass_alarm_firing{grade=\"note\",rule=\"disk\"} 0\n\
                    stormglass_procstat_num_fds{process_name=\"shop\"} 41\nstormglass_other 9\nrubbish\n";
        let look = read(text);
        assert_eq!(look.fires, BTreeSet::from([Fires { rule: "p \"99\"".to_owned(), grade: Grade::Page }]));
        assert_eq!(look.series, [("procstat_num_fds{process_name=\"shop\"}".to_owned(), 41.0)]);
    }
}
