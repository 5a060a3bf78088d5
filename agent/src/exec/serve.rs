//! Starts each command at its pace, and reads what it prints.

use std::process::Stdio;
use std::time::Duration;

use alarm::points::Time;
use alarm::series::{Dimensions, Unit};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::config::Format;
use super::{SOURCE, Settings};
use crate::bounded::Bounded;
use crate::distribution::{Distribution, VALUE_MAX};
use crate::formats::number::number;
use crate::formats::statsd::{self, Kind};
use crate::formats::{exposition, json};
use crate::inlet::Inlet;
use crate::metrics::app as m;
use crate::reading::{Reading, Readings, Space};
use crate::refusals::Refusals;
use crate::stop::Stop;
use crate::ticks::until_before_next;
use crate::vitals::{Lost, Vitals};

/// What a command may print, and how much of its complaint is told.
const OUTPUT_MAX: usize = 1 << 20;
const COMPLAINT_MAX: usize = 400;

/// Runs until stopped; a command that runs then is killed.
pub async fn run(all: Vec<Settings>, inlet: Inlet, clock: fn() -> Duration, mut stop: Stop) {
    let mut tasks = JoinSet::new();
    for settings in all {
        let inlet = inlet.clone();
        tasks.spawn(async move {
            let (mut bounded, mut said) = (Bounded::new(settings.max_series), String::new());
            loop {
                sleep(until_before_next(settings.interval_s, clock())).await;
                let now = clock().as_secs() as Time;
                let (readings, says) = look(&settings, &mut bounded, now, inlet.vitals()).await;
                inlet.give(SOURCE, readings);
                if says != said {
                    match says.as_str() {
                        "" => tracing::info!(command = settings.name, "works again"),
                        says => tracing::warn!(command = settings.name, "{says}"),
                    }
                    said = says;
                }
            }
        });
    }
    stop.asked().await;
}

async fn look(settings: &Settings, bounded: &mut Bounded, now: Time, vitals: &Vitals) -> (Readings, String) {
    let mut refusals = Refusals::default();
    let printed = output(settings).await.and_then(|text| read(settings.format, &text, &settings.space, &mut refusals));
    let (mut readings, says) = match printed {
        Ok(readings) => (readings, String::new()),
        Err(says) => (Readings::default(), says),
    };
    bounded.admit(&mut readings, now, &mut refusals);
    refusals.tell(SOURCE, vitals);
    let up = Reading::new(settings.space.clone(), m::UP.name, m::UP.unit, f64::from(u8::from(says.is_empty())));
    readings.push(up.with("source", SOURCE).with("name", settings.name.as_str()));
    (readings, says)
}

/// One look, for `stormglass cost`.
pub async fn look_once(settings: &Settings, vitals: &Vitals) -> (Readings, String) {
    look(settings, &mut Bounded::new(settings.max_series), 0, vitals).await
}

/// What the command prints, when it ends well and in time.
async fn output(settings: &Settings) -> Result<Vec<u8>, String> {
    let (program, arguments) = settings.command.split_first().ok_or("there is no command")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, to be ended whole.
    command.process_group(0).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("{program} cannot be started: {error}"))?;
    let group = Group(child.id());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let whole = async {
        let (printed, complaint) = tokio::join!(bounded_read(stdout, OUTPUT_MAX), bounded_read(stderr, OUTPUT_MAX));
        let status = child.wait().await.map_err(|error| error.to_string())?;
        Ok::<_, String>((status, printed?, complaint.unwrap_or_default()))
    };
    let ended = timeout(settings.timeout, whole).await;
    drop(group);
    let (status, printed, complaint) =
        ended.map_err(|_| format!("did not end within {} s and was killed", settings.timeout.as_secs()))??;
    if !status.success() {
        let complaint = String::from_utf8_lossy(&complaint[..complaint.len().min(COMPLAINT_MAX)]);
        return Err(format!("{status}: {}", complaint.trim()));
    }
    Ok(printed)
}

/// What the command started beside itself does not outlive it.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let Some(pid) = self.0.and_then(|pid| libc::pid_t::try_from(pid).ok()).filter(|pid| *pid > 1) else { return };
        // SAFETY: takes two numbers. The group is that of our child, whose number is not given again while it has members;
        // one that is empty already is what we want.
        unsafe { libc::killpg(pid, libc::SIGKILL) };
    }
}

async fn bounded_read(from: Option<impl AsyncRead + Unpin>, max: usize) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    if let Some(from) = from {
        from.take(max as u64 + 1).read_to_end(&mut text).await.map_err(|error| error.to_string())?;
    }
    if text.len() > max {
        return Err(format!("printed more than {max} bytes"));
    }
    Ok(text)
}

