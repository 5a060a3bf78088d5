//! A shop of our own: an HTTP service that takes a known time for each order, counts as Micrometer does, and shows its
//! counts on `/actuator/prometheus`; nginx in front of it; and a client that measures each call.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tests::Process;

use super::{document, free_port, until};

/// Buckets as Micrometer draws them for requests: each power of four (of nanoseconds) and thirds of it up to the next, from
/// a millisecond to half a minute; each is 9 to 33 % wider than the one before.
fn bounds() -> impl Iterator<Item = f64> {
    let thirds = |power: i32| {
        let begin = 4.0_f64.powi(power) * 1e-9;
        (0..9).map(move |third| begin * (1.0 + f64::from(third) / 3.0))
    };
    (9..18).flat_map(thirds).filter(|bound| (0.001..30.0).contains(bound))
}

/// By method, uri, status and exception: each call's seconds.
type Calls = BTreeMap<(String, String, u16, &'static str), Vec<f64>>;

fn well(calls: &Calls) -> Vec<f64> {
    let well = calls.iter().filter(|((.., status, _), _)| *status == 200);
    well.flat_map(|(_, seconds)| seconds).map(|seconds| seconds * 1e3).collect()
}

#[derive(Default)]
struct Counts {
    calls: Calls,
    active: u32,
}

pub(super) struct Shop {
    pub(super) port: u16,
    counts: Arc<Mutex<Counts>>,
}

/// How long an order takes: most are quick, one in ten is slow, anything from 300 to 600 ms.
fn takes(order: u32) -> Duration {
    let ms = if order.is_multiple_of(10) { 300 + order / 10 * 61 % 300 } else { 20 + order % 30 };
    Duration::from_millis(u64::from(ms))
}

impl Shop {
    pub(super) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback and the test's own folder work");
        let port = listener.local_addr().expect("loopback and the test's own folder work").port();
        let counts = Arc::new(Mutex::new(Counts::default()));
        let shared = Arc::clone(&counts);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counts = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &counts));
            }
        });
        Self { port, counts }
    }

    /// What it measured of the calls that went well, in milliseconds.
    pub(super) fn measured(&self) -> Vec<f64> {
        well(&self.counts.lock().expect("nobody panicked").calls)
    }

    /// It begins anew: all counters are 0. What it had measured until then.
    pub(super) fn restart(&self) -> Vec<f64> {
        well(&std::mem::take(&mut self.counts.lock().expect("nobody panicked").calls))
    }
}

fn serve(stream: &TcpStream, counts: &Mutex<Counts>) {
    let Some(path) = asked(stream) else { return };
    if path == "/actuator/prometheus" {
        let page = page(&counts.lock().expect("nobody panicked"));
        return answer(stream, 200, &page);
    }
    let plain = match path.as_str() {
        "/health" => Some("{\"status\":\"UP\"}"),
        "/metrics" => Some(OF_A_QUEUE),
        _ => None,
    };
    if let Some(text) = plain {
        return answer(stream, 200, text);
    }
    let begun = Instant::now();
    counts.lock().expect("nobody panicked").active += 1;
    let order = path.strip_prefix("/orders/").and_then(|order| order.parse::<u32>().ok());
    let (uri, status, exception) = match (order, path.as_str()) {
        (Some(order), _) => {
            std::thread::sleep(takes(order));
            ("/orders/{id}", 200, "none")
        }
        (None, "/pay") => ("/pay", 503, "PaymentDownException"),
        _ => ("NOT_FOUND", 404, "none"),
    };
    let mut counts = counts.lock().expect("nobody panicked");
    counts.active -= 1;
    let key = ("GET".to_owned(), uri.to_owned(), status, exception);
    counts.calls.entry(key).or_default().push(begun.elapsed().as_secs_f64());
    drop(counts);
    answer(stream, status, "hello");
}

/// The path that is asked for; the headers are read and passed over.
fn asked(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    while lines.next()?.ok().is_some_and(|line| !line.is_empty()) {}
    first.split(' ').nth(1)?.split('?').next().map(str::to_owned)
}

fn answer(mut stream: &TcpStream, status: u16, body: &str) {
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // Who hung up does not want it.
    let _ = stream.write_all((head + body).as_bytes());
}

/// As `/actuator/prometheus` of Spring Boot 3 shows it, with percentiles-histogram on.
fn page(counts: &Counts) -> String {
    let mut out = String::from("# TYPE http_server_requests_seconds histogram\n");
    for ((method, uri, status, exception), times) in &counts.calls {
        let labels = format!(
            "error=\"{exception}\",exception=\"{exception}\",method=\"{method}\",outcome=\"X\",status=\"{status}\",uri=\"{uri}\""
        );
        let up_to = |bound: f64| times.iter().filter(|time| **time <= bound).count();
        for bound in bounds() {
            let _ = writeln!(out, "http_server_requests_seconds_bucket{{{labels},le=\"{bound}\"}} {}", up_to(bound));
        }
        let _ = writeln!(out, "http_server_requests_seconds_bucket{{{labels},le=\"+Inf\"}} {}", times.len());
        let _ = writeln!(out, "http_server_requests_seconds_count{{{labels}}} {}", times.len());
        let _ = writeln!(out, "http_server_requests_seconds_sum{{{labels}}} {}", times.iter().sum::<f64>());
    }
    out.push_str("# TYPE http_server_requests_seconds_max gauge\n");
    for ((method, uri, status, exception), times) in &counts.calls {
        let most = times.iter().copied().fold(0.0, f64::max);
        let _ = writeln!(
            out,
            "http_server_requests_seconds_max{{error=\"{exception}\",exception=\"{exception}\",method=\"{method}\",outcome=\"X\",status=\"{status}\",uri=\"{uri}\"}} {most}"
        );
    }
    let _ = writeln!(
        out,
        "# TYPE http_server_requests_active_seconds_count gauge\nhttp_server_requests_active_seconds_count{{uri=\"x\"}} {}",
        counts.active
    );
    out.push_str(OF_THE_JVM);
    out
}

