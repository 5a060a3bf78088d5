//! Fills a store with a month of this host, for scripts/bench page: `month FILE [SERIES]`.
//!
//! Two hundred looks at this host, again and again every five minutes for thirty days until now, with as many made-up
//! series beside them as are asked for in all.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use agent::host::{Host, Settings};
use agent::local::store::{BYTES, Store};
use agent::reading::{Reading, Readings};
use agent::vitals::Vitals;
use agent::window::{Shape, Window};
use alarm::series::Unit;

const LOOKS: usize = 200;
const STEP_S: i64 = 300;
const MONTH_S: i64 = 30 * 86_400;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("month FILE [SERIES]")?;
    let wanted = std::env::args().nth(2).and_then(|series| series.parse().ok()).unwrap_or(200_usize);
    let mut host = Host::new(&Settings::default());
    let mut looks = Vec::new();
    for _ in 0..LOOKS {
        let mut readings = Readings::default();
        host.tick(&mut readings);
        looks.push(readings);
        std::thread::sleep(Duration::from_millis(20));
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs() as i64;
    let (mut store, _) = Store::open(Path::new(&file), BYTES, now - MONTH_S)?;
    let shape = Shape { host_namespace: "CWAgent".into(), own_namespace: "Stormglass".into(), ..Shape::default() };
    let (mut window, vitals) = (Window::new(10), Arc::new(Vitals::default()));
    let more = wanted.saturating_sub(looks[LOOKS - 1].0.len());
    for (step, at) in (now - MONTH_S..now).step_by(STEP_S as usize).enumerate() {
        let mut readings = looks[step % LOOKS].clone().0;
        let busy = |n: usize| 50.0 + 40.0 * ((step + n) as f64 / 40.0).sin();
        readings
            .extend((0..more).map(|n| Reading::own("shop_load", Unit::Percent, busy(n)).with("part", format!("{n}"))));
        window.turn(at);
        window.fold("host", readings, &shape, &vitals);
        store.append(&window.close());
    }
    store.sync()?;
    Ok(())
}
