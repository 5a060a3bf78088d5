//! Python programs from the tests' own virtual environment: the stand-ins, and boto3 as a second, independent client.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::root;

/// `$STORMGLASS_VENV`, else `.venv` in the root of the tree.
///
/// # Panics
/// When it is not there: `scripts/test` makes it from tests/requirements.txt.
pub fn venv() -> PathBuf {
    let folder = std::env::var_os("STORMGLASS_VENV").map_or_else(|| root().join(".venv"), PathBuf::from);
    assert!(
        folder.join("bin/python").exists(),
        "there is no virtual environment in {}: scripts/test makes it, or by hand: python3 -m venv .venv && \
         .venv/bin/pip install -r tests/requirements.txt",
        folder.display()
    );
    folder
}

/// Takes the account, the keys, the proxies and the home of whoever runs the tests away from a command.
pub(crate) fn isolate(command: &mut Command, home: &Path) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let ours = ["AWS_", "STORMGLASS_", "MINISTACK_", "LOCALSTACK_", "MOTO_", "PYTHON"];
        if ours.iter().any(|start| name.starts_with(start)) || name.to_ascii_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    let files = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
    command
        .env("HOME", home)
        .envs(files.map(|name| (name, "/dev/null")))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "AKIASTORMGLASSTEST00")
        .env("AWS_SECRET_ACCESS_KEY", "secret-of-the-tests")
        .env("PYTHONDONTWRITEBYTECODE", "1");
}

/// Runs `tests/support/boto/SCRIPT.py URL` with `input` as JSON on its standard input, and reads the JSON that it prints.
pub fn boto3(script: &str, url: &str, input: &serde_json::Value) -> serde_json::Value {
    boto3_try(script, url, input).unwrap_or_else(|says| panic!("{script}.py failed: {says}"))
}

/// The same; what boto3 complained of when it failed.
pub fn boto3_try(script: &str, url: &str, input: &serde_json::Value) -> Result<serde_json::Value, String> {
    boto3_trusting(None, script, url, input)
}

/// The same, trusting the authority of a TLS endpoint.
pub fn boto3_trusting(
    ca: Option<&Path>,
    script: &str,
    url: &str,
    input: &serde_json::Value,
) -> Result<serde_json::Value, String> {
    python(ca, &format!("boto/{script}"), url, input)
}

/// A service that an OpenTelemetry SDK counts for and exports to this URL; what it counted.
pub fn opentelemetry(url: &str, input: &serde_json::Value) -> serde_json::Value {
    python(None, "otel/export", url, input).unwrap_or_else(|says| panic!("the SDK failed: {says}"))
}

fn python(ca: Option<&Path>, script: &str, url: &str, input: &serde_json::Value) -> Result<serde_json::Value, String> {
    let home = tempfile::tempdir().expect("a temporary folder");
    let file = root().join(format!("tests/support/{script}.py"));
    let mut command = Command::new(venv().join("bin/python"));
    isolate(&mut command, home.path());
    if let Some(ca) = ca {
        command.env("AWS_CA_BUNDLE", ca);
    }
    command.arg(&file).arg(url).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap_or_else(|e| panic!("cannot run {}: {e}", file.display()));
    // Every script reads its whole input before it prints, so no pipe can be full on both sides.
    child
        .stdin
        .as_ref()
        .expect("it is piped")
        .write_all(input.to_string().as_bytes())
        .expect("the script reads its input");
    let output = child.wait_with_output().expect("a child of ours can be waited for");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|e| format!("it printed no JSON ({e}): {}", String::from_utf8_lossy(&output.stdout)))
}
