//! What the kernel dropped of our socket because nobody read it in time: the last column of `/proc/net/udp`.

/// The drops of the socket with this inode, since it was opened.
pub(super) fn drops(table: &str, inode: u64) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let its: u64 = fields.nth(9)?.parse().ok()?;
        (its == inode).then(|| fields.next_back()?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n \
        1234: 0100007F:1FBD 00000000:0000 07 00000000:00000000 00:00000000 00000000   110        0 32100 2 0000000000000000 42\n \
        1240: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 12345 2 0000000000000000 0\n";

    #[test]
    fn by_the_inode() {
        assert_eq!((drops(TABLE, 32_100), drops(TABLE, 12_345), drops(TABLE, 1)), (Some(42), Some(0), None));
        assert_eq!(drops("", 1), None);
        assert_eq!(drops("head\nshort line\n", 1), None);
    }
}
