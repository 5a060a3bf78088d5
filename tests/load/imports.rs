//! A JMeter plan, imported by the program and pressed by it.

use serde_json::Value;

use super::service::Service;

#[test]
fn a_plan_of_jmeter_is_imported_and_pressed() {
    let service = Service::open(None);
    let folder = tempfile::tempdir().expect("a folder");
    let plan = std::fs::read_to_string(tests::root().join("examples/load/shop.jmx")).expect("the example");
    let plan = plan.replace(">8080<", &format!(">{}<", service.port));
    std::fs::write(folder.path().join("shop.jmx"), plan).expect("it is written");
    std::fs::write(folder.path().join("users.csv"), "name\nann\nbob\n").expect("it is written");
    let imported = tests::stormglass().args(["load", "import"]).arg(folder.path().join("shop.jmx")).output();
    let imported = imported.expect("it runs");
    assert!(imported.status.success());
    let said = String::from_utf8_lossy(&imported.stderr);
    assert!(said.contains("JDBCSampler \"count the orders\""), "{said}");
    let file = folder.path().join("shop.scenario.toml");
    std::fs::write(&file, &imported.stdout).expect("it is written");
    let output = tests::stormglass().args(["load", "run", "--json", "--workers", "1"]).arg(&file).output();
    let report: Value = serde_json::from_slice(&output.expect("it runs").stdout).expect("a report");
    assert_eq!(report["total"]["failures"], serde_json::json!([]), "{report:#}");
    assert_eq!(report["steps"][2]["name"], "buy / order");
    assert!(report["steps"][2]["requests"].as_u64().is_some_and(|requests| requests > 20), "{report:#}");
}

#[test]
fn what_is_no_plan_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.jmx");
    std::fs::write(&file, "<html><body/></html>").expect("it is written");
    let output = tests::stormglass().args(["load", "import"]).arg(&file).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("SG-LOA-029") && said.contains("<html>"), "{said}");
}