/// The readings of what was printed.
fn read(format: Format, text: &[u8], space: &Space, refusals: &mut Refusals) -> Result<Readings, String> {
    match format {
        Format::Json => {
            json::readings(text, space).map_err(|says| format!("what it prints is not the JSON of readings: {says}"))
        }
        Format::Statsd => Ok(statsd_lines(text, space, refusals)),
        Format::Exposition => Ok(samples(text, space, refusals)),
    }
}

fn statsd_lines(text: &[u8], space: &Space, refusals: &mut Refusals) -> Readings {
    let mut readings = Readings::default();
    for bytes in statsd::lines(text) {
        let line = match statsd::line(bytes) {
            // Members of a set are counted over time, which a command has not.
            Ok(line) if line.kind != Kind::Set => line,
            _ => {
                refusals.add(Lost::Unreadable, || String::from_utf8_lossy(bytes).into_owned());
                continue;
            }
        };
        let mut values = Distribution::default();
        for text in statsd::values(line.values) {
            match number(text).filter(|value| value.abs() <= VALUE_MAX) {
                Some(value) if line.kind == Kind::Counter => values.add(value * line.weight, 1.0),
                Some(value) => values.add(value, line.weight),
                None => refusals.add(Lost::NotANumber, || line.name.to_owned()),
            }
        }
        let unit = match line.kind {
            Kind::Counter => Unit::Count,
            Kind::Timer => Unit::Milliseconds,
            _ => Unit::of_metric(line.name),
        };
        if !values.is_empty() {
            let reading = Reading::folded(space.clone(), line.name.to_owned(), unit, values);
            readings.push(reading.of(statsd::tags(&line).collect()));
        }
    }
    readings
}

/// A command begins anew each time: its counters have no growth, and are told as they stand.
fn samples(text: &[u8], space: &Space, refusals: &mut Refusals) -> Readings {
    let mut readings = Readings::default();
    for line in exposition::lines(text) {
        match line {
            exposition::Line::Sample(sample) if sample.value.is_finite() && sample.value.abs() <= VALUE_MAX => {
                let dimensions: Dimensions = exposition::labels(sample.labels).collect();
                let unit = Unit::of_metric(sample.name);
                readings.push(Reading::new(space.clone(), sample.name.to_owned(), unit, sample.value).of(dimensions));
            }
            exposition::Line::Sample(sample) => refusals.add(Lost::NotANumber, || sample.name.to_owned()),
            exposition::Line::Unreadable => refusals.add(Lost::Unreadable, || "a line that is no sample".to_owned()),
            _ => {}
        }
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(format: Format, script: &str) -> (Vec<String>, String) {
        let command = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
        let (timeout, space) = (Duration::from_secs(2), Space::Own);
        let settings = Settings { name: "x".into(), command, format, interval_s: 60, timeout, space, max_series: 3 };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (readings, says) = runtime.block_on(look_once(&settings, &Vitals::default()));
        let shown = |reading: &Reading| {
            format!(
                "{}{{{}}} {}",
                reading.name,
                reading.dimensions,
                reading.value + reading.more.shown().iter().map(|(value, count)| value * count).sum::<f64>()
            )
        };
        (readings.0.iter().map(shown).collect(), says)
    }

    #[test]
    fn each_format() {
        let (said, says) = ran(Format::Json, "echo '[{\"name\":\"a\",\"value\":3,\"dimensions\":{\"q\":\"x\"}}]'");
        assert_eq!((said, says.as_str()), (vec!["a{q=x} 3".to_owned(), "up{name=x,source=exec} 1".into()], ""));
        let (said, _) = ran(Format::Statsd, "echo 'a:3|c|@0.5|#q:x'; echo 'b:4|g'; echo nonsense");
        assert_eq!(said, ["a{q=x} 6", "b{} 4", "up{name=x,source=exec} 1"]);
        let (said, _) = ran(Format::Exposition, "echo '# TYPE a gauge'; echo 'a{q=\"x\"} 3'; echo 'b NaN'");
        assert_eq!(said, ["a{q=x} 3", "up{name=x,source=exec} 1"]);
    }

    #[test]
    fn what_fails_is_down_and_says_why() {
        for (script, says) in [
            ("echo no >&2; exit 3", "exit status: 3: no"),
            ("sleep 60", "did not end within 2 s"),
            ("yes", "printed more than"),
            ("echo nonsense", "not the JSON"),
        ] {
            let (said, found) = ran(Format::Json, script);
            assert_eq!(said, ["up{name=x,source=exec} 0"], "{script}");
            assert!(found.contains(says), "{script}: {found}");
        }
    }

    #[test]
    fn series_are_bounded_and_children_do_not_outlive_it() {
        let (said, _) = ran(Format::Statsd, "for n in 1 2 3 4 5 6; do echo \"a$n:1|c\"; done");
        assert_eq!(said.len(), 4);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("late").display().to_string();
        ran(Format::Statsd, &format!("(sleep 3; touch {file}) & sleep 60"));
        std::thread::sleep(Duration::from_secs(2));
        assert!(!std::path::Path::new(&file).exists());
    }
}
