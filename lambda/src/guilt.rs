//! Who is likely guilty of what fires: read out of what the agents wrote about that host and that service around the
//! moment. Pure: lines of logs go in, suspects come out, the likeliest first.

use account::price::HOST_DIMENSIONS;
use alarm::notice::say::measured;
use alarm::notice::{Suspect, Suspicion};
use alarm::series::{Dimensions, Unit};
use alarm::verdict::Fact;
use serde::Deserialize;

/// Suspects of one notice.
const SUSPECTS_MAX: usize = 3;
/// A process below this share of a core is nobody's trouble.
const CPU_PERCENT: f64 = 20.0;
/// A folder that grew by less is not what fills a disk.
const GREW_BYTES: f64 = 64.0 * 1_048_576.0;

/// Where to look, for one group that fires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scene {
    pub(crate) host: Option<String>,
    pub(crate) service: Option<String>,
    about: About,
}

/// What the alarm is about decides who is asked about first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum About {
    Cpu,
    Memory,
    Disk,
    /// Requests: who sends them.
    Clients,
    #[default]
    Anything,
}

/// The lines that were found, as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clues {
    /// Of the log group of suspects, the newest last.
    pub(crate) suspects: Vec<String>,
    /// Of the same group, of the service: who asks it for what it does not have, the newest last.
    pub(crate) clients: Vec<String>,
    /// Of the service's log group: kinds of errors that its hosts had never met.
    pub(crate) errors: Vec<String>,
}

impl Scene {
    /// Whether clients are worth asking for.
    pub(crate) fn is_of_clients(&self) -> bool {
        self.about == About::Clients
    }

    /// `None`: nothing tells where to look.
    pub(crate) fn of<'a>(
        combination: &Dimensions,
        service: Option<&str>,
        metrics: impl Iterator<Item = &'a str>,
    ) -> Option<Self> {
        let host = HOST_DIMENSIONS.iter().find_map(|name| combination.get(name)).map(str::to_owned);
        let service = service.map(str::to_owned);
        let about = metrics.map(About::of).find(|about| *about != About::Anything).unwrap_or_default();
        let service = service.or_else(|| combination.get("service").map(str::to_owned));
        (host.is_some() || service.is_some()).then_some(Self { host, service, about })
    }
}

impl About {
    fn of(metric: &str) -> Self {
        let name = metric.to_ascii_lowercase();
        let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
        if begins(&["cpu", "burstcapacity", "load", "pressure_cpu"]) {
            Self::Cpu
        } else if begins(&["mem", "swap", "pressure_memory"]) {
            Self::Memory
        } else if begins(&["disk", "pressure_io"]) {
            Self::Disk
        } else if ["suspicious_requests", "request_failures", "requests"].contains(&name.as_str()) {
            Self::Clients
        } else {
            Self::Anything
        }
    }
}

#[derive(Deserialize)]
struct Event {
    dimensions: std::collections::HashMap<String, String>,
    #[serde(default)]
    cpu: Vec<Named>,
    #[serde(default)]
    memory: Vec<Named>,
    #[serde(default)]
    io: Vec<Named>,
    #[serde(default)]
    folders: Vec<Growth>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    value: f64,
}

#[derive(Deserialize)]
struct Growth {
    path: String,
    grew_bytes: f64,
}

#[derive(Deserialize)]
struct Accusation {
    event: String,
    service: String,
    clients: Vec<Client>,
}

#[derive(Deserialize)]
struct Client {
    address: String,
    requests: u64,
}

#[derive(Deserialize)]
struct NewKind {
    event: String,
    #[serde(default)]
    class: String,
    #[serde(default)]
    message: String,
}

/// The suspects, the likeliest first. A line that is none of ours is passed over.
pub(crate) fn suspects(scene: &Scene, clues: &Clues) -> Vec<Suspect> {
    let mut found: Vec<Suspect> = Vec::new();
    // An error that was never met, at the moment at which it fires, says more than who is busy.
    for line in clues.errors.iter().rev() {
        found.extend(serde_json::from_str::<NewKind>(line).ok().and_then(NewKind::suspect));
    }
    let accused = clues.clients.iter().rev().filter_map(|line| serde_json::from_str::<Accusation>(line).ok());
    let mut accused =
        accused.filter(|it| it.event == "suspicious_clients" && Some(&it.service) == scene.service.as_ref());
    if scene.about == About::Clients {
        found.extend(accused.next().into_iter().flat_map(|it| it.clients).map(Client::suspect));
    }
    let is_ours = |event: &Event| event.dimensions.values().any(|value| Some(value) == scene.host.as_ref());
    let newest = clues.suspects.iter().rev().filter_map(|line| serde_json::from_str::<Event>(line).ok()).find(is_ours);
    found.extend(newest.iter().flat_map(|event| event.suspects(scene.about)));
    let mut named: Vec<Suspect> = Vec::new();
    for suspect in found {
        if named.len() < SUSPECTS_MAX && !named.iter().any(|it| it.what == suspect.what && it.name == suspect.name) {
            named.push(suspect);
        }
    }
    named
}

impl Client {
    fn suspect(self) -> Suspect {
        Suspect { what: Suspicion::Client, name: self.address, much: Some(Fact::Count(self.requests)) }
    }
}

impl NewKind {
    fn suspect(self) -> Option<Suspect> {
        let Self { event, class, message } = self;
        let name = if message.is_empty() { class } else { format!("{class}: {message}") };
        (event == "new_error_kind" && name != ": ").then_some(Suspect { what: Suspicion::Error, name, much: None })
    }
}

