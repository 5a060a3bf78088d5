//! Credentials, Region, clock and rights, by one real call that cannot change anything.
//!
//! The call is a PutMetricData of a point that is 15 days old: AWS first looks whether the caller may, and then refuses
//! the point for its age (facts/cloudwatch.md: two weeks back). So "refused as invalid" is the good answer. Logs are tried
//! likewise: an event of that age is rejected inside a 200, and a group that is not there is named as missing only to
//! those who may write into it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use alarm::series::{Series, Unit};

use super::finding::{Finding, State};
use crate::aws::{Access, Link, Logs, Metrics, link};
use crate::batch::{Datum, Request};
use crate::identity::LIGHTSAIL_ROLE;
use crate::logs::batch::Batch;
use crate::logs::run::Outlet as _;
use crate::publish::{Kind, Outlet as _, Refusal};
use crate::tls::{NoAuthority, authorities};

/// Older than CloudWatch takes.
const TOO_OLD: Duration = Duration::from_hours(15 * 24);
/// Beyond this AWS refuses every signature (facts/hosts.md).
const CLOCK_BAD_MS: i64 = 5 * 60_000;
/// Points land in the wrong minute.
const CLOCK_WARN_MS: i64 = 30_000;
/// The agent gives up an attempt after 20 s; what takes so long now will not get faster under load.
const SLOW: Duration = Duration::from_secs(5);

const PUT_METRICS: &str = "cloudwatch:PutMetricData";
const PUT_LOGS: &str = "logs:PutLogEvents";
/// What the service answers to those who may write into a group that is not there.
const MISSING: &str = "ResourceNotFoundException";
/// The stream of the call that changes nothing.
const STREAM: &str = "stormglass-doctor";

/// What is asked.
#[derive(Clone, Debug)]
pub struct Account<'a> {
    pub access: Access,
    pub namespaces: &'a [String],
    pub log_groups: &'a [String],
}

/// What one call answered.
#[derive(Debug)]
struct Answer<'a> {
    action: &'static str,
    /// A namespace or a log group.
    into: &'a str,
    said: Result<(), Refusal>,
    offset_ms: Option<i64>,
    took: Duration,
}

impl Answer<'_> {
    fn is_untrusted(&self) -> bool {
        self.said.as_ref().is_err_and(|refusal| refusal.code == NoAuthority::CODE)
    }

    fn is_unreached(&self) -> bool {
        self.said.as_ref().is_err_and(|refusal| refusal.kind == Kind::Unreachable)
    }
}

pub(super) async fn examine(account: Account<'_>) -> Vec<Finding> {
    let trusted = authorities();
    let keys = link(&account.access).await;
    let mut findings = vec![trust(&trusted), credentials(&keys, SystemTime::now())];
    let Ok(keys) = keys else { return findings };
    findings.push(region(&keys));
    if keys.region.is_none() {
        return findings;
    }
    // Each waits for its own time-out, so both at once.
    let (mut answers, of_logs) = tokio::join!(Box::pin(ask_metrics(&account)), Box::pin(ask_logs(&account)));
    if trusted.is_err() && !answers.iter().any(Answer::is_untrusted) {
        // Whoever was asked speaks no TLS.
        findings[0].state = State::Warning;
    }
    let offset_ms = answers.iter().rev().find_map(|answer| answer.offset_ms);
    answers.extend(of_logs.into_iter().map(|answer| Answer { offset_ms, ..answer }));
    findings.extend(offset_ms.map(clock));
    findings.extend(answers.iter().map(|answer| right(answer, &keys)));
    findings.extend(answers.iter().find_map(slow));
    findings
}

async fn ask_metrics<'a>(account: &Account<'a>) -> Vec<Answer<'a>> {
    let outlet = Metrics::new(account.access.clone());
    let mut answers = Vec::new();
    for into in account.namespaces {
        let begun = Instant::now();
        let said = outlet.put(old_point(into)).await;
        let (offset_ms, took) = (outlet.clock_offset_ms(), begun.elapsed());
        answers.push(Answer { action: PUT_METRICS, into, said, offset_ms, took });
        // One time-out tells as much as three.
        if answers.last().is_some_and(Answer::is_unreached) {
            break;
        }
    }
    answers
}

