//! Each fault does what its name says, to a client by other hands, and the ledger tells which side of the line it fell.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::endpoint::identity::Role;
use tests::{Endpoint, boto3};

use super::wire::{call, datum, put_datums, raw};

/// Two puts under a fault that plays once: the first one's answer, and how many datums stand after it and after both.
fn under(fault: &str) -> (Value, usize, usize) {
    let aws = Endpoint::plain();
    aws.fault(fault);
    let first = put_datums(&aws.url(), &[datum("x")]);
    let after_first = aws.ledger(|ledger| ledger.datums.len());
    put_datums(&aws.url(), &[datum("x")]);
    (first["error"].clone(), after_first, aws.ledger(|ledger| ledger.datums.len()))
}

#[test]
fn what_never_reached_the_service_is_not_in_the_ledger() {
    let cases = [
        ("PutMetricData throttle times=1", "Throttling", 400),
        ("cloudwatch:* error status=503 times=1", "ServiceUnavailable", 503),
        ("* expired times=1", "ExpiredToken", 400),
        ("* skew by=-10m times=1", "InvalidSignature", 400),
        ("* skew by=10m times=1", "InvalidSignature", 400),
    ];
    for (fault, code, status) in cases {
        let (error, first, both) = under(fault);
        assert_eq!((error["code"].as_str(), error["status"].as_u64()), (Some(code), Some(status)), "{fault}: {error}");
        assert_eq!((first, both), (0, 1), "{fault}");
    }
    let (error, first, both) = under("* drop-before times=1");
    assert_eq!((error["code"].as_str(), first, both), (Some("ConnectionClosedError"), 0, 1));
    // boto3 believes any 200 to a call that has nothing to answer: the fault is looked at by hand.
    let (_, first, both) = under("* nonsense times=1");
    assert_eq!((first, both), (0, 1));
    let aws = Endpoint::plain();
    aws.fault("* nonsense");
    let answer = raw(&aws.url(), "POST / HTTP/1.1\r\n\r\n", Duration::from_millis(100));
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("text/html"), "{answer}");
}

/// The ambiguous cases: the service has it, the client cannot know.
#[test]
fn what_was_accepted_without_an_answer_is_in_the_ledger() {
    let (error, first, both) = under("* drop-after times=1");
    assert_eq!((error["code"].as_str(), first, both), (Some("ConnectionClosedError"), 1, 2));
    let (error, first, both) = under("* cut times=1");
    assert!(error["code"].is_string(), "half an answer is none");
    assert_eq!((first, both), (1, 2));
    let aws = Endpoint::plain();
    aws.fault("* drop-after times=1");
    put_datums(&aws.url(), &[datum("x")]);
    aws.ledger(|ledger| {
        let call = &ledger.calls[0];
        assert!(call.accepted && !call.answered, "{call:?}");
        assert_eq!(ledger.totals.troubles["drop-after"], 1);
    });
}

#[test]
fn a_refusal_names_who_asked_and_what_for() {
    let aws = Endpoint::plain();
    aws.fault("PutMetricData denied");
    let error = &put_datums(&aws.url(), &[datum("x")])["error"];
    assert_eq!(error["code"], "AccessDenied");
    let says = error["message"].as_str().unwrap_or_default();
    assert!(
        says.contains(
            "arn:aws:iam::123456789012:user/stormglass is not authorized to perform: cloudwatch:PutMetricData"
        ),
        "{says}"
    );
    let who = call(&aws.url(), "sts", "get_caller_identity", &json!({}));
    assert_eq!(who["Arn"], "arn:aws:iam::123456789012:user/stormglass");
}

#[test]
fn a_poison_datum_is_refused_wherever_it_stands_and_only_it() {
    let aws = Endpoint::plain();
    aws.fault("PutMetricData poison name=bad_*");
    let put = |names: &[&str]| {
        let data: Vec<_> = names.iter().map(|name| datum(name)).collect();
        let arguments = json!({ "Namespace": "CWAgent", "MetricData": data });
        json!({ "service": "cloudwatch", "operation": "put_metric_data", "arguments": arguments })
    };
    let calls = json!([put(&["bad_x", "a"]), put(&["a", "bad_x", "b"]), put(&["a", "bad_x"]), put(&["a", "b"])]);
    let answers = boto3("call", &aws.url(), &calls);
    for n in 0..3 {
        assert_eq!(answers[n]["error"]["code"], "InvalidParameterValue", "{answers}");
    }
    assert_eq!(aws.ledger(|ledger| ledger.datums.len()), 2);
}