impl Event {
    fn suspects(&self, about: About) -> Vec<Suspect> {
        let process = |named: &Named, much| Suspect { what: Suspicion::Process, name: named.name.clone(), much };
        let bytes = |value: f64| Fact::Text(measured(value, Unit::Bytes));
        let busy = |named: &&Named| about == About::Cpu || named.value >= CPU_PERCENT;
        let cpu = self.cpu.iter().filter(busy).take(2).map(|it| process(it, Some(Fact::Percent(it.value))));
        let memory = self.memory.iter().take(2).map(|it| process(it, Some(bytes(it.value))));
        let grown = self.folders.iter().filter(|folder| folder.grew_bytes >= GREW_BYTES).take(2);
        let folders = grown.map(|it| Suspect {
            what: Suspicion::Directory,
            name: it.path.clone(),
            much: Some(Fact::Text(format!("+{}", measured(it.grew_bytes, Unit::Bytes)))),
        });
        let io = self
            .io
            .iter()
            .take(1)
            .map(|it| process(it, Some(Fact::Text(format!("{}/s", measured(it.value, Unit::Bytes))))));
        match about {
            About::Cpu => cpu.collect(),
            About::Memory => memory.collect(),
            About::Disk => folders.chain(io).collect(),
            // What the host does says nothing of who asks it.
            About::Clients => Vec::new(),
            About::Anything => cpu.take(1).chain(folders.take(1)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"event":"suspects","dimensions":{"InstanceId":"i-1","host":"web-1"},"why":"cpu_rose",
        "cpu_percent":97.0,"cpu":[{"name":"java","pid":7,"count":1,"value":182.0},{"name":"sshd","pid":9,"count":1,"value":2.0}],
        "memory":[{"name":"java","pid":7,"count":1,"value":1610612736}],"io":[{"name":"mysqld","pid":3,"count":1,"value":20971520}],
        "folders":[{"path":"/var/log/app","bytes":9000000000,"grew_bytes":3221225472,"over_seconds":600}]}"#;

    fn scene(metric: &str) -> Scene {
        let combination = Dimensions::from_iter([("InstanceId", "i-1")]);
        Scene::of(&combination, Some("checkout"), std::iter::once(metric)).expect("a host and a service")
    }

    #[track_caller]
    fn check(metric: &str, clues: &Clues, expect: &[(Suspicion, &str)]) {
        let found = suspects(&scene(metric), clues);
        let found: Vec<_> = found.iter().map(|it| (it.what, it.name.as_str())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn who_is_asked_about_depends_on_the_alarm() {
        let clues = Clues { suspects: vec![EVENT.into()], ..Clues::default() };
        check("CPUCreditBalance", &clues, &[(Suspicion::Process, "java"), (Suspicion::Process, "sshd")]);
        check("mem_used_percent", &clues, &[(Suspicion::Process, "java")]);
        check("disk_used_percent", &clues, &[(Suspicion::Directory, "/var/log/app"), (Suspicion::Process, "mysqld")]);
        check("latency", &clues, &[(Suspicion::Process, "java"), (Suspicion::Directory, "/var/log/app")]);
        let much = suspects(&scene("disk_used_percent"), &clues)[0].much.clone();
        assert_eq!(much, Some(Fact::Text("+3 GiB".into())));
    }

    #[test]
    fn a_new_error_comes_first_and_once() {
        let error = r#"{"event":"new_error_kind","kind":"ab","service":"checkout","class":"PoolTimeout","message":"no connection"}"#;
        let errors = vec![error.into(), error.into(), "noise".into()];
        let clues = Clues { suspects: vec![EVENT.into()], errors, ..Clues::default() };
        check(
            "latency",
            &clues,
            &[
                (Suspicion::Error, "PoolTimeout: no connection"),
                (Suspicion::Process, "java"),
                (Suspicion::Directory, "/var/log/app"),
            ],
        );
    }

    /// The line as `suspects::clients_line` of the agent writes it.
    #[test]
    fn who_asks_is_named_where_requests_fire() {
        let line = r#"{"event":"suspicious_clients","dimensions":{"InstanceId":"i-1"},"service":"checkout",
            "clients":[{"address":"203.0.113.7","requests":412},{"address":"192.0.2.1","requests":30}]}"#;
        let other = line.replace("checkout", "cart").replace("203", "198");
        let clients = vec![line.into(), other, "noise".into()];
        let clues = Clues { suspects: vec![EVENT.into()], clients, errors: vec![] };
        let expect = [(Suspicion::Client, "203.0.113.7"), (Suspicion::Client, "192.0.2.1")];
        check("suspicious_requests", &clues, &expect);
        check("mem_used_percent", &clues, &[(Suspicion::Process, "java")]);
        let much = suspects(&scene("suspicious_requests"), &clues)[0].much.clone();
        assert_eq!(much, Some(Fact::Count(412)));
    }

    #[test]
    fn what_is_of_another_host_or_of_nobody() {
        let other = EVENT.replace("i-1", "i-2");
        let suspects = vec![other, "{}".into(), "nonsense".into()];
        let clues = Clues { suspects, errors: vec!["{\"event\":\"x\"}".into()], ..Clues::default() };
        check("cpu_usage_active", &clues, &[]);
        assert_eq!(Scene::of(&Dimensions::default(), None, std::iter::empty()), None);
    }
}
