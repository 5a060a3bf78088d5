//! The program under test as a person or systemd would start it: a folder of its own, one configuration, the environment
//! that is said and no other.
//!
//! `kill` is `kill -9` of the whole group; what the folder holds survives it, so that `start` is a restart.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::Duration;

use crate::{Endpoint, Process, binary, python};

/// How long a start, or a line that is waited for, may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// SIGTERM is to be obeyed within 5 seconds; the rest is for a machine that is busy.
const DRAIN: Duration = Duration::from_secs(10);

/// A `stormglass` with its world around it.
#[derive(Debug)]
pub struct Agent {
    folder: tempfile::TempDir,
    arguments: Vec<OsString>,
    environment: Vec<(String, Option<OsString>)>,
    process: Option<Process>,
    /// Starts so far.
    lives: u64,
    /// Length of the output at the last start: what came before belongs to a former life.
    begun: usize,
}

impl Agent {
    /// With this configuration, in which `{folder}` stands for the agent's own folder.
    pub fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for room in ["home", "state", "cache", "runtime", "logs"] {
            std::fs::create_dir(folder.path().join(room)).expect("a folder in a new folder");
        }
        let mut agent =
            Self { folder, arguments: vec!["run".into()], environment: Vec::new(), process: None, lives: 0, begun: 0 };
        agent.configure(config);
        for (name, room) in
            [("STATE_DIRECTORY", "state"), ("CACHE_DIRECTORY", "cache"), ("RUNTIME_DIRECTORY", "runtime")]
        {
            let room = agent.folder.path().join(room);
            agent = agent.env(name, room);
        }
        agent
    }

    /// What the agent last wrote of itself.
    pub fn status(&self) -> serde_json::Value {
        let text = std::fs::read(self.folder.path().join("state/status.json")).expect("the status is there");
        serde_json::from_slice(&text).expect("the status is JSON")
    }

    /// Writes the configuration anew, for a reload or the next start.
    pub fn configure(&mut self, config: &str) {
        let config = config.replace("{folder}", &self.folder.path().display().to_string());
        std::fs::write(self.config_file(), config).expect("the agent's own folder can be written");
    }

    /// Speaks to this endpoint for every service, with static keys, trusting its authority.
    #[must_use]
    pub fn against(self, endpoint: &Endpoint) -> Self {
        let agent = self.at(&endpoint.url());
        match endpoint.ca_file() {
            Some(ca) => agent.env("SSL_CERT_FILE", ca),
            None => agent,
        }
    }

    /// Speaks to this URL (a stand-in's) for every service, with static keys.
    #[must_use]
    pub fn at(self, url: &str) -> Self {
        self.env("AWS_ENDPOINT_URL", url)
    }

    /// On an instance: keys, Region and tags from the metadata of this endpoint, and no static keys.
    #[must_use]
    pub fn on_instance(self, metadata: &Endpoint) -> Self {
        self.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url())
            .without("AWS_EC2_METADATA_DISABLED")
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY")
            .without("AWS_REGION")
            .without("AWS_DEFAULT_REGION")
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), Some(value.into())));
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.environment.push((name.to_owned(), None));
        self
    }

    /// Another command than `run`.
    #[must_use]
    pub fn command(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(OsString::from).collect();
        self
    }

    /// Its folder: `state`, `cache`, `runtime`, `home`, and `logs` for what it is to read.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("stormglass.toml")
    }

    /// The public half of the keys that the life of this number (from 0) signs with: a request that the endpoint takes
    /// from its socket after a kill still tells whose it was.
    pub fn key_of(life: u64) -> String {
        format!("AKIASTORMGLASS{life:06}")
    }

    /// Starts it (again). What it left on disk is there.
    pub fn start(&mut self) -> &mut Self {
        assert!(self.process.is_none(), "it runs already");
        let log = self.folder.path().join("output");
        self.begun = std::fs::metadata(&log).map_or(0, |file| file.len() as usize);
        let mut command = self.prepare();
        if !self.environment.iter().any(|(name, _)| name == "AWS_ACCESS_KEY_ID") {
            command.env("AWS_ACCESS_KEY_ID", Self::key_of(self.lives));
        }
        self.lives += 1;
        command.args(&self.arguments).arg("--config").arg(self.config_file());
        self.process = Some(Process::start("stormglass", command, &log));
        self
    }

    /// A start of its own whose standard input is this and then ends. What it writes is appended to `written`.
    pub fn piped(&self, input: &[u8]) -> std::process::Child {
        use std::io::Write;
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("written"));
        let mut command = self.prepare();
        command.args(&self.arguments).arg("--config").arg(self.config_file());
        command.stdin(std::process::Stdio::piped()).stderr(log.expect("the agent's own folder can be written"));
        let mut child = command.spawn().unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
        child.stdin.take().expect("it is piped").write_all(input).expect("it reads its input");
        child
    }

    /// What those that were piped into wrote.
    pub fn written(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("written")).unwrap_or_default()
    }

    /// One command to its end, in the same world: `agent.run(&["check"])`.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.prepare();
        command.args(arguments).arg("--config").arg(self.config_file());
        command.output().unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"))
    }

    fn prepare(&self) -> Command {
        let mut command = Command::new(binary("stormglass"));
        python::isolate(&mut command, &self.folder.path().join("home"));
        command.current_dir(self.folder.path());
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("it was started")
    }

    pub fn pid(&mut self) -> u32 {
        self.process().pid()
    }

    /// What it wrote since its last start.
    pub fn output(&mut self) -> String {
        let begun = self.begun;
        self.process().output().split_off(begun)
    }

    /// Waits for a text in what it writes in this life.
    pub fn wait_for(&mut self, text: &str) -> &mut Self {
        let begun = self.begun;
        let found = |output: &str| output.get(begun..).is_some_and(|output| output.contains(text));
        self.process().wait_until(&format!("to write `{text}`"), PATIENCE, found);
        self
    }

    /// SIGHUP.
    pub fn reload(&mut self) {
        self.process().signal("HUP");
    }

    /// SIGTERM, and the end that it comes to.
    pub fn stop(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("it was started");
        if process.poll().is_none() {
            process.signal("TERM");
        }
        process.wait(DRAIN)
    }

    /// `kill -9`, with all its children.
    pub fn kill(&mut self) {
        let status = self.process.take().expect("it was started").kill();
        assert!(crate::was_killed(status), "it had ended by itself: {status}");
    }

    /// Resident memory and processor time so far, from /proc.
    pub fn usage(&mut self) -> Usage {
        let pid = self.pid();
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).expect("it runs");
        Usage::parse(&read("statm"), &read("stat"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    pub resident_bytes: u64,
    pub cpu: Duration,
}

impl Usage {
    /// Linux counts pages of 4 KiB and ticks of 10 ms on every machine that we support.
    fn parse(statm: &str, stat: &str) -> Self {
        let pages: u64 =
            statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("statm has resident pages");
        // The name in brackets may hold spaces; fields are counted after it: utime and stime are the 12th and 13th.
        let after = stat.rsplit_once(") ").expect("stat has a name in brackets").1;
        let ticks: u64 = after.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Self { resident_bytes: pages * 4096, cpu: Duration::from_millis(ticks * 10) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_is_read_past_a_name_with_spaces() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 25 17 0 0 20 0 1 0 100 1000 10";
        let usage = Usage::parse("9000 2500 10 1 0 100 0", stat);
        assert_eq!(usage, Usage { resident_bytes: 2500 * 4096, cpu: Duration::from_millis(420) });
    }
}
