//! Local mode from outside: the real program, asked as a browser and as others ask it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::Process;

/// The program with its page, on a port of its own.
pub(crate) struct Up {
    pub(crate) process: Process,
    pub(crate) place: String,
    pub(crate) folder: tempfile::TempDir,
}

/// A rule that fires at once, whose text is markup.
pub(crate) const RULES: &str = "[[alarm]]\nname = '<img src=x onerror=alert(1)>'\nmetric = 'mem_used_percent'\nperiod = '10s'\n\
                     each = []\nabove = 0\nlate = '0s'\nimpact = 'outage'\nsummary = '<script>alert(1)</script>'\n";

impl Up {
    pub(crate) fn start(more: &[&str]) -> Self {
        Self::with("", more)
    }

    /// With more of a configuration.
    pub(crate) fn with(config: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("alarms.toml"), RULES).expect("is written");
        let head = format!("[local]\nrules = '{}'\n", folder.path().join("alarms.toml").display());
        std::fs::write(folder.path().join("config.toml"), head + config).expect("is written");
        Self::in_folder(folder, more)
    }

    pub(crate) fn in_folder(folder: tempfile::TempDir, more: &[&str]) -> Self {
        let out = folder.path().join(format!("out-{}", fastrand::u32(..)));
        let mut process = Process::start("stormglass up", command(folder.path(), more), &out);
        process.wait_ready(|said| said.contains("the page: "));
        let said = process.output();
        let place = said.split("the page: http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        Self { place: place.to_owned(), process, folder }
    }

    /// Killed as by the kernel, and started again over the same files.
    pub(crate) fn killed_and_begun_again(self) -> Self {
        let Self { process, folder, .. } = self;
        // Its drop is a SIGKILL.
        drop(process);
        Self::in_folder(folder, &[])
    }

    fn ask(&self, request: &str) -> String {
        ask(&self.place, request)
    }

    pub(crate) fn get(&self, path: &str, more: &str) -> String {
        get(&self.place, path, more)
    }

    pub(crate) fn post(&self, path: &str, form: &str, more: &str) -> String {
        let (place, length) = (&self.place, form.len());
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n{form}"
        ))
    }

    /// Asks until the answer has what is looked for.
    pub(crate) fn until(&self, path: &str, wanted: &str) -> String {
        let begun = Instant::now();
        loop {
            let answer = self.get(path, "");
            if answer.contains(wanted) {
                return answer;
            }
            assert!(begun.elapsed() < Duration::from_secs(40), "{path} never said {wanted}: {answer}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

fn ask(place: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(place).expect("the page listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("can be set");
    stream.write_all(request.as_bytes()).expect("is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answers");
    answer
}

fn get(place: &str, path: &str, more: &str) -> String {
    ask(place, &format!("GET {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n{more}\r\n"))
}

fn command(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(tests::binary("stormglass"));
    command.args(["up", "--config"]).arg(folder.join("config.toml")).arg("--store").arg(folder.join("local.redb"));
    if !more.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.args(more).env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

#[test]
fn a_page_with_live_data_comes_within_seconds_and_every_page_in_both_languages() {
    let begun = Instant::now();
    let up = Up::start(&[]);
    let host = up.until("/host", "data-lines");
    println!("live data after {:?}", begun.elapsed());
    assert!(host.contains("content-security-policy: default-src 'none'"), "{host}");
    for path in ["/", "/host?range=30d", "/api", "/errors", "/incidents", "/bill"] {
        for (language, word) in [("en", "lang=\"en\""), ("ko", "lang=\"ko\"")] {
            let answer = up.get(path, &format!("Accept-Language: {language}\r\n"));
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(word), "{path} in {language}: {answer}");
            assert!(!answer.contains("<script>alert") && !answer.contains("<img src=x"), "{path}: unescaped");
        }
    }
    assert!(up.get("/nowhere", "").starts_with("HTTP/1.1 404"));
    let metrics = up.get("/metrics", "");
    assert!(metrics.contains("# TYPE stormglass_mem_used_percent gauge"), "{metrics}");
    let snapshot = up.get("/snapshot", "");
    assert!(snapshot.contains("attachment") && !snapshot.contains("<script"), "a snapshot holds no script");
}

#[test]
fn markup_in_names_stays_text_and_acts_come_from_our_page_alone() {
    let up = Up::start(&[]);
    let now = up.until("/", "action=\"/acknowledge\"");
    assert!(now.contains("&lt;img src=x onerror=alert(1)&gt;") && now.contains("&lt;script&gt;"), "{now}");
    assert!(!now.contains("<img src=x") && !now.contains("<script>alert"), "{now}");
    let after = |mark: &str| now.split(mark).nth(1).and_then(|rest| rest.split('"').next()).expect(mark).to_owned();
    let (csrf, incident) = (after("name=\"csrf\" value=\""), after("name=\"incident\" value=\""));
    let form = format!("incident={incident}&by=kim&hours=1");
    assert!(up.post("/acknowledge", &form, "").starts_with("HTTP/1.1 403"), "without our token");
    let form = format!("{form}&csrf={csrf}");
    let foreign = up.post("/acknowledge", &form, "Origin: https://attacker.example\r\n");
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");
    assert!(up.get(&format!("/acknowledge?{form}"), "").starts_with("HTTP/1.1 404"), "no act by GET");
    let done = up.post("/acknowledge", &form, "");
    assert!(done.starts_with("HTTP/1.1 303"), "{done}");
    let story = up.get(&format!("/incidents/{incident}"), "");
    assert!(story.contains("acknowledged") && story.contains("kim"), "{story}");
    let silenced = up.post("/silence", &format!("csrf={csrf}&label=rule+%3D+disk-*&by=kim&hours=1&why=test"), "");
    assert!(silenced.starts_with("HTTP/1.1 303"), "{silenced}");
    assert!(up.get("/incidents", "").contains("rule = disk-*"));
    let other = up.ask("GET / HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n");
    assert!(other.starts_with("HTTP/1.1 421"), "a name that was made to point here: {other}");
}

#[test]
fn a_second_agent_is_refused_by_port_and_by_store_with_the_reason() {
    let up = Up::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.toml"), "").expect("is written");
    let run = |folder: &Path, more: &[&str]| {
        let output = command(folder, more).stdin(Stdio::null()).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(folder.path(), &["--listen", &up.place]);
    assert!(code == Some(1) && said.contains("SG-LOC-010"), "{said}");
    let (code, said) = run(up.folder.path(), &[]);
    assert!(code == Some(1) && said.contains("SG-LOC-002") && said.contains("another agent"), "{said}");
}

#[test]
fn elsewhere_than_on_loopback_a_token_is_asked_for() {
    let up = Up::start(&["--listen", "0.0.0.0:0"]);
    let said = up.process.output();
    let token = said.split("said once: ").nth(1).and_then(|rest| rest.lines().next()).expect("a token").to_owned();
    let port = up.place.rsplit(':').next().expect("a port").to_owned();
    let up = Up { place: format!("127.0.0.1:{port}"), ..up };
    for path in ["/", "/host", "/metrics", "/data?s=0.Average", "/live"] {
        assert!(up.get(path, "").starts_with("HTTP/1.1 401"), "{path}");
    }
    assert!(up.post("/login", "token=guess", "").starts_with("HTTP/1.1 403"));
    let answer = up.post("/login", &format!("token={token}"), "");
    assert!(answer.contains("HttpOnly; SameSite=Strict"), "{answer}");
    assert!(up.get("/", &format!("Cookie: stormglass={token}\r\n")).starts_with("HTTP/1.1 200"));
    assert!(up.get("/metrics", &format!("Authorization: Bearer {token}\r\n")).starts_with("HTTP/1.1 200"));
}

/// Rules, outlets and logs change, and what is wrong leaves everything as it was.
#[test]
fn a_reload_takes_other_rules_and_keeps_the_house() {
    let mut up = Up::start(&[]);
    up.until("/", "&lt;img src=x onerror=alert(1)&gt;");
    let rules = |text: &str| std::fs::write(up.folder.path().join("alarms.toml"), text).expect("is written");
    rules("[[alarm]]\nname = 'x'\nmetrc = 'y'\n");
    up.process.signal("HUP");
    let waits = Duration::from_secs(30);
    up.process.wait_until("to refuse", waits, |said| said.contains("the old configuration stays"));
    assert!(up.get("/", "").contains("&lt;img src=x"));
    let rules = |text: &str| std::fs::write(up.folder.path().join("alarms.toml"), text).expect("is written");
    rules(
        "[[alarm]]\nname = 'another-rule'\nmetric = 'mem_used_percent'\nperiod = '10s'\neach = []\nabove = 0\nlate = '0s'\n",
    );
    up.process.signal("HUP");
    up.process.wait_until("to reload", waits, |said| said.contains("was read anew"));
    let now = up.until("/", "another-rule");
    assert!(!now.contains("&lt;img src=x"), "{now}");
    // The page has stayed on its port, and the agent tells of itself.
    assert!(up.until("/metrics", "stormglass_heartbeat").contains("stormglass_agent_memory"));
}

/// Fired, escalated, acknowledged, recovered, reported. That it takes less than two minutes is for `scripts/bench page`.
#[test]
fn the_demo_plays_a_bad_day_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(tests::binary("stormglass"));
    command.args(["demo", "--listen", "127.0.0.1:0"]).env("TMPDIR", folder.path());
    let begun = Instant::now();
    let mut demo = Process::start("stormglass demo", command, &folder.path().join("out"));
    demo.wait_ready(|said| said.contains("the page: "));
    // An hour into it the ladder has been climbed to its end, and the page says so in both languages.
    demo.wait_until("to climb the ladder", Duration::from_mins(3), |said| said.contains("disk-full"));
    let place =
        demo.output().split("the page: http://").nth(1).and_then(|rest| rest.split('/').next()).map(str::to_owned);
    let place = place.expect("an address");
    for (path, language, words) in [
        ("/", "en", ["Demo.", "checkout-failing", "Customers cannot pay.", "Raise maximumPoolSize"]),
        ("/", "ko", ["데모입니다.", "결제 실패", "고객이 결제하지 못하고 있습니다.", "디스크 용량 부족"]),
        ("/api", "en", ["/checkout", "Demo.", "p99", "data-lines"]),
        ("/errors", "ko", ["SQLTransientConnectionException", "데모입니다.", "checkout", "누적"]),
    ] {
        let page = get(&place, path, &format!("Accept-Language: {language}\r\n"));
        for word in words {
            assert!(page.contains(word), "{path} in {language} does not say {word}: {page}");
        }
    }
    let status = demo.wait(Duration::from_mins(4));
    let said = demo.output();
    println!("the demo took {:?}", begun.elapsed());
    assert!(status.success(), "{said}");
    for word in ["checkout-failing", "disk-full", "burst-running-out", "error-kinds", "upper-department", "kim"] {
        assert!(said.contains(word), "nobody spoke of {word}: {said}");
    }
    let reports = said.matches("# Incident ").count();
    let over = said.matches("| All fine |").count();
    assert!(reports >= 4 && over == reports, "{over} of {reports} incidents are over at the end: {said}");
}
