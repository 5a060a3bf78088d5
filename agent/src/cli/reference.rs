//! `stormglass reference`: prints `docs/commands.md`, from the same table as the help. For builders, hence hidden.

use std::fmt::{self, Write};

use super::{Common, Out};
use crate::failure::{Exit, Failure};

const HEAD: &str = "# Commands

<!-- Printed by `stormglass reference`; a test holds that it agrees with the program. -->

What every command takes stands below; the words after `Exit:` are the same for all. Results go to standard output,
complaints and progress to standard error. Each command says more with `--help`.

Exit: 0 it is well, 1 it was tried and failed, 2 what was typed or configured is wrong and nothing was tried, 3 there
are warnings and they were denied, 4 the result cannot be relied on.
";

/// Print docs/commands.md
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(Args {}: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    out.raw(page().as_bytes())?;
    Ok(Exit::Ok)
}

fn page() -> String {
    let mut root = super::command();
    root.build();
    let mut text = HEAD.to_owned();
    let common: Vec<_> = root.get_arguments().filter(|arg| arg.is_global_set()).collect();
    // A `String` takes whatever is written to it.
    let _ = arguments(&mut text, &common);
    for command in root.get_subcommands() {
        let _ = section(&mut text, command, "stormglass");
    }
    text
}

/// One command, then those below it. Hidden ones are for builders.
fn section(text: &mut String, command: &clap::Command, above: &str) -> fmt::Result {
    if command.is_hide_set() || command.get_name() == "help" {
        return Ok(());
    }
    let name = format!("{above} {}", command.get_name());
    write!(text, "\n## {name}\n\n{}.\n", styled(command.get_about()))?;
    if let Some(long) = command.get_long_about() {
        let rest = long.to_string();
        let rest = rest.split_once("\n\n").map_or("", |(_, rest)| rest);
        if !rest.is_empty() {
            write!(text, "\n{}\n", rest.trim())?;
        }
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").lines().map(str::trim).collect::<Vec<_>>().join("\n");
    write!(text, "\n```\n{usage}\n```\n")?;
    if let Some(after) = command.get_after_help() {
        write!(text, "\n```\n{}\n```\n", after.to_string().trim())?;
    }
    let own: Vec<_> = command.get_arguments().filter(|arg| !arg.is_global_set() && !arg.is_hide_set()).collect();
    arguments(text, &own)?;
    command.get_subcommands().try_for_each(|below| section(text, below, &name))
}

fn arguments(text: &mut String, list: &[&clap::Arg]) -> fmt::Result {
    let list: Vec<_> = list.iter().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version")).collect();
    if list.is_empty() {
        return Ok(());
    }
    text.push_str("\n| argument | what it is |\n|---|---|\n");
    for arg in list {
        let help = styled(arg.get_help()).replace('\n', " ").replace('|', "\\|");
        let env = arg.get_env().map(|name| format!(" (or `{}`)", name.display())).unwrap_or_default();
        let default = arg.get_default_values().iter().map(|it| it.display().to_string()).collect::<Vec<_>>().join(" ");
        let default = match default.as_str() {
            "" | "false" => String::new(),
            value => format!(" (default `{value}`)"),
        };
        let form = arg.to_string().replace('|', "\\|");
        writeln!(text, "| `{form}` | {help}{default}{env} |")?;
    }
    Ok(())
}

fn styled(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_in_the_tree_is_the_one_printed() {
        let kept = include_str!("../../../docs/commands.md");
        assert!(kept == super::page(), "run: stormglass reference > docs/commands.md");
    }
}
