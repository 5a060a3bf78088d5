//! Chromium as a program, for pictures and benchmarks: `browser picture URL FILE`, `browser paint URL`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tests::Browser;

/// A real Chromium looks at a page
#[derive(Debug, Parser)]
#[command(name = "browser")]
struct Args {
    /// As many CSS pixels
    #[arg(long, default_value_t = 1_280)]
    width: u32,
    /// A longer page is cut in its picture
    #[arg(long, default_value_t = 2_400)]
    height: u32,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Take a picture of the page, once its charts are drawn
    Picture { url: String, file: std::path::PathBuf },
    /// Print the median first paint of 9 visits in milliseconds, and the bytes of the first
    Paint { url: String },
}

/// What a visit cost: the paint, and what travelled for it.
const COST: &str = "[performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null, \
    performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource')) \
    .filter((it) => !it.name.endsWith('/live')).reduce((sum, it) => sum + it.transferSize, 0)]";
const DRAWN: &str = "[...document.querySelectorAll('figure.chart')].every((it) => it.chart)";

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program of scripts/")]
fn main() -> ExitCode {
    let args = Args::parse();
    let Some(mut browser) = Browser::start() else {
        eprintln!("chromium is not installed");
        return ExitCode::FAILURE;
    };
    browser.size(args.width, 800);
    match args.what {
        What::Picture { url, file } => {
            browser.open(&url);
            browser.until(DRAWN);
            browser.picture(&file, args.height);
        }
        What::Paint { url } => {
            let mut paints = Vec::new();
            let mut bytes = 0.0;
            for visit in 0..9 {
                browser.open(&url);
                browser.until(DRAWN);
                let cost = browser.eval(COST);
                paints.extend(cost[0].as_f64());
                if visit == 0 {
                    bytes = cost[1].as_f64().unwrap_or(0.0);
                }
            }
            paints.sort_by(f64::total_cmp);
            println!("{:.0} {bytes:.0}", paints.get(paints.len() / 2).copied().unwrap_or(f64::NAN));
        }
    }
    ExitCode::SUCCESS
}
