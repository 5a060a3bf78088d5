//! Reads a page of 5,000 lines as Spring Boot's Actuator shows it, for scripts/bench scrape. `page spring` or `page none`.

use std::fmt::Write as _;
use std::io::Write as _;

use agent::scrape::{Settings, Target};

/// Requests by 55 routes and statuses with 70 buckets each, and as many other metrics of a JVM as there are.
fn page(life: u32) -> String {
    let mut out = String::from("# TYPE http_server_requests_seconds histogram\n");
    for route in 0..55_u32 {
        let status = [200, 404, 500][route as usize % 3];
        let labels = format!(
            "error=\"none\",exception=\"none\",method=\"GET\",outcome=\"SUCCESS\",status=\"{status}\",uri=\"/api/v1/things{route}/{{id}}\""
        );
        // A `String` takes whatever is written to it.
        for bucket in 0..70_u32 {
            let bound = 0.001 * 1.14_f64.powi(bucket as i32);
            let _ = writeln!(
                out,
                "http_server_requests_seconds_bucket{{{labels},le=\"{bound}\"}} {}",
                life * (bucket + route)
            );
        }
        let _ = writeln!(out, "http_server_requests_seconds_count{{{labels}}} {}", life * (70 + route));
        let _ = writeln!(out, "http_server_requests_seconds_sum{{{labels}}} {}", f64::from(life) * 1.5);
    }
    out.push_str("# TYPE jvm_memory_used_bytes gauge\n");
    let mut line = 0;
    while out.lines().count() < 5_000 - 50 {
        for _ in 0..50 {
            line += 1;
            let _ = writeln!(out, "jvm_memory_used_bytes{{area=\"heap\",id=\"part {line}\"}} {}.0E7", line % 9 + 1);
        }
    }
    for more in out.lines().count()..5_000 {
        let _ = writeln!(out, "logback_events_total{{level=\"error\",more=\"{more}\"}} {life}");
    }
    out
}

/// What this process took of the processor. Not from /proc, which is as coarse as the kernel's tick: a page is shorter.
fn cpu_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

fn main() {
    let preset = std::env::args().nth(1).unwrap_or_else(|| "spring".to_owned());
    let pages: Vec<_> = (1..=2).map(page).collect();
    let settings = Settings { max_series: 2_000, ..Settings::of("shop", "http://127.0.0.1/", &preset) };
    let mut target = Target::new(&settings);
    let mut costs = Vec::new();
    let mut series = 0;
    for turn in 0..201 {
        let before = cpu_ms();
        series = target.read(pages[turn % 2].as_bytes()).0.len();
        costs.push(cpu_ms() - before);
    }
    // The first only says where to count from; of the rest the middle one.
    costs.remove(0);
    costs.sort_by(f64::total_cmp);
    let (lines, kb) = (pages[0].lines().count(), pages[0].len() / 1_000);
    let said = format!("{lines} {kb} {:.2} {series}\n", costs[costs.len() / 2]);
    std::io::stdout().write_all(said.as_bytes()).expect("written");
}