#[test]
fn hanging_and_slow_answers_take_their_time_and_stopping_does_not() {
    let aws = Endpoint::plain();
    let request = "PUT /latest/api/token HTTP/1.1\r\nx-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n";
    aws.fault("imds:PutToken slow by=300ms times=1");
    let start = Instant::now();
    assert!(raw(&aws.url(), request, Duration::from_secs(1)).contains("200 OK"));
    assert!(start.elapsed() >= Duration::from_millis(300));
    aws.fault("imds:PutToken hang-before for=200ms times=1");
    assert_eq!(raw(&aws.url(), request, Duration::from_secs(5)), "", "closed without a word after its time");
    aws.fault("imds:PutToken hang-before");
    let patient = {
        let url = aws.url();
        std::thread::spawn(move || raw(&url, request, Duration::from_secs(30)))
    };
    aws.wait("the hanging call", Duration::from_secs(5), |ledger| {
        ledger.totals.troubles.get("hang-before") == Some(&2)
    });
    let start = Instant::now();
    drop(aws);
    assert!(start.elapsed() < Duration::from_secs(2), "an endpoint with a hanging call stops at once");
    assert_eq!(patient.join().unwrap(), "");
}

#[test]
fn a_window_of_time_opens_and_closes() {
    let aws = Endpoint::plain();
    aws.fault("imds:* error status=500 from=200ms to=500ms");
    let ask = || raw(&aws.url(), "GET /latest/meta-data/ HTTP/1.1\r\n\r\n", Duration::from_millis(50));
    let start = Instant::now();
    let mut seen = Vec::new();
    while start.elapsed() < Duration::from_millis(800) {
        let failed = ask().contains(" 500 ");
        if seen.last() != Some(&failed) {
            seen.push(failed);
        }
    }
    assert_eq!(seen, [false, true, false]);
}

#[test]
fn the_metadata_wants_a_token_and_sets_the_lightsail_trap() {
    let aws = Endpoint::plain();
    let get = |path: &str, token: &str| {
        let request = format!("GET /latest/{path} HTTP/1.1\r\n{token}\r\n");
        raw(&aws.url(), &request, Duration::from_millis(100))
    };
    assert!(get("meta-data/instance-id", "").starts_with("HTTP/1.1 401"));
    let ask = "PUT /latest/api/token HTTP/1.1\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n";
    let answer = raw(&aws.url(), ask, Duration::from_millis(100));
    let token = format!("x-aws-ec2-metadata-token: {}\r\n", answer.lines().last().unwrap());
    assert!(get("meta-data/instance-id", &token).ends_with("i-0123456789abcdef0"));
    assert!(get("meta-data/tags/instance", &token).starts_with("HTTP/1.1 404"), "off by default, as EC2 has it");
    aws.change_imds(|imds| imds.tags = Some([("Name".to_owned(), "web".to_owned())].into()));
    assert!(get("meta-data/tags/instance/Name", &token).ends_with("web"));
    aws.change_imds(|imds| imds.role = Role::Lightsail);
    assert!(get("meta-data/iam/security-credentials/", &token).ends_with("AmazonLightsailInstanceRole"));
    let credentials = get("meta-data/iam/security-credentials/AmazonLightsailInstanceRole", &token);
    let body: Value = serde_json::from_str(credentials.lines().last().unwrap()).unwrap();
    assert_eq!(body["AccessKeyId"], Role::Lightsail.key());
}

#[test]
fn the_door_for_scripts_shows_the_ledger_and_takes_faults() {
    let aws = Endpoint::plain();
    let ask = |method: &str, path: &str, body: &str| {
        let head = format!("{method} /_stand/{path} HTTP/1.1\r\ncontent-length: {}\r\n\r\n", body.len());
        let answer = raw(&aws.url(), &(head + body), Duration::from_millis(100));
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        (head.contains("200 OK"), body.to_owned())
    };
    assert_eq!(ask("POST", "faults", "PutMetricData throttle times=1"), (true, "done\n".into()));
    assert!(!ask("POST", "faults", "PutMetricData explode").0);
    assert!(put_datums(&aws.url(), &[datum("x")]).get("error").is_some());
    put_datums(&aws.url(), &[datum("x")]);
    let ledger: Value = serde_json::from_str(&ask("GET", "ledger", "").1).unwrap();
    assert_eq!(
        (ledger["datums"][0]["name"].as_str(), ledger["totals"]["troubles"]["ThrottlingException"].as_u64()),
        (Some("x"), Some(1))
    );
    ask("POST", "clear", "");
    assert_eq!(serde_json::from_str::<Value>(&ask("GET", "totals", "").1).unwrap()["datums"], 0);
}
