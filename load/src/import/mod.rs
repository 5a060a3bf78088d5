//! From a JMeter plan (`.jmx`) to a scenario, and what it could not carry.
//!
//! Pure: text in, text and remarks out. `xml` makes a tree, `plan` finds the threads and samplers in it, `write` says them
//! as a scenario. Nothing is left out in silence: every element that is switched on and means something to JMeter is
//! either in the scenario or in the remarks.

mod jmx;
mod plan;
mod sampler;
mod write;
mod xml;

pub use jmx::jmx;

/// What came of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// A scenario, sound or with places to be filled by hand; `remarks` say which.
    pub scenario: String,
    pub remarks: Vec<String>,
    /// The CSV files that it names, each with its columns.
    pub tables: Vec<(String, Vec<String>)>,
}

impl Imported {
    /// A file of the plan as it must be, with one row: for trying the scenario without its data.
    pub fn table(&self, file: &str) -> Option<String> {
        let (_, columns) = self.tables.iter().find(|(held, _)| held == file)?;
        Some(format!("{}\n{}\n", columns.join(","), vec!["x"; columns.len()].join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Model, Scenario};

    const SHOP: &str = include_str!("../../../examples/load/shop.jmx");

    fn parsed(imported: &Imported) -> Scenario {
        let table = |file: &str| imported.table(file).ok_or_else(|| file.to_owned());
        Scenario::parse("imported", &imported.scenario, table)
            .unwrap_or_else(|faults| panic!("{faults}\n{}", imported.scenario))
    }

    #[test]
    fn a_plan_becomes_a_sound_scenario() {
        let imported = jmx(SHOP).expect("it is carried");
        let scenario = parsed(&imported);
        assert_eq!(scenario.target.to_string(), "http://127.0.0.1:8080");
        assert!(matches!(scenario.model, Model::Closed { users: 4, length_s: 3.0 }));
        assert_eq!(scenario.step_names(), ["buy / log in", "buy / see the cart", "buy / order"]);
        assert_eq!(scenario.redirects, 5);
        for line in [
            "body = \"{\\\"user\\\": \\\"{{table1.name|json}}\\\"}\"",
            "expect.status = [200]",
            "take.\"cart\" = { json = \"/cart/id\" }",
            "request = \"GET /cart/{{cart}}\"",
            "think_ms = [10, 30]",
            "body = \"order={{order|url}}\"",
            "headers.\"x-csrf\" = \"7f\"",
            "expect.contains = \"ordered\"",
        ] {
            assert!(imported.scenario.lines().any(|held| held == line), "no `{line}` in\n{}", imported.scenario);
        }
    }

    /// Each thing that is missing is named by its kind and its name.
    #[test]
    fn what_cannot_be_carried_is_listed() {
        let imported = jmx(SHOP).expect("it is carried");
        let begins: Vec<_> =
            imported.remarks.iter().map(|remark| remark.split(':').next().unwrap_or_default()).collect();
        assert_eq!(
            begins,
            [
                "ResultCollector \"View Results Tree\"",
                "ThreadGroup \"buy\"",
                "IfController \"if rich\"",
                "JDBCSampler \"count the orders\"",
            ],
            "{:#?}",
            imported.remarks
        );
        for remark in &imported.remarks {
            assert!(imported.scenario.contains(remark), "{remark} stands at the head too");
        }
    }

    #[test]
    fn braces_of_the_plan_itself_are_no_places() {
        let plan = |path: &str| {
            format!(
                "<jmeterTestPlan><hashTree><ThreadGroup><stringProp name='ThreadGroup.num_threads'>1</stringProp></ThreadGroup><hashTree>\
                 <CSVDataSet><stringProp name='filename'>u.csv</stringProp><stringProp name='variableNames'>a</stringProp></CSVDataSet><hashTree/>\
                 <HTTPSamplerProxy><stringProp name='HTTPSampler.domain'>x</stringProp>\
                 <stringProp name='HTTPSampler.path'>{path}</stringProp></HTTPSamplerProxy></hashTree></hashTree></jmeterTestPlan>"
            )
        };
        for path in ["/{{a", "/{{{a", "/{{{{{{", "/{${a}", "/{{${a}}}"] {
            let imported = jmx(&plan(path)).unwrap_or_else(|says| panic!("{path}: {says}"));
            parsed(&imported);
        }
    }

    #[test]
    fn what_is_no_plan_is_refused_with_its_reason() {
        let check = |text: &str, says: &str| {
            let refused = jmx(text).expect_err("it is refused");
            assert!(refused.contains(says), "{refused}");
        };
        check("<html/>", "it is no plan of JMeter");
        check("<jmeterTestPlan/>", "no HTTP request in it can be carried");
        check("{}", "");
    }
}
