//! A log as a small shop has it: nginx's access lines and a Java service's, one line in ten part of a stack trace.

use std::io::{self, Write};

const TRACE: &[&str] = &[
    "com.acme.shop.CheckoutException: cannot pay order 4711",
    "\tat com.acme.shop.Checkout.pay(Checkout.java:87)",
    "\tat com.acme.shop.CheckoutController.post(CheckoutController.java:41)",
    "\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:885)",
    "\tat java.base/java.lang.Thread.run(Thread.java:840)",
    "Caused by: java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30000ms.",
    "\tat com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:696)",
    "\tat com.acme.shop.Orders.load(Orders.java:33)",
    "\t... 42 more",
];

/// Writes at least `bytes`, and returns how many lines.
pub(crate) fn write(out: &mut impl Write, bytes: usize) -> io::Result<u64> {
    let (mut written, mut lines, mut at) = (0, 0_u64, 0_u64);
    let mut line = Vec::with_capacity(2_048);
    while written < bytes {
        line.clear();
        let (second, ms, thread) = (at / 200 % 60, at * 5 % 1_000, at % 9);
        // One event in ninety is an error of ten lines: a tenth of all lines belongs to a trace.
        match at % 90 {
            0 => {
                write!(
                    line,
                    "2026-11-21 13:13:{second:02},{ms:03} ERROR [http-nio-8080-exec-{thread}] c.a.shop.Checkout - "
                )?;
                writeln!(line, "checkout of order {at} failed")?;
                for frame in TRACE {
                    writeln!(line, "{frame}")?;
                }
            }
            n if n % 2 == 0 => {
                write!(line, "10.0.{}.{} - - [21/Nov/2026:13:13:{second:02} +0000] ", at % 7, at % 251)?;
                write!(line, "\"GET /api/orders/{at}?page={} HTTP/1.1\" 200 {} ", at % 5, 200 + at % 4_000)?;
                write!(line, "\"https://shop.example.com/\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\" ")?;
                writeln!(line, "0.0{:02}", at % 60)?;
            }
            _ => {
                write!(
                    line,
                    "2026-11-21 13:13:{second:02},{ms:03} INFO  [http-nio-8080-exec-{thread}] c.a.shop.Orders - "
                )?;
                writeln!(line, "loaded order {at} of customer {} in {} ms", at % 10_007, at % 40)?;
            }
        }
        out.write_all(&line)?;
        written += line.len();
        lines += if at.is_multiple_of(90) { 1 + TRACE.len() as u64 } else { 1 };
        at += 1;
    }
    out.flush()?;
    Ok(lines)
}
