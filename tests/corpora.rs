//! The fuzzer's corpora, replayed without the fuzzer: what was once found stays repaired.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;

use tests::root;

#[test]
fn every_input_of_every_corpus_holds() {
    let mut broken = Vec::new();
    for target in fuzz::TARGETS {
        let folder = root().join("tests/fuzz/corpus").join(target.name);
        let inputs: Vec<_> = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).collect();
        assert!(!inputs.is_empty(), "{} is empty: a target begins with a seed", folder.display());
        for input in inputs {
            let path = input.unwrap().path();
            let data = fs::read(&path).unwrap();
            if catch_unwind(|| (target.run)(&data)).is_err() {
                broken.push(path.display().to_string());
            }
        }
    }
    assert!(broken.is_empty(), "broken by\n{}", broken.join("\n"));
}

/// scripts/fuzz takes its list from the folders.
#[test]
fn the_folders_of_corpora_are_the_table_of_targets() {
    let folders = fs::read_dir(root().join("tests/fuzz/corpus")).unwrap();
    let folders: BTreeSet<_> = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    let targets: BTreeSet<_> = fuzz::TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(folders, targets);
}
