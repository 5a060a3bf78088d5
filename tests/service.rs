//! The systemd unit: its exposure is low, and systemd understands every line of it.

use std::path::Path;
use std::process::{Command, Output};

/// The highest exposure allowed, in tenths as `--threshold=` wants it: 2.0 of 10.
const EXPOSURE_MAX: &str = "20";

fn unit() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the house").join("infra/systemd")
}

/// `None`, named as skipped, where there is no systemd.
fn systemd_analyze(args: &[&str]) -> Option<Output> {
    match Command::new("systemd-analyze").args(args).output() {
        Ok(output) => Some(output),
        Err(error) => {
            tests::skip("systemd-analyze", &format!("systemd-analyze does not run here: {error}"));
            None
        }
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The exposure of a unit, and whether it is within the threshold.
fn security(file: &Path) -> Option<Output> {
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    let file = file.display().to_string();
    systemd_analyze(&["security", "--no-pager", "--offline=true", &threshold, &file])
}

#[test]
fn the_exposure_is_2_0_or_better() {
    let Some(output) = security(&unit().join("stormglass.service")) else { return };
    assert!(output.status.success(), "{}", said(&output));
    println!("{}", said(&output).lines().last().unwrap_or_default());
}

/// The gate above would also pass if systemd read nothing: here it must refuse.
#[test]
fn a_laxer_unit_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = std::fs::read_to_string(unit().join("stormglass.service")).expect("the unit is there");
    let lax = text.replace("DynamicUser=yes", "User=root").replace("CapabilityBoundingSet=\n", "");
    assert_ne!(lax, text, "the unit no longer says what this test takes away");
    let file = folder.path().join("stormglass.service");
    std::fs::write(&file, lax).expect("is written");
    let Some(output) = security(&file) else { return };
    assert!(!output.status.success(), "{}", said(&output));
}

/// systemd warns of a key that it does not know and goes on, so a slip of the finger loosens a unit in silence.
#[test]
fn systemd_knows_every_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = tests::binary("stormglass").display().to_string();
    let text = std::fs::read_to_string(unit().join("stormglass.service")).expect("the unit is there");
    let drop_in = std::fs::read_to_string(unit().join("drop-ins/process-details.conf")).expect("is there");
    // What stands elsewhere on this machine than on a host, and the manual that is not installed here.
    let text = text.replace("/usr/bin/stormglass", &program).replace("Documentation=man:stormglass(1)\n", "");
    let file = folder.path().join("stormglass.service");
    std::fs::write(&file, text + &drop_in).expect("is written");
    let Some(output) = systemd_analyze(&["verify", "--man=no", &file.display().to_string()]) else { return };
    let ours: Vec<_> = said(&output).lines().filter(|line| line.contains("stormglass")).map(str::to_owned).collect();
    assert!(ours.is_empty() && output.status.success(), "{ours:#?}");
}
