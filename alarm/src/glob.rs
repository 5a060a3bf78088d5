//! Patterns as people write them for names: `*` is any run of characters, `?` any one. Nothing else is special.

/// Whether the whole text matches. At each mismatch only the last star grows, so the cost is at most pattern x text;
/// nothing is allocated.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (glob, bytes) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on when a run turns out too short: behind the last star, one character later.
    let mut retry: Option<(usize, usize)> = None;
    while t < bytes.len() {
        match glob.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(b'?') => (p, t) = (p + 1, behind(bytes, t)),
            Some(c) if *c == bytes[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((after, from)) = retry else { return false };
                let next = behind(bytes, from);
                retry = Some((after, next));
                (p, t) = (after, next);
            }
        }
    }
    glob[p..].iter().all(|c| *c == b'*')
}

pub fn matches_any<'a>(patterns: impl IntoIterator<Item = &'a String>, text: &str) -> bool {
    patterns.into_iter().any(|pattern| matches(pattern, text))
}

/// Where the character that begins here ends.
fn behind(bytes: &[u8], at: usize) -> usize {
    let continues = |byte: &&u8| **byte & 0xC0 == 0x80;
    at + 1 + bytes[at + 1..].iter().take_while(continues).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn runs_and_single_characters() {
        for (pattern, text, expect) in [
            ("*", "", true),
            ("", "a", false),
            ("eth*", "eth0", true),
            ("eth?", "eth10", false),
            ("*.slice", "system.slice", true),
            ("a*b*c", "axxbyybzzc", true),
            ("a*b*c", "axxbyybzz", false),
            ("nvme*n1", "nvme0n1p1", false),
            ("*_used*percent", "disk_used_in_percent", true),
            ("디*", "디스크", true),
            ("?스크", "디스크", true),
            ("*??", "디", false),
        ] {
            assert_eq!(matches(pattern, text), expect, "{pattern} {text}");
        }
    }

    #[test]
    fn stars_do_not_explode() {
        let pattern = "*a".repeat(100) + "b";
        assert!(!matches(&pattern, &"a".repeat(1_000)));
    }

    proptest! {
        /// The same answer as the obvious recursion.
        #[test]
        fn as_the_obvious(pattern in "[ab가*?]{0,8}", text in "[ab가각]{0,10}") {
            fn slow(p: &[char], t: &[char]) -> bool {
                match (p.first(), t.first()) {
                    (None, None) => true,
                    (Some('*'), _) => slow(&p[1..], t) || (!t.is_empty() && slow(p, &t[1..])),
                    (Some(c), Some(d)) => (*c == '?' || c == d) && slow(&p[1..], &t[1..]),
                    _ => false,
                }
            }
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(matches(&pattern, &text), slow(&p, &t));
        }
    }
}
