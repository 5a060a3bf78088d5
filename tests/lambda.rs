//! The Lambda as it is deployed: a zip with `bootstrap`, run by a stand-in as `provided.al2023`.

use std::process::Command;

use serde_json::{Value, json};
use tests::{Ministack, binary, boto3};

/// The program in a zip, as `create_function` takes it. Python's zipfile keeps the executable bit by hand.
fn zipped() -> String {
    const ZIP: &str = "import base64,io,sys,zipfile\n\
        held = io.BytesIO()\n\
        info = zipfile.ZipInfo('bootstrap'); info.external_attr = 0o755 << 16\n\
        with zipfile.ZipFile(held, 'w', zipfile.ZIP_DEFLATED) as zip: zip.writestr(info, open(sys.argv[1], 'rb').read())\n\
        sys.stdout.write(base64.b64encode(held.getvalue()).decode())";
    let python = tests::venv().join("bin/python");
    let output = Command::new(python).args(["-c", ZIP]).arg(binary("bootstrap")).output().expect("python");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("base64")
}

#[test]
fn the_program_runs_as_provided_al2023() {
    let aws = Ministack::start();
    let events =
        [json!({ "check": { "file": "alarms.toml", "rules": "[[alarm]]\nnme = 'x'\n" } }), json!({ "Records": [] })];
    let answers = boto3("invoke", &aws.url(), &json!({ "zip": zipped(), "events": events }));
    let faults = answers[0]["faults"].as_array().cloned().unwrap_or_default();
    let placed = |fault: &Value| fault.as_str().is_some_and(|says| says.starts_with("alarms.toml:2:1: SG-CFG-003"));
    assert!(faults.iter().any(placed), "{answers}");
    assert_eq!(answers[1]["error"]["code"], "SG-LAM-010", "{answers}");
}