async fn ask_logs<'a>(account: &Account<'a>) -> Vec<Answer<'a>> {
    let outlet = Logs::new(account.access.clone());
    let mut answers = Vec::new();
    for into in account.log_groups {
        let begun = Instant::now();
        let mut batch = Batch::new(into, STREAM);
        let written = batch.add(then().as_millis() as i64, |body| {
            body.extend_from_slice(b"doctor");
            b"doctor".len()
        });
        debug_assert!(written.is_ok(), "one word fits into an empty batch");
        let sealed = batch.seal();
        let said = match outlet.put(into, STREAM, sealed.body.clone(), sealed.events()).await {
            Ok(rejected) if rejected.total() == 0 => Ok(()),
            // It was looked at, and refused for its age.
            Ok(_) => Err(Refusal { kind: Kind::Invalid, code: String::new(), says: String::new() }),
            Err(refusal) => Err(refusal),
        };
        answers.push(Answer { action: PUT_LOGS, into, said, offset_ms: None, took: begun.elapsed() });
        if answers.last().is_some_and(Answer::is_unreached) {
            break;
        }
    }
    answers
}

fn trust(trusted: &Result<usize, NoAuthority>) -> Finding {
    let about = "authorities";
    match trusted {
        Ok(count) => Finding::good(about, format!("{count} certificate authorities are trusted")),
        Err(missing) => Finding::bad(about, "SG-DOC-053", "no certificate authority: nobody can be spoken to by TLS")
            .proof(&missing.why)
            .remedy(NoAuthority::REMEDY),
    }
}

fn then() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(TOO_OLD)
}

fn old_point(namespace: &str) -> Request {
    let series = Series {
        namespace: namespace.to_owned(),
        name: "doctor".to_owned(),
        dimensions: alarm::series::Dimensions::default(),
    };
    let datum = Datum {
        series: Arc::new(series),
        at: then().as_secs() as i64,
        unit: Unit::None,
        fine: false,
        values: vec![(0.0, 1.0)],
    };
    Request { namespace: namespace.to_owned(), datums: vec![datum] }
}

fn credentials(keys: &Result<Link, String>, now: SystemTime) -> Finding {
    let about = "keys";
    match keys {
        Err(says) if says.contains(LIGHTSAIL_ROLE) => {
            Finding::bad(about, "SG-DOC-040", "no link of the credential chain gives a key that is yours")
                .proof(format!("the instance gives the role {LIGHTSAIL_ROLE}, which is refused; no other link answers"))
                .remedy(
                    "put the key of an IAM user of yours into /etc/credstore/stormglass.aws, and restart the service",
                )
        }
        Err(says) => {
            Finding::bad(about, "SG-DOC-040", "no link of the credential chain gives a key").proof(says).remedy(
                "give the instance a role with the policy that `stormglass iam-policy` prints, or put a key into \
                 /etc/credstore/stormglass.aws and restart the service",
            )
        }
        Ok(link) if link.expires.is_some_and(|expires| expires <= now) => {
            Finding::bad(about, "SG-DOC-041", format!("the key from {} has expired", link.from))
                .proof(format!("{}, expired", masked(&link.key_id)))
                .remedy("renew it where it comes from; a role's key is renewed by itself while the metadata answers")
        }
        Ok(link) => Finding::good(about, format!("{} from {}", masked(&link.key_id), link.from)),
    }
}

/// `ASIA...WXYZ`: enough to find it in the console, too little for a log to be a leak.
fn masked(key_id: &str) -> String {
    match (key_id.get(..4), key_id.get(key_id.len().saturating_sub(4)..)) {
        (Some(begin), Some(end)) if key_id.len() >= 12 => format!("{begin}...{end}"),
        _ => "a key".to_owned(),
    }
}

