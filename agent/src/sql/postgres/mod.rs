//! PostgreSQL, 10 and later, by `tokio-postgres`: where it is, how it is spoken to, what it refuses.

mod presets;
mod query;
mod tls;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, SimpleQueryMessage, SimpleQueryRow};

use super::config::{Fresh, Preset, Query};
use super::look::Look;
use crate::knobs::secret;

/// The server ends a statement by itself; we wait so much longer before we take the connection for dead.
const GRACE: Duration = Duration::from_secs(1);

/// Where a database is, or the code and the words of the fault. The text is not repeated: it may hold a password.
pub(super) fn place(url: &str) -> Result<Config, (&'static str, &'static str)> {
    const FORM: &str = "`sql.url`: write it like postgres://user@host:5432/database";
    let is_known = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let parsed = url.parse::<Config>().ok().filter(|config| is_known && !config.get_hosts().is_empty());
    let mut config = parsed.ok_or(("SG-SRC-022", FORM))?;
    if config.get_password().is_some() {
        let says = "`sql.url`: a password stands here; put it into a file and name that as `password_file`";
        return Err(("SG-SRC-023", says));
    }
    config.application_name("stormglass");
    if config.get_ssl_mode() == SslMode::Prefer {
        // TLS that gives way to who asks for it protects from nobody: it is wanted, or it is not.
        let stays = config.get_hosts().iter().all(is_here);
        config.ssl_mode(if stays { SslMode::Disable } else { SslMode::Require });
    }
    Ok(config)
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        Host::Unix(_) => true,
    }
}

/// Everything that was asked for; an error is what keeps all of it from being answered.
pub(super) async fn look(config: &Config, look: &mut Look<'_>) -> Result<(), String> {
    let settings = look.settings;
    let mut config = config.clone();
    if let Some(file) = &settings.password_file {
        config.password(secret(file)?);
    }
    let tls = tls::make(settings.ca_file.as_deref())?;
    let seconds = settings.timeout.as_secs();
    let connected = timeout(settings.timeout, config.connect(tls)).await;
    let connected = connected.map_err(|_| format!("no connection within {seconds} s"))?;
    let (client, connection) = connected.map_err(|error| said(&error))?;
    let session = Session { client, timeout: settings.timeout };
    let asking = session.ask_all(look);
    tokio::pin!(connection, asking);
    tokio::select! {
        answer = &mut asking => answer,
        ended = connection => Err(ended.map_or_else(|error| said(&error), |()| "the connection was closed".into())),
    }
}

/// Why something was not answered: for itself, or because nothing will be any more.
enum Failed {
    Asked(String),
    Gone(String),
}

impl From<tokio_postgres::Error> for Failed {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.is_closed() { Self::Gone(said(&error)) } else { Self::Asked(said(&error)) }
    }
}

enum Ask<'a> {
    Preset(Preset),
    Fresh(&'a Fresh),
    Query(&'a Query),
}

impl fmt::Display for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preset(preset) => write!(f, "{}", format!("{preset:?}").to_lowercase()),
            Self::Fresh(fresh) => write!(f, "fresh {}", fresh.table.value),
            Self::Query(query) => write!(f, "query {}", query.name.value),
        }
    }
}

/// A connection, and how long the server may think about a statement.
struct Session {
    client: Client,
    timeout: Duration,
}

impl Session {
    async fn ask_all(&self, look: &mut Look<'_>) -> Result<(), String> {
        let settings = look.settings;
        let presets = settings.presets.iter().map(|preset| Ask::Preset(*preset));
        let (fresh, queries) = (settings.fresh.iter().map(Ask::Fresh), settings.queries.iter().map(Ask::Query));
        for ask in presets.chain(fresh).chain(queries) {
            match self.within(self.ask(&ask, look)).await {
                Ok(()) => {}
                Err(Failed::Asked(says)) => look.faults.push(format!("{ask}: {says}")),
                Err(Failed::Gone(says)) => return Err(format!("{ask}: {says}")),
            }
        }
        Ok(())
    }

    async fn ask(&self, ask: &Ask<'_>, look: &mut Look<'_>) -> Result<(), Failed> {
        match ask {
            Ask::Preset(preset) => presets::ask(self, *preset, look).await,
            Ask::Fresh(fresh) => presets::fresh(self, fresh, look).await,
            Ask::Query(query) => query::ask(self, query, look).await,
        }
    }

    /// In a transaction of its own that may not write; the server ends what takes too long.
    async fn within(&self, ask: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
        let limit = self.timeout.as_millis();
        let begin = format!("begin read only; set local statement_timeout = {limit}; set local lock_timeout = {limit}");
        let whole = async {
            self.client.batch_execute(&begin).await?;
            let answer = ask.await;
            self.client.batch_execute("commit").await?;
            answer
        };
        let ended = timeout(self.timeout + GRACE, whole).await;
        ended.unwrap_or_else(|_| Err(Failed::Gone(format!("no answer within {} s", self.timeout.as_secs()))))
    }

    /// The rows of one of our own statements, of which it is known that they are few.
    async fn rows(&self, text: &str) -> Result<Vec<SimpleQueryRow>, Failed> {
        let answer = self.client.simple_query(text).await?;
        let rows = answer.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows.collect())
    }
}

/// What the server says, with the code under which its handbook has it; or what the library says, with its reason.
fn said(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(db), _) => format!("{} (SQLSTATE {})", db.message(), db.code().code()),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}
