//! Notices of local mode leave by every outlet: a webhook, a mail server and a command of our own, refused at first.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::page::Up;

/// The first refusal is followed by ten seconds of patience, and rounds are ten seconds apart.
const SOON: Duration = Duration::from_mins(1);

/// Takes connections on a thread, each by `serve`.
fn listener(serve: impl Fn(TcpStream, &Sender<String>) + Send + 'static) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sender, said) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            serve(stream, &sender);
        }
    });
    (port, said)
}

/// Answers each POST with the next status, and tells its body.
fn webhook(statuses: &'static [u16]) -> (u16, Receiver<String>) {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    listener(move |stream, told| {
        let mut from = BufReader::new(stream);
        let (mut length, mut line) = (0, String::new());
        while from.read_line(&mut line).is_ok_and(|read| read > 2) {
            if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = said.trim().parse().expect("a length");
            }
            line.clear();
        }
        let mut body = vec![0; length];
        from.read_exact(&mut body).expect("a body");
        let at = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let status = statuses[at.min(statuses.len() - 1)];
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        // Who asked may have gone.
        let _ = from.get_mut().write_all(answer.as_bytes());
        let _ = told.send(format!("{status} {}", String::from_utf8_lossy(&body)));
    })
}

/// A mail server that takes whatever comes, and tells the letter with its envelope.
fn mail_server() -> (u16, Receiver<String>) {
    listener(|stream, told| {
        let mut from = BufReader::new(stream);
        let say = |from: &mut BufReader<TcpStream>, text: &str| {
            let _ = from.get_mut().write_all(format!("{text}\r\n").as_bytes());
        };
        say(&mut from, "220 mail.test");
        let (mut letter, mut in_letter) = (String::new(), false);
        let mut line = String::new();
        while from.read_line(&mut line).is_ok_and(|read| read > 0) {
            letter.push_str(&line);
            match line.trim_end() {
                "." if in_letter => {
                    in_letter = false;
                    say(&mut from, "250 taken");
                    let _ = told.send(std::mem::take(&mut letter));
                }
                "DATA" => {
                    in_letter = true;
                    say(&mut from, "354 go on");
                }
                "QUIT" => say(&mut from, "221 bye"),
                _ if !in_letter => say(&mut from, "250 mail.test"),
                _ => {}
            }
            line.clear();
        }
    })
}

#[test]
fn a_notice_leaves_by_webhook_mail_and_command_and_what_was_refused_is_sent_again() {
    let (hook, posted) = webhook(&[500, 200]);
    let (mail, letters) = mail_server();
    let written = tempfile::NamedTempFile::new().expect("a file");
    let config = format!(
        "[[local.outlet]]\nname = 'chat'\nwebhook = 'http://127.0.0.1:{hook}/services/secret-part'\n\
         [[local.outlet]]\nname = 'mail'\nemail = {{ to = ['team@shop.example'], from = 'glass@shop.example', \
         smtp = '127.0.0.1:{mail}', tls = 'none' }}\n\
         [[local.outlet]]\nname = 'script'\ncommand = ['/bin/sh', '-c', 'cat >> {0}; echo \"$STORMGLASS_TITLE\" >> {0}']\n",
        written.path().display()
    );
    let up = Up::with(&config, &[]);
    let first = posted.recv_timeout(SOON).expect("a notice is posted");
    assert!(first.starts_with("500 {"), "{first}");
    let second = posted.recv_timeout(SOON).expect("it is posted again");
    let blocks: serde_json::Value = serde_json::from_str(second.strip_prefix("200 ").expect("is taken")).expect("JSON");
    assert!(blocks["blocks"].is_array(), "{second}");
    let letter = letters.recv_timeout(SOON).expect("a letter");
    for part in ["RCPT TO:<team@shop.example>", "MAIL FROM:<glass@shop.example>", "Subject: ", "References: <"] {
        assert!(letter.contains(part), "{part} is missing: {letter}");
    }
    let said = std::fs::read_to_string(written.path()).expect("the command has written");
    assert!(said.contains("\"incident\"") && said.contains("img src=x"), "{said}");
    assert!(letters.recv_timeout(Duration::from_secs(12)).is_err(), "the mail had it once, the refusal was another's");
    let said = up.process.output();
    assert!(said.contains("SG-LOC-030") && !said.contains("secret-part"), "{said}");
    let page = up.get("/", "");
    assert!(page.contains("chat (webhook)") && !page.contains("secret-part"), "{page}");
}

#[test]
fn what_is_owed_is_owed_over_a_kill() {
    let (hook, posted) = webhook(&[503, 200]);
    let config = format!("[[local.outlet]]\nname = 'chat'\nwebhook = 'http://127.0.0.1:{hook}/x'\n");
    let up = Up::with(&config, &[]);
    let refused = posted.recv_timeout(SOON).expect("a notice is posted");
    assert!(refused.starts_with("503 "), "{refused}");
    // What changes with a notice is durable before it is sent.
    let up = up.killed_and_begun_again();
    let taken = posted.recv_timeout(SOON).expect("it is posted after the kill");
    assert_eq!(taken.strip_prefix("200 "), refused.strip_prefix("503 "), "the same notice");
    assert!(up.get("/", "").contains("chat (webhook)"));
}
