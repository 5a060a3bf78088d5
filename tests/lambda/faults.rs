//! A CloudWatch that fails, before a real one: the program as it is deployed says so, tells nobody that anything is over, and goes on.

use serde_json::{Value, json};
use tests::{Account, Endpoint, boto3, zipped};

/// The account, with faults of our own before its CloudWatch.
fn account() -> (Account, Endpoint, Value) {
    let (account, before) = (Account::stand_up(), Endpoint::plain());
    before.stand_before(&account.aws.url());
    let mut environment = account.environment();
    environment["AWS_ENDPOINT_URL_CLOUDWATCH"] = before.url().into();
    (account, before, environment)
}

fn codes(report: &Value) -> Vec<String> {
    let troubles = report["troubles"].as_array().cloned().unwrap_or_default();
    troubles.iter().filter_map(|it| Some(it.as_str()?.split(':').next()?.to_owned())).collect()
}

#[test]
fn a_throttled_cloudwatch_is_unknown_and_not_over() {
    let (account, before, environment) = account();
    account.publish("mem_used_percent", ("host", "web-1"), 97.0, 1..=10);
    let round = json!({ "round": {} });
    let asked = json!({ "zip": zipped(), "environment": environment, "events": [round] });
    let answers = boto3("invoke", &account.aws.url(), &asked);
    assert_eq!(
        (&answers[0]["firing"], &answers[0]["sent"], &answers[0]["troubles"]),
        (&json!(1), &json!(1), &json!([])),
        "{answers}"
    );
    account.heard();

    // Longer than the SDK tries. The same minute is not read twice, so a new process must: its points are gone.
    before.fault("cloudwatch:GetMetricData throttle");
    let fresh = |more: &str| {
        let mut environment = environment.clone();
        environment["STORMGLASS_TRIAL"] = more.into();
        let arguments = json!({ "FunctionName": "stormglass", "Environment": { "Variables": environment } });
        account.call("lambda", "update_function_configuration", &arguments);
        account.invoke(std::slice::from_ref(&round)).remove(0)
    };
    let throttled = fresh("throttled");
    assert_eq!(
        (&throttled["unread"], &throttled["unknown"], &throttled["sent"]),
        (&json!(1), &json!(1), &json!(0)),
        "{throttled}"
    );
    assert_eq!(codes(&throttled), ["SG-LAM-013"], "{throttled}");
    assert!(throttled["troubles"][0].as_str().is_some_and(|says| says.contains("Throttling")), "{throttled}");

    // Slow and half an answer: tried again by the SDK, and no trouble.
    for fault in [
        "cloudwatch:GetMetricData slow by=1s times=1",
        "cloudwatch:GetMetricData cut times=1",
        "cloudwatch:GetMetricData error status=503 times=2",
    ] {
        before.no_more_faults();
        before.fault(fault);
        let report = fresh(fault);
        assert_eq!(
            (&report["firing"], &report["unread"], &report["troubles"]),
            (&json!(1), &json!(0), &json!([])),
            "{fault}: {report}"
        );
    }

    // A process that cannot even list judges nothing.
    before.no_more_faults();
    before.fault("cloudwatch:ListMetrics throttle");
    let blind = fresh("blind");
    assert_eq!((&blind["judged"], &codes(&blind)), (&json!(0), &vec!["SG-LAM-013".to_owned()]), "{blind}");
    assert!(account.heard().is_empty(), "nothing was over, nothing was told twice");
}
