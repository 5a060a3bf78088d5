//! Draws docs/img/alarms: of each judge a case that fires and one that does not, as the judge itself sees them.
//!
//! `cargo run -p alarm --example pictures` (scripts/pictures calls it); `cargo test -p alarm --test pictures` holds that
//! the pictures in the tree are these.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a command: it writes files and names them")]

mod album;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/img/alarms");
    std::fs::create_dir_all(&folder)?;
    for (name, svg) in album::pictures() {
        std::fs::write(folder.join(&name), svg)?;
        println!("docs/img/alarms/{name}");
    }
    Ok(())
}
