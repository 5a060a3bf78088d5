//! Would this Lambda take these rules? Asked before they are put in place, so that a wrong file is never the first
//! thing that a night learns.

use alarm::rules::{Rule, Rules};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// How the file is called in what is said of it.
    file: String,
    rules: String,
}

pub(crate) fn answer(ask: &Ask) -> Value {
    match Rules::parse(&ask.file, &ask.rules) {
        Ok(rules) => {
            let reach_s = rules.alarms.iter().map(Rule::reach_s).max();
            json!({ "sound": true, "alarms": rules.alarms.len(), "reads_back_s": reach_s })
        }
        Err(faults) => {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            json!({ "sound": false, "faults": faults })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &str) -> Value {
        answer(&Ask { file: "alarms.toml".into(), rules: rules.into() })
    }

    #[test]
    fn all_faults_are_told() {
        let said = check("[[alarms]]\nname = 'x'\n[default]\n");
        assert_eq!(said["sound"], false);
        let faults = said["faults"].as_array().unwrap();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].as_str().unwrap().contains("did you mean `alarm`?"), "{faults:?}");
    }
}
