//! Plans of other tools, made by people and by tools that nobody here wrote.

use load::scenario::Scenario;

/// Whatever a plan holds, what is made of it is a sound scenario, or it is refused with a reason.
pub(crate) fn jmx(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match load::import::jmx(text) {
        Err(says) => assert!(!says.is_empty(), "refused without a reason"),
        Ok(imported) => {
            let table = |file: &str| imported.table(file).ok_or_else(|| format!("{file} is no file of the plan"));
            if let Err(faults) = Scenario::parse("imported", &imported.scenario, table) {
                panic!("{faults}\n{}", imported.scenario);
            }
        }
    }
}
