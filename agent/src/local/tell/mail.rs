//! E-mail by SMTP, with `lettre`: its TLS is the rustls that the rest of the program has (ring), no second one.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::local::judge::Owed;

/// `email = { to = ["team@shop.example"], from = "stormglass@shop.example", smtp = "smtp.shop.example:587" }`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawMail {
    pub to: Vec<String>,
    pub from: String,
    /// Host and port of the mail server.
    pub smtp: String,
    /// How the connection is kept private. Default: by STARTTLS, which must succeed.
    pub tls: Secrecy,
    pub user: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Secrecy {
    #[default]
    Starttls,
    /// TLS from the first byte (port 465).
    Tls,
    /// None: for a mail server on this very host.
    None,
}

#[derive(Clone, Debug)]
pub(super) struct Mail {
    to: Vec<Mailbox>,
    from: Mailbox,
    host: String,
    port: u16,
    tls: Secrecy,
    login: Option<(String, PathBuf)>,
}

impl RawMail {
    pub(super) fn check(self) -> Result<Mail, String> {
        let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|_| format!("\"{text}\" is no e-mail address"));
        let to = self.to.iter().map(|to| mailbox(to)).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() {
            return Err("`email.to` names nobody".to_owned());
        }
        let from = mailbox(&self.from)?;
        let place = self.smtp.rsplit_once(':').and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
        let (host, port) =
            place.ok_or_else(|| "`email.smtp`: a host and a port, like smtp.shop.example:587".to_owned())?;
        let login = match (self.user, self.password_file) {
            (Some(user), Some(file)) => Some((user, file)),
            (None, None) => None,
            _ => return Err("`email`: `user` and `password_file` go together".to_owned()),
        };
        if login.is_some() && self.tls == Secrecy::None && !["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str())
        {
            return Err("`email`: a password does not travel without TLS".to_owned());
        }
        Ok(Mail { to, from, host, port, tls: self.tls, login })
    }
}

pub(super) fn send(mail: &Mail, owed: &Owed, patience: Duration) -> Result<(), String> {
    let mut message = Message::builder().from(mail.from.clone()).subject(&owed.subject);
    // Mail of one incident is one thread.
    let domain = mail.from.email.domain();
    message = message.message_id(Some(format!("<{}@{domain}>", owed.id())));
    message = message.references(format!("<{}@{domain}>", owed.incident));
    for to in &mail.to {
        message = message.to(to.clone());
    }
    let message = message.header(ContentType::TEXT_PLAIN).body(owed.body.clone());
    let message = message.map_err(|error| format!("the message cannot be written: {error}"))?;
    let transport = transport(mail, patience)?;
    transport.send(&message).map(drop).map_err(|error| format!("{}: {error}", mail.host))
}

fn transport(mail: &Mail, patience: Duration) -> Result<SmtpTransport, String> {
    let parameters = || TlsParameters::new(mail.host.clone()).map_err(|error| format!("TLS: {error}"));
    let tls = match mail.tls {
        Secrecy::Starttls => Tls::Required(parameters()?),
        Secrecy::Tls => Tls::Wrapper(parameters()?),
        Secrecy::None => Tls::None,
    };
    let mut builder = SmtpTransport::builder_dangerous(&mail.host).port(mail.port).tls(tls).timeout(Some(patience));
    if let Some((user, file)) = &mail.login {
        let password =
            std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        builder = builder.credentials(Credentials::new(user.clone(), password.trim_end().to_owned()));
    }
    Ok(builder.build())
}