/// What is no Spring Boot.
const OF_A_QUEUE: &str = "# TYPE queue_depth gauge\nqueue_depth{app=\"mail\",pod=\"a\"} 3\nqueue_depth{app=\"mail\",pod=\"b\"} 4\n\
# TYPE queue_debug_locks gauge\nqueue_debug_locks 1\n# TYPE go_goroutines gauge\ngo_goroutines 9\n";

const OF_THE_JVM: &str = "# TYPE hikaricp_connections gauge\nhikaricp_connections{pool=\"main\"} 10\n\
# TYPE hikaricp_connections_active gauge\nhikaricp_connections_active{pool=\"main\"} 10\n\
# TYPE hikaricp_connections_idle gauge\nhikaricp_connections_idle{pool=\"main\"} 0\n\
# TYPE hikaricp_connections_pending gauge\nhikaricp_connections_pending{pool=\"main\"} 3\n\
# TYPE hikaricp_connections_max gauge\nhikaricp_connections_max{pool=\"main\"} 10\n\
# TYPE hikaricp_connections_timeout_total counter\nhikaricp_connections_timeout_total{pool=\"main\"} 4\n\
# TYPE logback_events_total counter\nlogback_events_total{level=\"error\"} 7\nlogback_events_total{level=\"info\"} 700\n\
# TYPE jvm_memory_used_bytes gauge\njvm_memory_used_bytes{area=\"heap\",id=\"G1 Eden Space\"} 1.0E7\n\
jvm_memory_used_bytes{area=\"heap\",id=\"G1 Old Gen\"} 3.0E7\n\
# TYPE jvm_memory_max_bytes gauge\njvm_memory_max_bytes{area=\"heap\",id=\"G1 Eden Space\"} -1.0\n\
jvm_memory_max_bytes{area=\"heap\",id=\"G1 Old Gen\"} 1.6E8\n\
# TYPE jvm_threads_live_threads gauge\njvm_threads_live_threads 42\n";

/// A real nginx before a service; ends with us.
pub(super) struct Nginx {
    pub(super) port: u16,
    _process: Process,
}

impl Nginx {
    pub(super) fn is_here() -> bool {
        Command::new("nginx").arg("-v").output().is_ok_and(|output| output.status.success())
    }

    /// In this folder, with its access log as docs/sources.md says that it should be.
    pub(super) fn before(service: u16, folder: &Path) -> Self {
        let (port, at) = (free_port(), folder.display());
        let config = format!(
            "daemon off;\nmaster_process off;\npid {at}/nginx.pid;\nerror_log {at}/nginx.error.log;\n\
             events {{ worker_connections 512; }}\n\
             http {{\n\
             {}\n\
             client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi;\n\
             uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;\n\
             server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{service}; }} }}\n\
             }}\n",
            document::block("nginx").replace("/var/log/nginx", &at.to_string())
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config).expect("loopback and the test's own folder work");
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&file).arg("-p").arg(folder).arg("-e").arg(folder.join("nginx.error.log"));
        let process = Process::start("nginx", command, &folder.join("nginx.out"));
        until("nginx", Duration::from_secs(20), || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { port, _process: process }
    }
}

/// What one client counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    /// Status and milliseconds of each call.
    pub(super) calls: Vec<(u16, f64)>,
}

impl Counted {
    pub(super) fn of(&self, status: u16) -> f64 {
        self.calls.iter().filter(|(found, _)| *found == status).count() as f64
    }

    /// The nearest rank of the calls with this status.
    pub(super) fn percentile(&self, status: u16, percent: f64) -> f64 {
        rank(self.calls.iter().filter(|(found, _)| *found == status).map(|(_, ms)| *ms).collect(), percent)
    }
}

/// The nearest rank.
pub(super) fn rank(mut times: Vec<f64>, percent: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(percent / 100.0 * times.len() as f64).ceil() as usize - 1]
}

/// Asks for each path, some at once, and counts.
pub(super) fn drive(port: u16, paths: &[String]) -> Counted {
    let counted = Mutex::new(Counted::default());
    let share = paths.len().div_ceil(8).max(1);
    std::thread::scope(|scope| {
        for paths in paths.chunks(share) {
            let counted = &counted;
            scope.spawn(move || {
                for path in paths {
                    let call = call(port, path);
                    counted.lock().expect("nobody panicked").calls.push(call);
                }
            });
        }
    });
    counted.into_inner().expect("loopback and the test's own folder work")
}

fn call(port: u16, path: &str) -> (u16, f64) {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("loopback and the test's own folder work");
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").as_bytes())
        .expect("loopback and the test's own folder work");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("loopback and the test's own folder work");
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an HTTP status");
    (status, begun.elapsed().as_secs_f64() * 1e3)
}
