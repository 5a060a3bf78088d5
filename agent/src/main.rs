//! Starts the program: reads what was typed, obeys, and tells how it ended.

use std::process::ExitCode;

fn main() -> ExitCode {
    agent::cli::main(std::env::args_os())
}
