//! What `[logs]` may say.

use alarm::sheet::{At, Bytes, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

/// `[logs]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// The log group, with `{service}` and `{host}`. Default: `/stormglass/{service}`.
    pub group: Option<At<String>>,
    /// The log stream, with `{host}`, `{service}` and `{file}`. Default: `{host}/{file}`.
    pub stream: Option<At<String>>,
    /// Days that a group which we make keeps its events. Default: 30.
    pub retention_days: Option<At<u32>>,
    /// `json`: an object with level, service, kind and trace id; `text`: the line alone. Default: json.
    pub format: Option<RawFormat>,
    /// How long a request waits for more events. Default: 2s.
    pub linger: Option<At<Seconds>>,
    /// Most bytes shipped in a day (UTC); beyond it events are counted and not sent. Default: no bound.
    pub max_bytes_per_day: Option<Bytes>,
    /// How long repeats of one error are counted before a line says how many. Default: 5m.
    pub fold_window: Option<At<Seconds>>,
    pub redact: RawRedact,
    /// Files, a table for each service.
    pub file: Vec<RawFile>,
    /// The journal of systemd, a table for each service.
    pub journal: Vec<RawJournal>,
    /// Standard input: another program's log, piped into this one.
    pub stdin: Option<RawStdin>,
    /// UNIX sockets that programs write their lines to.
    pub socket: Vec<RawSocket>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawFormat {
    Json,
    Text,
}

/// `[logs.redact]`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawRedact {
    /// Default: true.
    pub enabled: Option<bool>,
    /// Built-in rules that are not wanted.
    pub off: Vec<At<String>>,
    /// Rules of your own.
    pub rule: Vec<RawRule>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    /// Stands in the mark: `[redacted NAME]`.
    pub name: String,
    /// A regular expression.
    pub pattern: At<String>,
    /// Text that every hit contains: where it is missing the pattern is not tried.
    pub contains: Option<String>,
}

/// A source has keys of its own, and those that every source has.
macro_rules! source {
    ($(#[$about:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($own)*
            /// Whose log it is.
            pub service: At<String>,
            /// The log group of this source alone.
            #[serde(default)]
            pub group: Option<At<String>>,
            /// The log stream of this source alone.
            #[serde(default)]
            pub stream: Option<At<String>>,
            /// `trace`, `debug`, `info`, `warn`, `error`, `fatal`, or `all`. Default: warn.
            #[serde(default)]
            pub level: Option<At<String>>,
            /// Texts, or patterns between slashes, whose lines go whatever their level.
            #[serde(default)]
            pub include: Vec<At<String>>,
            /// Texts, or patterns between slashes, whose lines stay whatever else says that they go.
            #[serde(default)]
            pub exclude: Vec<At<String>>,
            /// Lines before each event that go with it. Default: 3.
            #[serde(default)]
            pub context: Option<At<u32>>,
            /// Let metrics embedded in log lines (EMF) pass, untouched.
            #[serde(default)]
            pub emf: bool,
            /// A pattern that finds the first line of each event; without it stack traces are known by their form.
            #[serde(default)]
            pub event_start: Option<At<String>>,
            /// Longest event; a longer one is cut. Default: 256KiB.
            #[serde(default)]
            pub max_event: Option<At<Bytes>>,
            /// Count repeats of one error instead of sending each. Default: true.
            #[serde(default)]
            pub fold: Option<bool>,
            /// The zone of times that name none: an IANA name, `UTC` or `local`. Default: UTC.
            #[serde(default)]
            pub zone: Option<At<String>>,
            /// Packages, modules or paths that are your own code; without it, everything that is no known library.
            #[serde(default)]
            pub packages: Vec<String>,
        }

        impl $name {
            /// The keys that every source has.
            pub(super) fn common(&self) -> Common<'_> {
                Common {
                    service: &self.service,
                    group: self.group.as_ref(),
                    stream: self.stream.as_ref(),
                    level: self.level.as_ref(),
                    include: &self.include,
                    exclude: &self.exclude,
                    context: self.context.as_ref(),
                    emf: self.emf,
                    event_start: self.event_start.as_ref(),
                    max_event: self.max_event.as_ref(),
                    fold: self.fold,
                    zone: self.zone.as_ref(),
                    packages: &self.packages,
                }
            }
        }
    };
}

/// The keys that every source has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common<'a> {
    pub(super) service: &'a At<String>,
    pub(super) group: Option<&'a At<String>>,
    pub(super) stream: Option<&'a At<String>>,
    pub(super) level: Option<&'a At<String>>,
    pub(super) include: &'a [At<String>],
    pub(super) exclude: &'a [At<String>],
    pub(super) context: Option<&'a At<u32>>,
    pub(super) emf: bool,
    pub(super) event_start: Option<&'a At<String>>,
    pub(super) max_event: Option<&'a At<Bytes>>,
    pub(super) fold: Option<bool>,
    pub(super) zone: Option<&'a At<String>>,
    pub(super) packages: &'a [String],
}

source! {
    /// `[[logs.file]]`
    RawFile {
        /// Absolute paths, with `*`, `?`, `[a-z]` and `**`.
        pub paths: Vec<At<String>>,
        /// `end` or `beginning`: where files are read from that stood there before this host knew the source.
        #[serde(default)]
        pub start: Option<RawStart>,
    }
}

source! {
    /// `[[logs.journal]]`
    RawJournal {
        /// Units, with `*`; without any, all of the journal.
        #[serde(default)]
        pub units: Vec<At<String>>,
        /// Names that programs give themselves (`SYSLOG_IDENTIFIER`).
        #[serde(default)]
        pub identifiers: Vec<At<String>>,
        /// `emerg`, `alert`, `crit`, `err`, `warning`, `notice`, `info` or `debug`: what is less urgent is not even
        /// read. What a service prints is `info`, whatever it says.
        #[serde(default)]
        pub priority: Option<At<String>>,
        /// A folder of journal files, such as a host's as a container sees it.
        #[serde(default)]
        pub directory: Option<At<String>>,
        /// The program that reads the journal. Default: journalctl.
        #[serde(default)]
        pub program: Option<At<String>>,
        /// `end` or `beginning`: where a journal is read from that this host did not know as a source.
        #[serde(default)]
        pub start: Option<RawStart>,
    }
}

source! {
    /// `[logs.stdin]`. When standard input ends, what is left is sent and the program ends.
    RawStdin {
        /// Most bytes that wait on the disk; beyond it the program that writes waits. Default: 64MiB.
        #[serde(default)]
        pub max_bytes: Option<At<Bytes>>,
    }
}

source! {
    /// `[[logs.socket]]`
    RawSocket {
        /// The absolute path of the socket, in a folder that this program may write.
        pub path: At<String>,
        /// `stream` or `datagram`. Default: stream.
        #[serde(default)]
        pub kind: Option<RawSocketKind>,
        /// The rights of the socket's file, in octal. Default: 0660.
        #[serde(default)]
        pub mode: Option<At<String>>,
        /// Connections open at one time; a further one is closed at once, and counted. Default: 64.
        #[serde(default)]
        pub max_connections: Option<At<u32>>,
        /// Most bytes that wait on the disk; beyond it writers to a stream wait, and datagrams are dropped and counted.
        /// Default: 64MiB.
        #[serde(default)]
        pub max_bytes: Option<At<Bytes>>,
    }
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawSocketKind {
    Stream,
    Datagram,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawStart {
    End,
    Beginning,
}