fn region(keys: &Link) -> Finding {
    match &keys.region {
        Some(region) => Finding::good("region", region.as_str()),
        None => Finding::bad("region", "SG-DOC-042", "nobody says which Region")
            .proof("neither the configuration, AWS_REGION, the profile nor the metadata names one")
            .remedy("region = \"...\" under [cloudwatch]"),
    }
}

fn clock(offset_ms: i64) -> Finding {
    let says = format!("{:.1} s from the service's", offset_ms as f64 / 1_000.0);
    let proof = "the Date of its answer, which is exact to the second";
    let remedy = "start a time service: systemctl enable --now chrony (AWS offers 169.254.169.123)";
    match offset_ms.abs() {
        CLOCK_BAD_MS.. => {
            Finding::bad("clock", "SG-DOC-043", format!("{says}; beyond 5 minutes AWS refuses every signature"))
                .proof(proof)
                .remedy(remedy)
        }
        CLOCK_WARN_MS.. => Finding::warning("clock", "SG-DOC-043", format!("{says}; points land in the wrong minute"))
            .proof(proof)
            .remedy(remedy),
        _ => Finding::good("clock", says),
    }
}

fn right(answer: &Answer<'_>, keys: &Link) -> Finding {
    let Answer { action, into, said, offset_ms, took } = answer;
    let about = if *action == PUT_LOGS { "logs" } else { "publish" };
    let may = || Finding::good(about, format!("{action} may write into {into}"));
    let refusal = match said {
        Ok(()) => {
            return Finding::warning(about, "SG-DOC-051", format!("{into} took what is too old for it"))
                .proof(format!("{action}: no refusal of what is 15 days old"))
                .remedy("the real service refuses it: look whether a stand-in or a proxy answers at the endpoint");
        }
        Err(refusal) => refusal,
    };
    let proof = format!("{refusal} (after {:.1} s)", took.as_secs_f64());
    let clock_is_off = offset_ms.is_some_and(|offset| offset.abs() >= CLOCK_BAD_MS);
    match (refusal.kind, refusal.code.as_str()) {
        (Kind::Invalid, _) => may(),
        (_, MISSING) => {
            Finding::good(about, format!("{action} may write into {into}, which is made when it is needed"))
        }
        (_, NoAuthority::CODE) => Finding::skipped(about, "nobody is trusted; see above"),
        (Kind::Throttled, _) => Finding::warning(about, "SG-DOC-048", "the account is at its limit of requests")
            .proof(proof)
            .remedy(format!("the agent waits and tries again; ask for a higher quota of {action} if this goes on")),
        (Kind::Unreachable, "") => unreachable(about, proof),
        // It has a name for its trouble: it was reached, and it is the service.
        (Kind::Unreachable, _) => Finding::bad(about, "SG-DOC-052", "the service was reached, and says that it is ill")
            .proof(proof)
            .remedy("nothing here: what waits is sent again; look at https://health.aws.amazon.com for the Region"),
        _ if clock_is_off => Finding::bad(about, "SG-DOC-043", "the signature is refused for the clock")
            .proof(proof)
            .remedy("set the clock; see above"),
        (_, code) => denied(code, answer, keys).proof(proof),
    }
}

/// A refusal that a person must mend, by its name.
fn denied(code: &str, answer: &Answer<'_>, keys: &Link) -> Finding {
    let Answer { action, into, .. } = answer;
    let about = if *action == PUT_LOGS { "logs" } else { "publish" };
    let from = keys.from;
    match code {
        _ if code.contains("Expired") => {
            Finding::bad(about, "SG-DOC-041", format!("the key from {from} has expired")).remedy("renew it where it comes from")
        }
        _ if code.starts_with("AccessDenied") || code == "UnauthorizedOperation" => {
            Finding::bad(about, "SG-DOC-045", format!("{action} may not write into {into}"))
                .remedy("put the policy that `stormglass iam-policy` prints on that principal; if it has it, look for a permissions boundary or an SCP")
        }
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature" => {
            Finding::bad(about, "SG-DOC-046", format!("the secret of the key from {from} is wrong, or the endpoint is of another Region"))
                .remedy("copy the secret again (a line break or a space at its end is enough to spoil it); compare the Region above with the endpoint's")
        }
        "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => {
            Finding::bad(about, "SG-DOC-044", format!("AWS does not know the key from {from}"))
                .remedy("it was deleted or switched off, or belongs to another partition than this Region (China, GovCloud)")
        }
        _ => Finding::bad(about, "SG-DOC-049", "the service refuses, for a reason that is not known here")
            .remedy("what AWS says stands above; with it the support can help"),
    }
}

