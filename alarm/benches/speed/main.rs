//! How fast the judges are, on one core: `cargo bench -p alarm --bench speed`, a table of Markdown a subject.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark takes arguments and prints")]

mod clock;
mod fleet;
mod judges;

use alarm::rules::Rules;

/// `judges`, `fleet`, or both; `judges=budget` are those whose name begins so.
fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wants = |name: &str| chosen.is_empty() || chosen.iter().any(|word| word == name);
    let judges = chosen.iter().find_map(|word| word.strip_prefix("judges="));
    if wants("judges") || judges.is_some() {
        judges::measure(judges.unwrap_or_default());
    }
    if wants("fleet") {
        fleet::measure();
    }
}

fn rules(text: &str) -> Rules {
    Rules::parse("bench", text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// One row of Markdown.
fn row(cells: &[&str]) {
    println!("| {} |", cells.join(" | "));
}

/// Between 1 and 100, the same each time; one point in a hundred is missing.
fn noise(slot: usize) -> f64 {
    let mixed = (slot as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let roll = (mixed >> 33) % 1_000;
    if roll < 10 { f64::NAN } else { roll as f64 / 10.0 }
}
