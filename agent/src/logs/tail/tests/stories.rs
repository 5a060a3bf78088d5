//! Any order of writes, rotations, looks, sends and kills.

use proptest::prelude::*;

use super::super::model::{Act, acts};
use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Rotated and killed at any moment, nothing is lost, and nothing comes twice that was written down.
    #[test]
    fn nothing_is_lost_and_nothing_doubled(acts in acts(), glob in prop::sample::select(EACH.to_vec())) {
        let mut stage = Stage::new(glob);
        let mut rotations = 0_u32;
        for act in &acts {
            match act {
                Act::Write(lines) => stage.write(*lines),
                Act::Rename | Act::CopyTruncate => {
                    // A path that nobody ever saw a file at has no past.
                    if stage.unseen && stage.durable.marks.is_empty() {
                        stage.look();
                    }
                    for at in (1..=rotations).rev() {
                        stage.disk.rename(&format!("app.log.{at}"), &format!("app.log.{}", at + 1));
                    }
                    rotations += 1;
                    if matches!(act, Act::Rename) {
                        stage.disk.rename("app.log", "app.log.1");
                    } else {
                        let text = stage.disk.text("app.log");
                        stage.disk.create("app.log.1", &text);
                        stage.disk.truncate("app.log");
                    }
                    // Between two rotations an agent that is up looks at least once.
                    stage.look();
                }
                Act::Look => stage.look(),
                Act::Send => stage.send(true),
                Act::Kill => {
                    stage.kill();
                    stage.look();
                }
            }
        }
        stage.finish();
        let (lost, doubled) = stage.account();
        prop_assert!(lost.is_empty(), "lost {:?} of {}", lost, stage.written);
        prop_assert_eq!(doubled, 0);
    }
}
