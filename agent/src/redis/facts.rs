//! What the fields of `INFO` mean to whoever is on call.

use std::collections::BTreeMap;

use super::info::{Info, within};
use crate::metrics::{Metric, app as m};
use crate::reading::{Reading, Readings};

/// Fields that are told as they stand, each times a factor.
const GAUGES: &[(&str, &Metric, f64)] = &[
    ("used_memory", &m::REDIS_MEMORY_USED_BYTES, 1.0),
    ("used_memory_rss", &m::REDIS_MEMORY_RSS_BYTES, 1.0),
    ("mem_fragmentation_ratio", &m::REDIS_FRAGMENTATION, 1.0),
    ("instantaneous_ops_per_sec", &m::REDIS_OPERATIONS, 1.0),
    ("connected_clients", &m::REDIS_CLIENTS, 1.0),
    ("blocked_clients", &m::REDIS_CLIENTS_BLOCKED, 1.0),
    ("latest_fork_usec", &m::REDIS_FORK_TIME, 1e-3),
    ("connected_slaves", &m::REDIS_REPLICAS, 1.0),
];

/// Counters that are told as what they grew by.
const COUNTERS: &[(&str, &Metric)] = &[
    ("total_commands_processed", &m::REDIS_COMMANDS),
    ("expired_keys", &m::REDIS_EXPIRED),
    ("evicted_keys", &m::REDIS_EVICTED),
    ("rejected_connections", &m::REDIS_REJECTED),
];

/// Commands that look at every key or every member: while one runs, everybody waits.
const SLOW: &[&str] = &["keys", "hgetall", "smembers", "flushall", "flushdb", "sort", "sunion", "lrange"];

/// Counters as they were last read.
#[derive(Debug, Default)]
pub(super) struct Before {
    held: BTreeMap<String, f64>,
    /// A look was made: what is new since then began since then.
    has_looked: bool,
}

impl Before {
    /// What it grew by; a server that began anew counts from nothing. Of the first look nothing is known.
    fn grown(&mut self, field: &str, now: f64) -> Option<f64> {
        match self.held.insert(field.to_owned(), now) {
            Some(before) if now >= before => Some(now - before),
            Some(_) => Some(now),
            None => self.has_looked.then_some(now),
        }
    }
}

pub(super) fn readings(name: &str, info: &Info<'_>, before: &mut Before) -> Readings {
    let mut out = Out { name, readings: Readings::default() };
    for (field, metric, factor) in GAUGES {
        out.maybe(metric, info.number(field).map(|value| value * factor));
    }
    for (field, metric) in COUNTERS {
        out.maybe(metric, info.number(field).and_then(|now| before.grown(field, now)));
    }
    let of = |part: Option<f64>, whole: Option<f64>| Some(100.0 * part? / whole.filter(|whole| *whole > 0.0)?);
    out.maybe(&m::REDIS_MEMORY_USED_PERCENT, of(info.number("used_memory"), info.number("maxmemory")));
    out.maybe(&m::REDIS_CLIENTS_USED_PERCENT, of(info.number("connected_clients"), info.number("maxclients")));
    let mut grown = |field| info.number(field).and_then(|now| before.grown(field, now));
    if let (Some(hits), Some(misses)) = (grown("keyspace_hits"), grown("keyspace_misses"))
        && hits + misses > 0.0
    {
        let reading = out.one(&m::REDIS_HIT_PERCENT, 100.0 * hits / (hits + misses));
        // So many lookups stand behind it: the average of a minute is that of its lookups.
        out.readings.push(Reading { count: hits + misses, ..reading });
    }
    let is_ok = |field| info.text(field).map(|status| f64::from(u8::from(status == "ok")));
    out.maybe(&m::REDIS_SAVE_OK, is_ok("rdb_last_bgsave_status"));
    out.maybe(&m::REDIS_APPEND_OK, is_ok("aof_last_write_status"));
    replication(info, &mut out);
    for (command, stats) in info.begins("cmdstat_") {
        // Of `config|get` and its like the part before the bar is the command.
        if SLOW.contains(&command)
            && let Some(grown) = within(stats, "calls").and_then(|now| before.grown(command, now))
        {
            let reading = out.one(&m::REDIS_SLOW_COMMANDS, grown);
            out.readings.push(reading.with("command", command));
        }
    }
    before.has_looked = true;
    out.readings
}

fn replication(info: &Info<'_>, out: &mut Out<'_>) {
    let offset = info.number("master_repl_offset");
    if info.text("role") == Some("slave") {
        out.maybe(
            &m::REDIS_REPLICATION_UP,
            info.text("master_link_status").map(|link| f64::from(u8::from(link == "up"))),
        );
        let (read, applied) = (info.number("slave_read_repl_offset"), info.number("slave_repl_offset"));
        out.maybe(&m::REDIS_REPLICATION_LAG_BYTES, read.zip(applied).map(|(read, applied)| (read - applied).max(0.0)));
        return;
    }
    // The master knows what each replica confirmed: the worst counts.
    let replicas = info.begins("slave").filter(|(field, _)| field.bytes().all(|digit| digit.is_ascii_digit()));
    let lags = replicas.filter_map(|(_, list)| Some((offset? - within(list, "offset")?).max(0.0)));
    out.maybe(&m::REDIS_REPLICATION_LAG_BYTES, lags.reduce(f64::max));
}

