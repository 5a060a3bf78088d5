//! Renders the table as docs/metrics.md. `BLESS=1 cargo test -p agent metrics` writes it; without it the test compares.

use std::fmt::Write as _;

use super::{Metric, Tier, agent, app, host, own};

const HEAD: &str = "# Every metric

<!-- Made from agent/src/metrics by `BLESS=1 cargo test -p agent metrics`; a test fails when it differs. -->

Each series costs about $0.30 a month in CloudWatch, so each metric has a tier. `[host] metrics = \"standard\"` (the
default) collects the tiers basic and standard; `basic` and `full` collect less and more; `also = [\"netstat_*\"]` adds
names to any tier. When a budget is set, the least valuable tier goes first. `stormglass cost` tells the price.

Dimensions are written beside the identity of the host (InstanceId and whatever else the configuration adds).
";

const HOST: &str = "
## As the official agent names them

Namespace `CWAgent`. Names, units and dimensions equal those of the CloudWatch agent, so that its dashboards and alarms
keep working. Counters (`net_*`, `diskio_*`) are what was added since the last reading: use Sum.
";

const OWN: &str = "
## What the official agent does not have

Namespace `Stormglass`.
";

const APP: &str = "
## Applications and APIs

Namespace `Stormglass`. Each source that is configured ([sources.md](sources.md)) publishes all of its rows that have
something to say, whatever the tier of `[host]`; here the tier is what a series is worth to the budget.
";

const AGENT: &str = "
## What Stormglass says of itself

Namespace `Stormglass`. Counters are what was added since the last look, every 10 s: use Sum. The tier of `[host]
metrics` holds here too. `log_*` and `errors` begin when they first occur.
";

/// The table as Markdown.
pub fn render() -> String {
    let mut out = String::from(HEAD);
    for (head, table) in [(HOST, host::TABLE), (OWN, own::TABLE), (APP, app::TABLE), (AGENT, agent::TABLE)] {
        out.push_str(head);
        out.push_str("\n| metric | unit | dimensions | tier | meaning |\n|---|---|---|---|---|\n");
        for metric in table {
            row(&mut out, metric);
        }
    }
    out
}

fn row(out: &mut String, metric: &Metric) {
    let tier = match metric.tier {
        Tier::Basic => "basic",
        Tier::Standard => "standard",
        Tier::Full => "full",
    };
    let (name, unit, dimensions) = (metric.name, metric.unit.name(), metric.dimensions.join(", "));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "| `{name}` | {unit} | {dimensions} | {tier} | {} |", metric.says);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_document_is_the_table() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
        let wanted = super::render();
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &wanted).expect("docs/metrics.md is written");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "docs/metrics.md is stale: BLESS=1 cargo test -p agent metrics");
    }
}
