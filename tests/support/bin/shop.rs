//! The tests' shop as a program, for an agent to watch from outside and for the reports of docs/examples.
#![expect(clippy::print_stdout, reason = "a program of its own that says where it listens")]

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use clap::Parser;
use tests::shop::{Manner, serve};

/// A small shop to be pressed; it ends when it is killed
#[derive(Debug, Parser)]
#[command(name = "shop")]
struct Args {
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Connections of its pool
    #[arg(long, default_value_t = 10)]
    pool: usize,
    /// What a query takes, in milliseconds
    #[arg(long, default_value_t = 20)]
    query_ms: u64,
    /// Bytes, and a descriptor, that each order leaves behind
    #[arg(long, default_value_t = 0)]
    leak: usize,
    /// Where it tells each answer
    #[arg(long)]
    statsd: Option<SocketAddr>,
}

fn main() -> std::io::Result<()> {
    let args = Args::parse();
    let listener = TcpListener::bind(args.listen)?;
    println!("listening on {}", listener.local_addr()?);
    let query = Duration::from_millis(args.query_ms);
    serve(&listener, Manner { pool: args.pool, query, leak: args.leak, statsd: args.statsd });
    Ok(())
}
