//! `stormglass explain`: what an error code means and what to do, from the very text of `docs/errors.md`.

use alarm::sheet::did_you_mean;
use serde::Serialize;

use super::{Common, Out};
use crate::failure::{Exit, Failure};

const PAGE: &str = include_str!("../../../docs/errors.md");

/// Explain an error code, or list them all
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A code such as SG-CFG-003; all are listed without it
    code: Option<String>,
}

/// One section of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Explained<'a> {
    code: &'a str,
    title: &'a str,
    means: &'a str,
    #[serde(rename = "do")]
    remedy: &'a str,
}

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let all: Vec<_> = sections(PAGE).collect();
    let Some(asked) = &args.code else {
        out.say(&all, || all.iter().map(|it| format!("{}  {}", it.code, it.title)).collect::<Vec<_>>().join("\n"))?;
        return Ok(Exit::Ok);
    };
    let wanted = full_code(asked);
    let Some(found) = all.iter().find(|it| it.code == wanted) else {
        let hint = did_you_mean(&wanted, all.iter().map(|it| it.code));
        let hint = hint.map(|best| format!("; did you mean {best}?")).unwrap_or_default();
        return Err(Failure::usage("SG-CLI-004", format!("no error has the code {wanted}{hint}")));
    };
    out.say(found, || {
        let Explained { code, title, means, remedy } = found;
        format!("{code}: {title}\n\n{means}\n\nDo: {remedy}")
    })?;
    Ok(Exit::Ok)
}

/// `cfg-3` and `sg-cfg-003` are what a person types for `SG-CFG-003`.
fn full_code(asked: &str) -> String {
    let upper = asked.trim().to_uppercase();
    let short = upper.strip_prefix("SG-").unwrap_or(&upper);
    match short.split_once('-') {
        Some((room, number)) => format!("SG-{room}-{number:0>3}"),
        None => format!("SG-{short}"),
    }
}

/// Each `### CODE Title` with its text, up to the next heading.
fn sections(page: &str) -> impl Iterator<Item = Explained<'_>> {
    page.split("\n### ").skip(1).filter_map(|section| {
        let section = section.split("\n## ").next()?;
        let (heading, body) = section.split_once('\n')?;
        let (code, title) = heading.split_once(' ')?;
        let (means, remedy) = body.split_once("\nDo: ")?;
        Some(Explained { code, title, means: means.trim(), remedy: remedy.trim() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_whole_and_in_its_place() {
        let all: Vec<_> = sections(PAGE).collect();
        assert_eq!(all.len(), PAGE.matches("\n### ").count(), "a section lacks its title or its `Do:`");
        for it in &all {
            assert!(!it.means.is_empty() && !it.remedy.is_empty(), "{} says nothing", it.code);
            assert_eq!(full_code(it.code), it.code);
        }
        for room in PAGE.split("\n## ").skip(1) {
            let name = room.split(':').next().unwrap_or_default();
            let codes: Vec<_> = room.split("\n### ").skip(1).map(|it| it.split(' ').next().unwrap_or("")).collect();
            assert!(codes.is_sorted() && !codes.is_empty(), "the codes of {name} are not in order");
            assert!(codes.iter().all(|code| code.starts_with(&format!("SG-{name}-"))), "a code strayed into {name}");
        }
    }

    #[test]
    fn a_code_may_be_typed_short() {
        for typed in ["SG-CFG-003", "sg-cfg-3", "cfg-003", " CFG-3"] {
            assert_eq!(full_code(typed), "SG-CFG-003");
        }
    }
}
