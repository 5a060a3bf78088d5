//! The instance metadata (IMDSv2): is it there, does its answer arrive, and whose role does it hand out.
//!
//! Asked by hand and not through the SDK, which reports every one of these troubles as "no credentials".

use std::time::Duration;

use super::finding::Finding;
use super::http::{Answer, Trouble, ask};

const ABOUT: &str = "metadata";
/// The service answers within milliseconds; more than this is an answer that does not come.
const LIMIT: Duration = Duration::from_secs(1);
/// The role that every Lightsail instance has, in an account of AWS's own.
const LIGHTSAIL_ROLE: &str = "AmazonLightsailInstanceRole";

/// `endpoint` like `http://169.254.169.254`.
pub(super) fn examine(endpoint: &str) -> Vec<Finding> {
    let host = endpoint.trim_start_matches("http://").trim_end_matches('/');
    let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let answer = ask(&host, "PUT", "/latest/api/token", &[("X-aws-ec2-metadata-token-ttl-seconds", "60")], LIMIT);
    match answer {
        Ok(Answer { status: 200, body }) => with_token(&host, body.trim()),
        Ok(Answer { status: 403, .. }) => vec![
            Finding::bad(ABOUT, "SG-DOC-011", "the metadata service is switched off for this instance")
                .proof(format!("PUT {host}/latest/api/token: 403"))
                .remedy("aws ec2 modify-instance-metadata-options --instance-id ID --http-endpoint enabled"),
        ],
        Ok(Answer { status, .. }) => vec![
            Finding::warning(ABOUT, "SG-DOC-012", "what answers at the metadata address is no metadata service")
                .proof(format!("PUT {host}/latest/api/token: {status}"))
                .remedy("outside AWS set AWS_EC2_METADATA_DISABLED=true, so that nobody waits for it"),
        ],
        Err(Trouble::NoConnection(..)) => {
            vec![Finding::good(ABOUT, "there is none here: this is neither EC2 nor Lightsail, or it is shut off")]
        }
        Err(trouble) => vec![hop_limit(&host, &trouble)],
    }
}

/// Of all the answers only that to the PUT carries the hop limit: a GET that is answered proves it.
fn hop_limit(host: &str, trouble: &Trouble) -> Finding {
    match ask(host, "GET", "/latest/meta-data/", &[], LIMIT) {
        Ok(Answer { status, .. }) => Finding::bad(
            ABOUT,
            "SG-DOC-010",
            "the token's answer does not arrive: a hop limit of 1, seen from inside a container",
        )
        .proof(format!("{trouble}, while GET /latest/meta-data/ is answered ({status})"))
        .remedy("aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2"),
        Err(_) => Finding::warning(ABOUT, "SG-DOC-012", "the metadata service takes connections and answers nothing")
            .proof(trouble.to_string())
            .remedy("look for a firewall rule or a proxy on 169.254.169.254; outside AWS set AWS_EC2_METADATA_DISABLED=true"),
    }
}

fn with_token(host: &str, token: &str) -> Vec<Finding> {
    let get = |path: &str| {
        let answer =
            ask(host, "GET", &format!("/latest/meta-data/{path}"), &[("X-aws-ec2-metadata-token", token)], LIMIT);
        answer.ok().filter(|answer| answer.status == 200).map(|answer| answer.body.trim().to_owned())
    };
    let region = get("placement/region");
    let role = get("iam/security-credentials/");
    let instance = get("instance-id").unwrap_or_else(|| "an instance without an id".to_owned());
    let says = format!("IMDSv2 answers: {instance} in {}", region.as_deref().unwrap_or("no Region"));
    let mut findings = vec![Finding::good(ABOUT, says)];
    findings.extend(match &role {
        Some(role) if role == LIGHTSAIL_ROLE => Some(lightsail_trap(get("iam/info"))),
        Some(role) => Some(Finding::good("role", format!("the instance has the role {role}"))),
        None => None,
    });
    findings
}

fn lightsail_trap(info: Option<String>) -> Finding {
    Finding::bad("role", "SG-DOC-013", "this is Lightsail: its role belongs to an account of AWS's own, not to yours")
        .proof(info.unwrap_or_else(|| format!("the metadata names the role {LIGHTSAIL_ROLE}")))
        .remedy(
            "make an IAM user with the policy that `stormglass iam-policy` prints, and put its key into \
             /etc/credstore/stormglass.aws; a key of the chain comes before the metadata",
        )
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::super::finding::State;
    use super::*;

    /// Answers each request by its method and path; with `None` it keeps the connection and says nothing.
    fn server(answer: fn(&str) -> Option<(u16, &'static str)>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let mut piece = [0; 1024];
                let read = stream.read(&mut piece).unwrap_or(0);
                let request = String::from_utf8_lossy(&piece[..read]).into_owned();
                let line = request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
                match answer(line) {
                    Some((status, body)) => drop(write!(stream, "HTTP/1.1 {status} X\r\n\r\n{body}")),
                    None => kept.push(stream),
                }
            }
        });
        format!("http://{address}")
    }

    #[expect(clippy::unnecessary_wraps, reason = "the server takes no answer for a connection that is dropped")]
    fn instance(line: &str, role: &'static str) -> Option<(u16, &'static str)> {
        Some(match line {
            "PUT /latest/api/token" => (200, "TOKEN"),
            "GET /latest/meta-data/placement/region" => (200, "eu-west-1"),
            "GET /latest/meta-data/instance-id" => (200, "i-0123"),
            "GET /latest/meta-data/iam/security-credentials/" if !role.is_empty() => (200, role),
            _ => (404, ""),
        })
    }

    fn codes(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().filter_map(|finding| finding.code).collect()
    }

    #[test]
    fn an_instance_with_a_role() {
        let found = examine(&server(|line| instance(line, "web")));
        assert_eq!(found[0].says, "IMDSv2 answers: i-0123 in eu-west-1");
        assert!(codes(&found).is_empty());
        assert_eq!(found.last().map(|it| it.says.as_str()), Some("the instance has the role web"));
    }

    #[test]
    fn lightsail_is_recognised_by_its_role() {
        let found = examine(&server(|line| instance(line, LIGHTSAIL_ROLE)));
        assert_eq!(codes(&found), ["SG-DOC-013"]);
    }

    #[test]
    fn a_hop_limit_of_one_is_told_from_silence() {
        let limit = examine(&server(|line| if line.starts_with("PUT") { None } else { Some((401, "")) }));
        assert_eq!(codes(&limit), ["SG-DOC-010"]);
        let silence = examine(&server(|_| None));
        assert_eq!(codes(&silence), ["SG-DOC-012"]);
    }

    #[test]
    fn switched_off_or_not_there() {
        assert_eq!(codes(&examine(&server(|_| Some((403, ""))))), ["SG-DOC-011"]);
        assert_eq!(codes(&examine(&server(|_| Some((404, ""))))), ["SG-DOC-012"]);
        let nowhere = examine("http://127.0.0.1:1");
        assert_eq!(nowhere[0].state, State::Good);
    }
}
