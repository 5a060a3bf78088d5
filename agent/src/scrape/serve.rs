//! Asks each target at its pace, and tells what it says; or that it says nothing.

use std::time::Duration;

use hyper::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{SOURCE, Settings, Target};
use crate::http::{Ask, ask};
use crate::inlet::Inlet;
use crate::knobs::secret;
use crate::metrics::app as m;
use crate::reading::{Reading, Readings};
use crate::stop::Stop;
use crate::ticks::until_before_next;
use crate::vitals::Vitals;

const FORMATS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.9,*/*;q=0.1");

/// Runs until stopped.
pub async fn run(all: Vec<Settings>, inlet: Inlet, clock: fn() -> Duration, mut stop: Stop) {
    let mut tasks = JoinSet::new();
    for settings in all {
        let inlet = inlet.clone();
        tasks.spawn(async move {
            let mut target = Target::new(&settings);
            let mut said = String::new();
            loop {
                sleep(until_before_next(settings.interval_s, clock())).await;
                let (readings, says) = look(&settings, &mut target, inlet.vitals()).await;
                inlet.give(SOURCE, readings);
                if says != said {
                    match says.as_str() {
                        "" => tracing::info!(target = settings.name, "answers again"),
                        says => tracing::warn!(target = settings.name, "cannot be scraped: {says}"),
                    }
                    said = says;
                }
            }
        });
    }
    stop.asked().await;
}

/// One look: what is told, and what went wrong.
async fn look(settings: &Settings, target: &mut Target, vitals: &Vitals) -> (Readings, String) {
    let page = fetch(settings).await;
    let (mut readings, says) = match &page {
        Ok(page) => (target.read(page), String::new()),
        Err(says) => (Readings::default(), says.clone()),
    };
    target.tell(vitals);
    let up = if page.is_ok() { 1.0 } else { 0.0 };
    let up = Reading::new(settings.space.clone(), m::UP.name, m::UP.unit, up);
    readings.push(up.with("source", SOURCE).with("name", settings.name.as_str()));
    (readings, says)
}

async fn fetch(settings: &Settings) -> Result<Vec<u8>, String> {
    let Settings { url, timeout, bytes_max, .. } = settings;
    let mut headers = vec![(ACCEPT, FORMATS)];
    headers.extend(authorization(settings)?);
    let question = Ask { url: url.clone(), headers, limit: *timeout, bytes_max: *bytes_max, redirects_max: 0 };
    match ask(&question).await {
        Ok(answer) if answer.status == 200 => Ok(answer.body),
        Ok(answer) => Err(format!("status {}", answer.status)),
        Err(trouble) => Err(trouble.to_string()),
    }
}

/// Read anew each time: a secret may change, and is not kept in memory.
fn authorization(settings: &Settings) -> Result<Option<(HeaderName, HeaderValue)>, String> {
    let words = match (&settings.token_file, &settings.login) {
        (Some(file), _) => format!("Bearer {}", secret(file)?),
        (None, Some((user, file))) => {
            format!("Basic {}", crate::http::base64(format!("{user}:{}", secret(file)?).as_bytes()))
        }
        (None, None) => return Ok(None),
    };
    let mut value =
        HeaderValue::from_str(&words).map_err(|_| "the secret's file holds more than one line".to_owned())?;
    value.set_sensitive(true);
    Ok(Some((AUTHORIZATION, value)))
}

/// What a target shows now, all that it ever counted included, for `stormglass cost`: which series there will be.
pub async fn look_once(settings: &Settings, vitals: &Vitals) -> (Readings, String) {
    look(settings, &mut Target::after_nothing(settings), vitals).await
}
