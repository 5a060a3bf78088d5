//! What a program that runs until told to stop needs of the outside: signals, a clock, a log.

use std::io;
use std::os::unix::net::UnixStream as Pipe;
use std::time::{Duration, SystemTime};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::sync::mpsc;

use crate::run::Order;

/// Makes orders of signals, for as long as somebody takes them.
pub(super) fn listen(orders: &mpsc::Sender<Order>) -> io::Result<()> {
    for (signal, order) in [(SIGTERM, Order::Stop), (SIGINT, Order::Stop), (SIGHUP, Order::Reload)] {
        tokio::spawn(forward(pipe(signal)?, order, orders.clone()));
    }
    Ok(())
}

pub(super) fn clock() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// To standard error, which is the journal's; the journal knows the time.
pub(super) fn log() {
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).without_time().with_target(false);
    // Somebody else's subscriber is as good.
    let _ = log.with_max_level(tracing::Level::INFO).try_init();
}

/// A byte for each time the signal comes: no handler of ours runs inside one.
fn pipe(signal: i32) -> io::Result<UnixStream> {
    let (read, write) = Pipe::pair()?;
    read.set_nonblocking(true)?;
    write.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(signal, write)?;
    UnixStream::from_std(read)
}

async fn forward(mut signals: UnixStream, order: Order, orders: mpsc::Sender<Order>) {
    let mut byte = [0];
    while matches!(signals.read(&mut byte).await, Ok(1)) {
        if orders.send(order).await.is_err() {
            return;
        }
    }
}
