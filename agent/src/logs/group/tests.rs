//! What an event is, language by language.

use proptest::prelude::*;

use super::*;

const MAX: usize = 64 << 10;

/// The events of a text, as the text of each.
fn events(rule: Rule, event_max: usize, text: &[u8]) -> Vec<(Vec<u8>, Cut)> {
    let mut grouper = Grouper::new(rule, event_max);
    let (mut at, mut list) = (0, vec![]);
    while let Some(cut) = grouper.next(&text[at..]).or_else(|| grouper.flush(&text[at..])) {
        list.push((text[at..at + cut.len].to_vec(), cut));
        at += cut.len;
    }
    assert_eq!(at, text.len());
    list
}

/// `---` parts the events that are expected; each that holds a trace begins with `!`.
fn check(name: &str, marked: &str) {
    let expected: Vec<_> =
        marked.split("---8<---\n").map(|part| (part.trim_start_matches('!'), part.starts_with('!'))).collect();
    let text: String = expected.iter().map(|(part, _)| *part).collect();
    let found = events(Rule::BuiltIn, MAX, text.as_bytes());
    let found: Vec<_> = found.iter().map(|(part, cut)| (std::str::from_utf8(part).unwrap(), cut.trace)).collect();
    assert_eq!(found, expected, "{name}");
}

#[test]
fn traces_of_every_language_arrive_whole() {
    let sample = include_str!("traces.txt");
    let mut languages = 0;
    for sample in sample.split("=== ").skip(1) {
        let (name, marked) = sample.split_once('\n').unwrap();
        check(name, marked);
        languages += 1;
    }
    assert!(languages >= 14, "only {languages} samples");
}

#[test]
fn a_pattern_of_ones_own() {
    let rule = Rule::Start(Regex::new(r"^\d{4}-").unwrap());
    let text = b"2026-01-01 a\nlater\n  at x\n2026-01-01 b\n";
    let found: Vec<_> = events(rule, MAX, text).into_iter().map(|(part, _)| part.len()).collect();
    assert_eq!(found, [26, 13]);
}

#[test]
fn what_is_too_long_is_cut_at_a_space_and_nothing_of_it_is_lost() {
    let text = format!("{} secret\nnext\n", "word ".repeat(20));
    let found = events(Rule::BuiltIn, 32, text.as_bytes());
    assert!(found[0].1.short && found[0].0.ends_with(b" "));
    assert_eq!(found.last().map(|(part, _)| part.as_slice()), Some(b"next\n".as_slice()));
    // Between lines, where there are several.
    let found = events(Rule::BuiltIn, 16, b"head\n at one\n at two\n at three\n");
    assert_eq!(found.iter().map(|(part, _)| part.len()).collect::<Vec<_>>(), [13, 8, 10]);
    // Never inside a character.
    let text = "가".repeat(40);
    assert!(events(Rule::BuiltIn, 32, text.as_bytes()).iter().all(|(part, _)| std::str::from_utf8(part).is_ok()));
}

#[test]
fn an_open_event_waits_until_it_is_flushed() {
    let mut grouper = Grouper::new(Rule::BuiltIn, MAX);
    let mut buffer = b"ERROR failed\n".to_vec();
    assert_eq!(grouper.next(&buffer), None);
    buffer.extend(b"\tat a.b(C.java:1)\n");
    assert_eq!(grouper.next(&buffer), None);
    buffer.extend(b"\tat half a li");
    assert_eq!(grouper.flush(&buffer), Some(Cut { len: buffer.len(), trace: true, short: false }));
}

/// Pieces of logs that meet in ways which no log would have.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "2026-11-21 13:13:29,123 ERROR [main] c.a.Shop - no\n",
        "java.lang.IllegalStateException: no\n",
        "\tat a.b.C.d(C.java:1)\n",
        "Caused by: a.B: x\n",
        "\t... 3 more\n",
        "Traceback (most recent call last):\n",
        "  File \"x\", line 1\n",
        "ValueError: x\n",
        "\n",
        "panic: x\n",
        "goroutine 1 [running]:\n",
        "main.main()\n",
        "thread 'main' panicked at a.rs:1:2:\n",
        "note: run\n",
        "{\"level\":\"error\"}\n",
        "-----BEGIN PRIVATE KEY-----\n",
        "AAAA\n",
        "-----END PRIVATE KEY-----\n",
        "#0 x\n",
        "\r\n",
        "no end",
        "\0\0",
        "가",
    ]);
    let any = prop::collection::vec(any::<u8>(), 0..40);
    let piece = prop_oneof![3 => known.prop_map(|text| text.as_bytes().to_vec()), 1 => any];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_byte_is_in_one_event(text in fragments(), portions in prop::collection::vec(1_usize..90, 1..20), event_max in 8_usize..400) {
        let mut grouper = Grouper::new(Rule::BuiltIn, event_max);
        let (mut taken, mut seen, mut out) = (0, 0, vec![]);
        for portion in portions.iter().cycle() {
            seen = (seen + portion).min(text.len());
            while let Some(cut) = grouper.next(&text[taken..seen]) {
                prop_assert!(cut.len > 0 && cut.len <= event_max);
                out.extend_from_slice(&text[taken..taken + cut.len]);
                taken += cut.len;
            }
            if seen == text.len() { break }
        }
        while let Some(cut) = grouper.flush(&text[taken..]) {
            prop_assert!(cut.len > 0 && cut.len <= event_max);
            out.extend_from_slice(&text[taken..taken + cut.len]);
            taken += cut.len;
        }
        prop_assert_eq!(out, text);
    }

    /// How a file happens to be read does not change what its events are.
    #[test]
    fn portions_do_not_matter(text in fragments(), portion in 1_usize..60) {
        let whole: Vec<_> = events(Rule::BuiltIn, MAX, &text).into_iter().map(|(part, _)| part).collect();
        let mut grouper = Grouper::new(Rule::BuiltIn, MAX);
        let (mut taken, mut seen, mut parts) = (0, 0, vec![]);
        while seen < text.len() {
            seen = (seen + portion).min(text.len());
            while let Some(cut) = grouper.next(&text[taken..seen]) {
                parts.push(text[taken..taken + cut.len].to_vec());
                taken += cut.len;
            }
        }
        while let Some(cut) = grouper.flush(&text[taken..]) {
            parts.push(text[taken..taken + cut.len].to_vec());
            taken += cut.len;
        }
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn the_fuzzed_entry_holds(data in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_group(&data);
    }
}
