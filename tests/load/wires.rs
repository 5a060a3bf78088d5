//! TLS and HTTP/2 against a real server: nginx with a certificate of an authority of our own.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use tests::Process;

use super::presses::one;

/// A server that answers `ok` from a file of its own, by TLS and in the clear, in both versions of HTTP.
struct Server {
    tls: u16,
    clear: u16,
    folder: tempfile::TempDir,
    _process: Process,
}

/// Nginx 1.22 speaks one version on a port in the clear, and by ALPN any over TLS.
const CONFIG: &str = "daemon off;
master_process off;
pid AT/nginx.pid;
error_log AT/nginx.error.log;
events { worker_connections 512; }
http {
    access_log AT/access.log combined;
    log_format version '$server_protocol';
    access_log AT/version.log version;
    client_body_temp_path AT/body; proxy_temp_path AT/proxy; fastcgi_temp_path AT/fastcgi;
    uwsgi_temp_path AT/uwsgi; scgi_temp_path AT/scgi;
    keepalive_requests 50;
    ssl_certificate AT/cert.pem;
    ssl_certificate_key AT/key.pem;
    server { listen 127.0.0.1:TLS ssl ALPN; location / { add_header x-id 7f; return 200 'ok, welcome'; } }
    server { listen 127.0.0.1:CLEAR CLEARTEXT; location / { return 200 'ok, welcome'; } }
}
";

impl Server {
    /// `None` where there is no nginx. The certificate is of `name`.
    fn start(name: &str, alpn: &str, cleartext: &str) -> Option<Self> {
        if !Command::new("nginx").arg("-v").output().is_ok_and(|output| output.status.success()) {
            tests::skip("nginx", "there is no nginx here");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        certify(name, folder.path());
        let (tls, clear) = (free_port(), free_port());
        let config = CONFIG.replace("CLEARTEXT", cleartext).replace("ALPN", alpn);
        let config = config.replace("AT", &folder.path().display().to_string());
        let config = config.replace("TLS", &tls.to_string()).replace("CLEAR", &clear.to_string());
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config).expect("it is written");
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&file).arg("-p").arg(folder.path()).arg("-e").arg(folder.path().join("nginx.error.log"));
        let process = Process::start("nginx", command, &folder.path().join("nginx.out"));
        let from = Instant::now();
        while TcpStream::connect(("127.0.0.1", tls)).is_err() {
            assert!(from.elapsed() < Duration::from_secs(20), "nginx does not listen: {}", process.output());
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { tls, clear, folder, _process: process })
    }

    fn versions(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("version.log")).unwrap_or_default()
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

/// An authority, and by it a certificate of `name`.
fn certify(name: &str, into: &Path) {
    let ca_key = KeyPair::generate().expect("a key");
    let mut ca = CertificateParams::new(Vec::new()).expect("no names");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_cert = ca.self_signed(&ca_key).expect("it is signed");
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    let leaf = leaf.signed_by(&key, &Issuer::new(ca, ca_key)).expect("it is signed");
    let write = |file: &str, text: String| std::fs::write(into.join(file), text).expect("it is written");
    write("ca.pem", ca_cert.pem());
    write("cert.pem", leaf.pem());
    write("key.pem", key.serialize_pem());
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("loopback").port()
}

fn press(target: &str, more: &str, steps: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.scenario.toml");
    std::fs::write(&file, format!("target = '{target}'\n{more}\n{steps}")).expect("it is written");
    let mut command = tests::stormglass();
    let output = command.args(["load", "run", "--json", "--workers", "1"]).arg(&file).output().expect("it runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn check_ok(report: &Value, requests: u64) {
    assert_eq!(report["total"]["failures"], serde_json::json!([]), "{report:#}");
    assert_eq!(report["total"]["requests"], requests, "{report:#}");
}

fn phase(report: &Value, name: &str) -> u64 {
    let phases = report["total"]["phases"].as_array().expect("phases");
    phases.iter().find(|phase| phase["name"] == name).map_or(0, |phase| phase["count"].as_u64().expect("a count"))
}

/// A body, a value taken from a header, and one that needs it.
const STEPS: &str = "[[profile]]\nkind = 'constant'\nrate = 100\nfor = '2s'\n[[journey]]\nname = 'one'\n\
    [[journey.step]]\nrequest = 'POST /a'\nbody = 'some text'\nexpect = { contains = 'welcome' }\ntake.id = { header = 'X-Id' }\n\
    [[journey.step]]\nrequest = 'GET /b/{{id}}'\n";

/// What is asked for is spoken, and each connection is opened once, until nginx has answered fifty over it.
#[test]
fn both_versions_are_spoken_over_tls() {
    let Some(server) = Server::start("localhost", "http2", "") else { return };
    let target = format!("https://localhost:{}", server.tls);
    let trust = format!("authorities = '{}'\n", server.authority().display());
    for (http, version) in [(1, "HTTP/1.1"), (2, "HTTP/2.0")] {
        let report = press(&target, &format!("{trust}http = {http}"), STEPS);
        check_ok(&report, 400);
        let tls = phase(&report, "tls");
        assert!((8..=60).contains(&tls) && tls == phase(&report, "connect"), "{tls} handshakes: {report:#}");
        let versions = server.versions();
        assert_eq!(versions.lines().filter(|line| *line == version).count(), 400, "{version}");
        let fresh = press(&target, &format!("{trust}http = {http}\nconnections = 'fresh'"), STEPS);
        check_ok(&fresh, 400);
        assert_eq!(phase(&fresh, "tls"), 200, "a handshake a journey: {fresh:#}");
    }
}

#[test]
fn http_2_is_spoken_in_the_clear_by_prior_knowledge() {
    let Some(server) = Server::start("localhost", "", "http2") else { return };
    let report = press(&format!("http://127.0.0.1:{}", server.clear), "http = 2", &one("/", 200, 2));
    check_ok(&report, 400);
    assert!(server.versions().lines().all(|line| line == "HTTP/2.0"));
}

#[test]
fn a_version_that_is_not_spoken_there_is_told_so() {
    let Some(server) = Server::start("localhost", "", "") else { return };
    let trust = format!("authorities = '{}'\n", server.authority().display());
    let tls = press(&format!("https://localhost:{}", server.tls), &format!("{trust}http = 2"), &one("/", 60, 2));
    let clear = press(&format!("http://127.0.0.1:{}", server.clear), "http = 2", &one("/", 60, 2));
    for report in [tls, clear] {
        let failures = &report["total"]["failures"];
        assert_eq!(failures[0]["why"], "the version of HTTP that was asked for is not spoken there", "{failures}");
        assert_eq!(failures[0]["count"], 120, "{failures}");
    }
}

/// Not trusted, of another name, and not TLS at all: three people who mend three things.
#[test]
fn a_wrong_certificate_is_told_from_a_wrong_port() {
    let Some(server) = Server::start("shop.example", "", "") else { return };
    let trust = format!("authorities = '{}'\n", server.authority().display());
    let check = |port: u16, more: &str, says: &str| {
        let report = press(&format!("https://localhost:{port}"), more, &one("/", 60, 2));
        let failures = &report["total"]["failures"];
        assert_eq!((&failures[0]["why"], &failures[0]["count"]), (&says.into(), &120.into()), "{failures}");
    };
    check(server.tls, "", "the certificate was not trusted");
    check(server.tls, &trust, "the certificate was not trusted");
    check(server.clear, &trust, "TLS could not be agreed on");
}
