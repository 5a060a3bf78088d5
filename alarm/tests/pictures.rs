//! The pictures of docs/alarms.md are what the judges do: `scripts/pictures` draws them anew.
#![expect(clippy::disallowed_methods, reason = "a test outside the library reads the documents")]

#[path = "../examples/pictures/album/mod.rs"]
mod album;

use std::path::Path;

#[test]
fn the_pictures_in_the_tree_are_what_the_judges_draw() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let page = std::fs::read_to_string(docs.join("alarms.md")).expect("the page of alarms");
    for (name, svg) in album::pictures() {
        let held = std::fs::read_to_string(docs.join("img/alarms").join(&name)).unwrap_or_default();
        assert!(held == svg, "docs/img/alarms/{name} is not what is drawn today: run scripts/pictures");
        assert!(page.contains(&format!("(img/alarms/{name})")), "docs/alarms.md does not show {name}");
    }
}

/// Of each judge there is a picture, and in each one panel fires and one does not.
#[test]
fn each_judge_has_one_case_that_fires_and_one_that_does_not() {
    let pictures = album::pictures();
    for judge in alarm::judge::WORDS {
        let (_, svg) = pictures.iter().find(|(name, _)| *name == format!("{judge}.svg")).expect(judge);
        assert_eq!((svg.matches(">Fires. ").count(), svg.matches(">Does not fire. ").count()), (1, 1), "{judge}");
    }
}