fn unreachable(about: &'static str, proof: String) -> Finding {
    Finding::bad(about, "SG-DOC-047", "the service cannot be reached, or what answers is not the service")
        .proof(proof)
        .remedy("look at the route to the endpoint: DNS, a security group's outbound rule for 443, a proxy, a VPC endpoint's policy; the points wait meanwhile")
}

fn slow(answer: &Answer<'_>) -> Option<Finding> {
    (answer.took > SLOW).then(|| {
        Finding::warning(
            "time-outs",
            "SG-DOC-050",
            format!("one call took {:.1} s; after 20 s an attempt is given up", answer.took.as_secs_f64()),
        )
        .proof(format!("{} into {}", answer.action, answer.into))
        .remedy("look at the route to the endpoint; a VPC endpoint makes it short")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Link {
        Link {
            from: "a profile",
            key_id: "AKIA0000000000001234".into(),
            expires: None,
            region: Some("us-east-1".into()),
        }
    }

    fn code_of(kind: Kind, code: &str, offset_ms: Option<i64>) -> Option<&'static str> {
        let said = Err(Refusal { kind, code: code.to_owned(), says: "said".to_owned() });
        right(&Answer { action: PUT_METRICS, into: "CWAgent", said, offset_ms, took: Duration::ZERO }, &keys()).code
    }

    #[test]
    fn each_refusal_has_its_name() {
        assert_eq!(code_of(Kind::Invalid, "InvalidParameterValue", None), None);
        assert_eq!(code_of(Kind::Denied, "AccessDenied", None), Some("SG-DOC-045"));
        assert_eq!(code_of(Kind::Denied, "AccessDeniedException", None), Some("SG-DOC-045"));
        assert_eq!(code_of(Kind::Denied, "ExpiredToken", None), Some("SG-DOC-041"));
        assert_eq!(code_of(Kind::Denied, "SignatureDoesNotMatch", None), Some("SG-DOC-046"));
        assert_eq!(code_of(Kind::Denied, "SignatureDoesNotMatch", Some(-400_000)), Some("SG-DOC-043"));
        assert_eq!(code_of(Kind::Denied, "InvalidClientTokenId", None), Some("SG-DOC-044"));
        assert_eq!(code_of(Kind::Denied, "OptInRequired", None), Some("SG-DOC-049"));
        assert_eq!(code_of(Kind::Unreachable, "", None), Some("SG-DOC-047"));
        assert_eq!(code_of(Kind::Unreachable, "InternalFailure", None), Some("SG-DOC-052"));
        assert_eq!(code_of(Kind::Throttled, "Throttling", None), Some("SG-DOC-048"));
        assert_eq!(code_of(Kind::Denied, MISSING, None), None, "whoever is told so may write");
    }

    #[test]
    fn the_clock_is_bad_beyond_five_minutes() {
        assert_eq!(clock(-900).state, State::Good);
        assert_eq!(clock(31_000).state, State::Warning);
        assert_eq!(clock(-300_000).state, State::Bad);
    }

    #[test]
    fn no_secret_and_no_whole_key_is_said() {
        let said = credentials(&Ok(keys()), UNIX_EPOCH).says;
        assert_eq!(said, "AKIA...1234 from a profile");
        assert_eq!(masked("short"), "a key");
        let expired = Link { expires: Some(UNIX_EPOCH), ..keys() };
        assert_eq!(credentials(&Ok(expired), SystemTime::now()).code, Some("SG-DOC-041"));
    }
}
