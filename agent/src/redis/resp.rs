//! RESP, the protocol of Redis (version 2, which every server speaks): replies read from bytes, commands written to them.

/// The largest reply; `INFO` has some 10 KB.
pub const REPLY_MAX: usize = 1 << 20;
/// Most elements of an array, and arrays within arrays.
const ELEMENTS_MAX: usize = 1_024;
const DEPTH_MAX: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Simple(String),
    Error(String),
    Integer(i64),
    Bulk(Option<Vec<u8>>),
    Array(Vec<Reply>),
}

/// What no server of Redis answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl Reply {
    /// The text of a bulk or simple string.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Bulk(Some(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Self::Simple(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// The first reply, and how many bytes it takes; `None` while it is not whole.
pub fn reply(bytes: &[u8]) -> Result<Option<(Reply, usize)>, Broken> {
    element(bytes, 0)
}

fn element(bytes: &[u8], depth: usize) -> Result<Option<(Reply, usize)>, Broken> {
    let Some(kind) = bytes.first() else { return Ok(None) };
    if !b"+-:$*".contains(kind) || depth > DEPTH_MAX {
        return Err(Broken);
    }
    let Some(end) = memchr::memchr(b'\n', bytes) else {
        return if bytes.len() > REPLY_MAX { Err(Broken) } else { Ok(None) };
    };
    let line = std::str::from_utf8(&bytes[1..end]).map_err(|_| Broken)?.trim_end_matches('\r');
    let (from, number) = (end + 1, || line.parse::<i64>().map_err(|_| Broken));
    Ok(match kind {
        b'+' => Some((Reply::Simple(line.to_owned()), from)),
        b'-' => Some((Reply::Error(line.to_owned()), from)),
        b':' => Some((Reply::Integer(number()?), from)),
        b'$' => bulk(&bytes[from..], number()?)?.map(|(reply, used)| (reply, from + used)),
        _ => array(&bytes[from..], number()?, depth)?.map(|(reply, used)| (reply, from + used)),
    })
}

fn bulk(bytes: &[u8], length: i64) -> Result<Option<(Reply, usize)>, Broken> {
    if length == -1 {
        return Ok(Some((Reply::Bulk(None), 0)));
    }
    let length = usize::try_from(length).ok().filter(|length| *length <= REPLY_MAX).ok_or(Broken)?;
    let Some(body) = bytes.get(..length + 2) else { return Ok(None) };
    let content = body.strip_suffix(b"\r\n").ok_or(Broken)?;
    Ok(Some((Reply::Bulk(Some(content.to_vec())), length + 2)))
}

fn array(bytes: &[u8], count: i64, depth: usize) -> Result<Option<(Reply, usize)>, Broken> {
    // -1 is an array that is not there.
    let count = usize::try_from(count.max(0)).ok().filter(|count| *count <= ELEMENTS_MAX).ok_or(Broken)?;
    let (mut list, mut used) = (Vec::new(), 0);
    for _ in 0..count {
        let Some((reply, more)) = element(&bytes[used..], depth + 1)? else { return Ok(None) };
        list.push(reply);
        used += more;
    }
    Ok(Some((Reply::Array(list), used)))
}

/// A command as the server reads it.
pub fn command(words: &[&str]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "it reads better where it is called")]
    fn check(bytes: &[u8], expect: Result<Option<(Reply, usize)>, Broken>) {
        assert_eq!(reply(bytes), expect, "{:?}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn replies() {
        check(b"+OK\r\n", Ok(Some((Reply::Simple("OK".into()), 5))));
        check(b"-NOAUTH x\r\n", Ok(Some((Reply::Error("NOAUTH x".into()), 11))));
        check(b":7\r\nrest", Ok(Some((Reply::Integer(7), 4))));
        check(b"$3\r\na\nb\r\n", Ok(Some((Reply::Bulk(Some(b"a\nb".to_vec())), 9))));
        check(b"$-1\r\n", Ok(Some((Reply::Bulk(None), 5))));
        check(b"*2\r\n+a\r\n:1\r\n", Ok(Some((Reply::Array(vec![Reply::Simple("a".into()), Reply::Integer(1)]), 12))));
        for part in [&b""[..], b"$", b"$3\r\nab", b"*2\r\n+a\r\n", b"+O"] {
            check(part, Ok(None));
        }
        for wrong in [
            &b"HTTP/1.1"[..],
            b"$x\r\n",
            b"$-2\r\n",
            b"$9999999\r\n",
            b"*9999\r\n",
            b"$1\r\nabc",
            b"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
        ] {
            check(wrong, Err(Broken));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(words in prop::collection::vec("[^\\x00]{0,20}", 1..5)) {
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let bytes = command(&words);
            let (read, used) = reply(&bytes).expect("sound").expect("whole");
            let Reply::Array(list) = read else { panic!("an array") };
            prop_assert_eq!(list.iter().filter_map(Reply::text).collect::<Vec<_>>(), words);
            prop_assert_eq!(used, bytes.len());
            prop_assert_eq!(reply(&bytes[..bytes.len() - 1]), Ok(None));
        }

        #[test]
        fn no_bytes_break_it(data in prop::collection::vec(any::<u8>(), 0..200), text in "[+*$:\\-0-9\\r\\na_=,]{0,120}") {
            super::super::fuzz_redis(&data);
            super::super::fuzz_redis(text.as_bytes());
        }
    }
}
