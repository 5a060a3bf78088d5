//! Patterns as people write them for names: `*` is any run of characters, `?` any one. Nothing else is special.

/// Whether the whole name matches.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // Where to go on when a run turns out too short: behind the last star, one character later.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Some(b'?') => (p, n) = (p + 1, n + 1),
            Some(c) if *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (p, n) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

pub fn matches_any<'a>(patterns: impl IntoIterator<Item = &'a String>, name: &str) -> bool {
    patterns.into_iter().any(|pattern| matches(pattern, name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn runs_and_single_characters() {
        for (pattern, name, expect) in [
            ("*", "", true),
            ("", "a", false),
            ("eth*", "eth0", true),
            ("eth?", "eth10", false),
            ("*.slice", "system.slice", true),
            ("a*b*c", "axxbyybzzc", true),
            ("a*b*c", "axxbyybzz", false),
            ("nvme*n1", "nvme0n1p1", false),
        ] {
            assert_eq!(matches(pattern, name), expect, "{pattern} {name}");
        }
    }

    proptest! {
        /// The same answer as the obvious recursion.
        #[test]
        fn as_the_obvious(pattern in "[ab*?]{0,8}", name in "[ab]{0,10}") {
            fn slow(p: &[u8], n: &[u8]) -> bool {
                match (p.first(), n.first()) {
                    (None, None) => true,
                    (Some(b'*'), _) => slow(&p[1..], n) || (!n.is_empty() && slow(p, &n[1..])),
                    (Some(c), Some(d)) => (*c == b'?' || c == d) && slow(&p[1..], &n[1..]),
                    _ => false,
                }
            }
            prop_assert_eq!(matches(&pattern, &name), slow(pattern.as_bytes(), name.as_bytes()));
        }
    }
}