struct Out<'a> {
    name: &'a str,
    readings: Readings,
}

impl Out<'_> {
    fn one(&self, metric: &Metric, value: f64) -> Reading {
        Reading::own(metric.name, metric.unit, value).with("redis", self.name)
    }

    fn maybe(&mut self, metric: &Metric, value: Option<f64>) {
        if let Some(value) = value {
            let reading = self.one(metric, value);
            self.readings.push(reading);
        }
    }
}

/// What is dangerous in how a server is set up, each in a sentence. `settings` are what `CONFIG GET` told, as far as it may
/// be asked.
pub(super) fn dangers(info: &Info<'_>, settings: &BTreeMap<String, String>, has_password: bool) -> Vec<&'static str> {
    let mut says = Vec::new();
    let setting = |name: &str| settings.get(name).map(String::as_str);
    let is_open = setting("bind").is_some_and(|bind| {
        let local = |address: &str| matches!(address.trim_start_matches('-'), "127.0.0.1" | "::1" | "localhost");
        bind.is_empty() || bind.split_whitespace().any(|address| !local(address))
    });
    if !has_password && is_open && setting("protected-mode") == Some("no") {
        says.push(
            "it is open to everybody who reaches it: no password, no protected mode, and it listens beyond loopback",
        );
    }
    if info.number("maxmemory") == Some(0.0) && info.text("role") != Some("slave") {
        says.push("maxmemory is not set: it grows until the kernel kills it; set maxmemory and maxmemory-policy");
    }
    if setting("save").is_some_and(|save| save == "3600 1 300 100 60 10000" || save == "900 1 300 10 60 10000") {
        says.push("it saves by the default schedule: each save forks and may double the memory; set `save` on purpose");
    }
    says
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "redis_version:7.0.15\r\nused_memory:500\r\nmaxmemory:1000\r\nmem_fragmentation_ratio:0.9\r\nrole:master\r\n\
        connected_clients:5\r\nmaxclients:100\r\nkeyspace_hits:10\r\nkeyspace_misses:10\r\nevicted_keys:3\r\nlatest_fork_usec:2500\r\n\
        rdb_last_bgsave_status:err\r\nmaster_repl_offset:1000\r\nslave0:ip=127.0.0.1,port=1,state=online,offset=900,lag=0\r\n\
        slave_read_only:1\r\ncmdstat_keys:calls=2,usec=5\r\ncmdstat_get:calls=9,usec=5\r\n";

    fn told(text: &str, before: &mut Before) -> Vec<String> {
        let readings = readings("main", &Info::read(text), before);
        readings.0.iter().map(|r| format!("{}{{{}}} {}", r.name, r.dimensions, r.value)).collect()
    }

    #[test]
    fn what_a_server_says() {
        let mut before = Before::default();
        let first = told(INFO, &mut before);
        for expect in [
            "redis_memory_used_percent{redis=main} 50",
            "redis_fragmentation{redis=main} 0.9",
            "redis_clients_used_percent{redis=main} 5",
            "redis_fork_time{redis=main} 2.5",
            "redis_save_ok{redis=main} 0",
            "redis_replication_lag_bytes{redis=main} 100",
        ] {
            assert!(first.contains(&expect.to_owned()), "{expect} is not among {first:?}");
        }
        assert!(
            !first.iter().any(|line| line.starts_with("redis_evicted") || line.starts_with("redis_hit")),
            "{first:?}"
        );
        let later = INFO
            .replace("hits:10", "hits:40")
            .replace("evicted_keys:3", "evicted_keys:4")
            .replace("keys:calls=2", "keys:calls=7");
        let second = told(&later, &mut before);
        for expect in [
            "redis_hit_percent{redis=main} 100",
            "redis_evicted{redis=main} 1",
            "redis_slow_commands{command=keys,redis=main} 5",
        ] {
            assert!(second.contains(&expect.to_owned()), "{expect} is not among {second:?}");
        }
        // It began anew.
        assert!(
            told(&later.replace("evicted_keys:4", "evicted_keys:1"), &mut before)
                .contains(&"redis_evicted{redis=main} 1".to_owned())
        );
    }

    #[test]
    fn a_replica_tells_its_own_lag() {
        let text = "role:slave\nmaster_link_status:down\nslave_read_repl_offset:90\nslave_repl_offset:80\n";
        let told = told(text, &mut Before::default());
        assert_eq!(told, ["redis_replication_up{redis=main} 0", "redis_replication_lag_bytes{redis=main} 10"]);
    }

    #[test]
    fn dangers_are_named() {
        let settings = |bind: &str| {
            let pairs = [("bind", bind), ("protected-mode", "no"), ("save", "3600 1 300 100 60 10000")];
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
        };
        let info = Info::read("maxmemory:0\nrole:master\n");
        assert_eq!(dangers(&info, &settings("* -::*"), false).len(), 3);
        assert_eq!(dangers(&info, &settings("* -::*"), true).len(), 2);
        assert_eq!(dangers(&info, &settings("127.0.0.1 -::1"), false).len(), 2);
        assert_eq!(dangers(&Info::read("maxmemory:5\n"), &BTreeMap::new(), false).len(), 0);
    }
}
