//! Two AWS implementations by other hands, as real processes: ministack for nearly everything, moto where it is stricter.
//!
//! Each test that starts one owns it: no state is shared, and `Drop` ends it with all its children.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use crate::Process;
use crate::python::{isolate, venv};

/// ministack: CloudWatch in CBOR, Logs, SNS, `DynamoDB`, SSM, Lambda with schedules, `IMDSv2`.
///
/// Its traps (docs/testing.md has them all): without `cbor2` it answers 200 to CloudWatch and drops the data; it takes
/// unsorted log batches and NaN; it knows no metric math, SEARCH or Lightsail.
#[derive(Debug)]
pub struct Ministack {
    process: Process,
    port: u16,
    folder: tempfile::TempDir,
}

impl Ministack {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With more of its settings, as environment variables.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let mut command = Command::new(venv().join("bin/ministack"));
        isolate(&mut command, folder.path());
        command
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("TMPDIR", folder.path())
            // Ports of their own on every interface, for services that nobody here asks for.
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .envs(settings.iter().copied());
        let mut process = Process::start("ministack", command, &folder.path().join("ministack.log"));
        process.wait_ready(|output| output.contains("Running on http://127.0.0.1") && answers(port));
        Self { process, port, folder }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it wrote so far.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Its temporary folder.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// moto: Logs, `DynamoDB`, SSM, held to the rules more strictly. It speaks no CBOR, so it is blind to the SDK's
/// CloudWatch, and it confirms no SNS subscription.
#[derive(Debug)]
pub struct Moto {
    process: Process,
    port: u16,
    folder: tempfile::TempDir,
}

impl Moto {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With more of its settings, as environment variables.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let mut command = Command::new(venv().join("bin/moto_server"));
        isolate(&mut command, folder.path());
        command.envs(settings.iter().copied());
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let mut process = Process::start("moto", command, &folder.path().join("moto.log"));
        process.wait_ready(|output| output.contains("Running on") && answers(port));
        Self { process, port, folder }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Its temporary folder.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// A port that was free a moment ago. Somebody may take it in between; then the start fails loudly.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free loopback port");
    listener.local_addr().expect("it is bound").port()
}
