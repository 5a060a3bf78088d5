//! `stormglass doctor` on each fault that the endpoint can play: it names it, with the proof and the way out.

use serde_json::Value;
use tests::endpoint::identity::Role;
use tests::endpoint::{Imds, Settings};
use tests::{Agent, Endpoint};

const CONFIG: &str = "
[agent]
state_dir = '{folder}/state'
";

/// A fault, what the doctor says it is about, in which state and by which code, and what its proof must hold.
struct Case {
    fault: &'static str,
    about: &'static str,
    state: &'static str,
    code: &'static str,
    proof: &'static str,
}

const fn case(
    fault: &'static str,
    about: &'static str,
    state: &'static str,
    code: &'static str,
    proof: &'static str,
) -> Case {
    Case { fault, about, state, code, proof }
}

/// Every kind of fault there is (docs/testing.md lists them).
const ON_THE_WAY: &[Case] = &[
    case("PutMetricData throttle", "publish", "warning", "SG-DOC-048", "Throttling"),
    case("PutMetricData error status=500", "publish", "bad", "SG-DOC-052", "InternalFailure"),
    case("PutMetricData error status=503", "publish", "bad", "SG-DOC-052", "ServiceUnavailable"),
    case("PutMetricData drop-before", "publish", "bad", "SG-DOC-047", ""),
    case("PutMetricData drop-after", "publish", "bad", "SG-DOC-047", ""),
    case("PutMetricData hang-before for=2s", "publish", "bad", "SG-DOC-047", ""),
    case("PutMetricData hang-after for=2s", "publish", "bad", "SG-DOC-047", ""),
    case("PutMetricData nonsense", "publish", "bad", "SG-DOC-047", "not CloudWatch"),
    case("PutMetricData cut", "publish", "bad", "SG-DOC-047", ""),
    case("PutMetricData slow by=6s", "time-outs", "warning", "SG-DOC-050", "PutMetricData"),
    case(
        "PutMetricData denied",
        "publish",
        "bad",
        "SG-DOC-045",
        "arn:aws:iam::123456789012:user/stormglass is not authorized to perform: cloudwatch:PutMetricData",
    ),
    case("* expired", "publish", "bad", "SG-DOC-041", "ExpiredToken"),
    case("* skew by=10m", "clock", "bad", "SG-DOC-043", "Date"),
    case("* skew by=-10m", "clock", "bad", "SG-DOC-043", "Date"),
    case("* skew by=10m", "publish", "bad", "SG-DOC-043", "InvalidSignature"),
    case("* skew by=1m", "clock", "warning", "SG-DOC-043", "Date"),
];

/// On an instance, where the keys come from the metadata.
const OF_THE_METADATA: &[Case] = &[
    case("imds:PutToken hang-before", "metadata", "bad", "SG-DOC-010", "while GET /latest/meta-data/ is answered"),
    case("imds:* hang-before", "metadata", "warning", "SG-DOC-012", ""),
    case("imds:* nonsense", "keys", "bad", "SG-DOC-040", ""),
];

fn examine(agent: &Agent) -> (Vec<Value>, Option<i32>) {
    let said = agent.run(&["doctor", "--json"]);
    let findings = serde_json::from_slice(&said.stdout);
    let findings = findings.unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&said.stderr)));
    (findings, said.status.code())
}

/// The finding that a case asks for: its state, its code, its proof, a way out, and an explanation of the code.
fn assert_named(agent: &Agent, wanted: &Case) {
    let (findings, exit) = examine(agent);
    let is_it = |finding: &&Value| finding["about"] == wanted.about && finding["code"] == wanted.code;
    let Some(found) = findings.iter().find(is_it) else { panic!("{}: {findings:#?}", wanted.fault) };
    assert_eq!(found["state"], wanted.state, "{}: {found}", wanted.fault);
    assert!(found["proof"].as_str().is_some_and(|proof| proof.contains(wanted.proof)), "{}: {found}", wanted.fault);
    assert!(found["do"].as_str().is_some_and(|remedy| remedy.len() > 20), "{}: {found}", wanted.fault);
    let any_bad = findings.iter().any(|finding| finding["state"] == "bad");
    assert_eq!(exit, Some(i32::from(any_bad)), "{}: {findings:#?}", wanted.fault);
    assert!(agent.run(&["explain", wanted.code]).status.success(), "{} is not explained", wanted.code);
}

#[test]
fn a_well_agent_has_nothing_bad_and_nothing_is_published() {
    let aws = Endpoint::tls();
    let agent = Agent::new(CONFIG).against(&aws);
    let (findings, exit) = examine(&agent);
    let of_account = |about: &str| findings.iter().filter(|it| it["about"] == about).all(|it| it["state"] == "good");
    assert!(["keys", "region", "clock", "publish"].into_iter().all(of_account), "{findings:#?}");
    assert!(findings.iter().filter(|it| it["about"] == "publish").count() >= 2, "each namespace: {findings:#?}");
    assert_eq!(exit, Some(0), "{findings:#?}");
    assert!(aws.ledger(|ledger| ledger.totals.calls >= 2 && ledger.totals.datums == 0));
}

#[test]
fn each_fault_on_the_way_is_named() {
    for wanted in ON_THE_WAY {
        let aws = Endpoint::tls();
        aws.fault(wanted.fault);
        assert_named(&Agent::new(CONFIG).against(&aws), wanted);
    }
}

/// What is wrong with one datum is not wrong with the account: a point that is refused is what the doctor hopes for.
#[test]
fn a_poison_is_no_fault_of_the_account() {
    let aws = Endpoint::tls();
    aws.fault("PutMetricData poison name=*");
    let (findings, exit) = examine(&Agent::new(CONFIG).against(&aws));
    assert!(findings.iter().filter(|it| it["about"] == "publish").all(|it| it["state"] == "good"), "{findings:#?}");
    assert_eq!(exit, Some(0));
}

#[test]
fn each_fault_of_the_metadata_is_named() {
    for wanted in OF_THE_METADATA {
        let aws = Endpoint::plain();
        aws.fault(wanted.fault);
        assert_named(&Agent::new(CONFIG).against(&aws).on_instance(&aws), wanted);
    }
}

#[test]
fn an_instance_of_lightsail_or_without_a_role_is_named() {
    for (role, wanted) in [
        (Role::Lightsail, case("Lightsail's own role", "role", "bad", "SG-DOC-013", "999999999999")),
        (Role::None, case("no role", "keys", "bad", "SG-DOC-040", "")),
    ] {
        let aws = Endpoint::start(Settings { imds: Imds { role, ..Imds::default() }, ..Settings::default() });
        assert_named(&Agent::new(CONFIG).against(&aws).on_instance(&aws), &wanted);
    }
}

#[test]
fn nobody_at_the_endpoint_and_an_untrusted_one_are_named() {
    let wanted = case("nobody listens", "publish", "bad", "SG-DOC-047", "");
    assert_named(&Agent::new(CONFIG).at("http://127.0.0.1:1"), &wanted);
    let aws = Endpoint::tls();
    let wanted = case("an authority that is not trusted", "publish", "bad", "SG-DOC-047", "");
    assert_named(&Agent::new(CONFIG).at(&aws.url()), &wanted);
}
