//! Targets that mean harm: a page without end, one that never comes to its end, and one of names that nobody should have.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::World;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n";

/// Answers each connection by `answer`, on a thread of its own.
fn target(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                // Who hung up does not want it.
                let _ = stream.read(&mut [0; 4_096]);
                answer(stream);
            });
        }
    });
    port
}

/// What is taken of the gigabyte is counted.
fn gigabyte(taken: Arc<AtomicU64>) -> u16 {
    target(move |mut stream| {
        let head = format!("{OK}Content-Length: {}\r\n\r\n", 1_u64 << 30);
        let page = "queue_depth 1\n".repeat(4_096);
        let mut sent = stream.write_all(head.as_bytes());
        while sent.is_ok() {
            sent = stream.write_all(page.as_bytes());
            taken.fetch_add(page.len() as u64, Ordering::Relaxed);
        }
    })
}

fn loris() -> u16 {
    target(|mut stream| {
        let _ = stream.write_all(OK.as_bytes());
        while stream.write_all(b"X-A: b\r\n").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    })
}

/// Sound lines between others of which none may harm them.
fn hostile() -> u16 {
    let long = "x".repeat(5_000);
    let page = format!(
        "# TYPE sound gauge\nsound{{shop=\"seoul\"}} 7\nsound{{shop=\"seoul\"}} 900\nnan NaN\nendless +Inf\nhuge 1e300\n\
         late 1 99999999999999999999\n{{}} 1\n9lives 3\nopen{{a=\"b 1\nopen{{a=}} 1\nno_value\n\
         quoted{{path=\"/a\\\\b\\\"c\\nd\",name=\"\u{b370}\"}} 5\nlong_label{{a=\"{long}\"}} 1\n{long} 1\n\
         # TYPE fell counter\nfell_total 10\n\0\u{1}\u{2} 5\nafter 8\n"
    );
    target(move |mut stream| {
        let answer = format!("{OK}Content-Length: {}\r\nConnection: close\r\n\r\n{page}", page.len());
        let _ = stream.write_all(answer.as_bytes());
    })
}

#[test]
fn a_target_that_means_harm_harms_itself_alone() {
    let taken = Arc::new(AtomicU64::new(0));
    let (gigabyte, loris, hostile) = (gigabyte(Arc::clone(&taken)), loris(), hostile());
    let table = |name: &str, port: u16| {
        format!(
            "[[scrape]]\nname = '{name}'\nurl = 'http://127.0.0.1:{port}/metrics'\npreset = 'none'\nkeep = ['*']\n\
             interval = '5s'\ntimeout = '2s'\n"
        )
    };
    let tables = [("gigabyte", gigabyte), ("loris", loris), ("hostile", hostile)].map(|(name, port)| table(name, port));
    let mut world = World::new(&tables.concat());
    world.agent.start().wait_for("no unit is named");
    let before = world.agent.usage().resident_bytes;
    std::thread::sleep(Duration::from_secs(13));
    let grown = world.agent.usage().resident_bytes.saturating_sub(before);
    let output = world.agent.output();
    let rows = world.end("Stormglass");
    // A page may have 8 MiB, and is read at most three times; sockets hold some of what nobody took.
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken < 60 << 20, "{taken} bytes of the gigabyte were taken");
    assert!(grown < 40 << 20, "it grew by {grown} bytes");
    for (name, up) in [("gigabyte", 0.0), ("loris", 0.0), ("hostile", 1.0)] {
        assert_eq!(rows.one("up", &[("source", "scrape"), ("name", name)]).maximum, Some(up), "{name}: {output}");
    }
    // The first of two that are one counts.
    assert_eq!(rows.one("sound", &[("shop", "seoul")]).maximum, Some(7.0));
    assert_eq!(rows.one("after", &[]).maximum, Some(8.0));
    let quoted = rows.one("quoted", &[]);
    let sound = |text: &String| text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && text.len() <= 1_024;
    assert!(quoted.maximum == Some(5.0) && quoted.dimensions.values().all(sound), "{quoted:?}");
    for name in ["nan", "endless", "huge", "no_value"] {
        assert!(!rows.rows.iter().any(|row| row.name == name), "{name}");
    }
    assert!(rows.lost("not_a_number") > 0 && rows.lost("unreadable") > 0, "{}", rows.status);
}
