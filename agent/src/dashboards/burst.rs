//! Credits of burstable instances: what is left, for how long, and what unlimited mode costs.
//!
//! `alarm::burst` forecasts better; this is what CloudWatch can reckon in a picture.

use serde_json::json;

use super::Site;
use super::body::{Board, Chart, chosen};

/// Linux T3, by the hour of one processor: 60 credits (facts/burst-credits.md).
const USD_A_CREDIT: f64 = 0.05 / 60.0;
/// A forecast beyond a week is none.
const HOURS_MAX: u32 = 168;

pub(super) fn board(site: &Site<'_>) -> Board {
    let mut board = Board::new("burst", site);
    board.choose("instance", "Instance", "AWS/EC2", "CPUCreditBalance", "InstanceId");
    let instance = chosen("instance");
    let metric = |name: &str, settings: serde_json::Value| json!(["AWS/EC2", name, "InstanceId", instance, settings]);
    let plain = |name: &str| metric(name, json!({ "stat": "Average", "period": 300 }));
    board.chart(
        12,
        Chart {
            title: "Credits left",
            lines: vec![plain("CPUCreditBalance")],
            levels: vec![(0.0, "held down to the baseline, or charged".to_owned())],
            ..Chart::default()
        },
    );
    let left = format!("IF(RATE(b) < 0, -b / RATE(b) / 3600, {HOURS_MAX})");
    board.chart(
        12,
        Chart {
            title: "Hours left at this pace",
            lines: vec![
                json!([{ "expression": left, "label": format!("hours, {HOURS_MAX} where it lasts"), "id": "left" }]),
                metric("CPUCreditBalance", json!({ "stat": "Average", "period": 300, "id": "b", "visible": false })),
            ],
            ..Chart::default()
        },
    );
    board.chart(
        12,
        Chart { title: "Borrowed (unlimited mode)", lines: vec![plain("CPUSurplusCreditBalance")], ..Chart::default() },
    );
    let money = format!("c * {USD_A_CREDIT:.8}");
    board.chart(
        12,
        Chart {
            title: "Charged in unlimited mode, US$ at Linux T3 list price",
            lines: vec![
                json!([{ "expression": money, "label": "US$", "id": "money" }]),
                metric(
                    "CPUSurplusCreditsCharged",
                    json!({ "stat": "Sum", "period": 300, "id": "c", "visible": false }),
                ),
            ],
            ..Chart::default()
        },
    );
    board.chart(
        24,
        Chart { title: "Processor", lines: vec![plain("CPUUtilization")], percent: true, ..Chart::default() },
    );
    board.text("Lightsail keeps its burst out of CloudWatch: `stormglass incidents` and the notices have it.");
    board
}
