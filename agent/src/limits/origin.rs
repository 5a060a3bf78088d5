//! Where a value comes from: the last line of all files that says so, or nobody.

/// One line of a file of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) file: String,
    pub(super) line: usize,
    /// `LimitNOFILE`, `net.core.somaxconn`; of limits.conf who and what, like `* soft nofile`.
    pub(super) key: String,
    pub(super) value: String,
}

impl Setting {
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// `Key = value` of units, of systemd's own configuration and of sysctl.d.
pub(super) fn assignments(file: &str, text: &str) -> Vec<Setting> {
    lines(text)
        .filter_map(|(line, text)| {
            let (key, value) = text.split_once('=')?;
            // sysctl: a dash means that a failure is no matter, and a slash may stand for a dot.
            let key = key.trim().trim_start_matches('-').replace('/', ".");
            Some(Setting {
                file: file.to_owned(),
                line,
                key,
                value: value.split_whitespace().collect::<Vec<_>>().join(" "),
            })
        })
        .collect()
}

/// `WHO soft|hard|- ITEM VALUE` of limits.conf.
pub(super) fn of_sessions(file: &str, text: &str) -> Vec<Setting> {
    lines(text)
        .filter_map(|(line, text)| {
            let words: Vec<&str> = text.split_whitespace().collect();
            let [who, kind, item, value] = *words.first_chunk::<4>()?;
            let key = format!("{who} {kind} {item}");
            Some(Setting { file: file.to_owned(), line, key, value: value.to_owned() })
        })
        .collect()
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with(['#', ';']))
}

/// The line that holds. An empty value takes back what stood before.
pub(super) fn last<'a>(settings: &'a [Setting], key: &str) -> Option<&'a Setting> {
    settings.iter().rfind(|it| it.key == key).filter(|it| !it.value.is_empty())
}

/// The line of limits.conf that holds for a user: their own before their groups', and those before everybody's. Everybody is
/// not root.
pub(super) fn of_user<'a>(settings: &'a [Setting], user: &str, groups: &[String], item: &str) -> Option<&'a Setting> {
    let says = |who: &str| {
        settings.iter().rfind(|it| {
            let mut words = it.key.split(' ');
            words.next() == Some(who) && matches!(words.next(), Some("soft" | "-")) && words.next() == Some(item)
        })
    };
    let of_groups = || groups.iter().find_map(|group| says(&format!("@{group}")));
    says(user).or_else(of_groups).or_else(|| says("*").filter(|_| user != "root"))
}

/// Soft and hard of `65536:524288`, `infinity`, `4K`.
pub(super) fn pair(value: &str) -> Option<(u64, u64)> {
    let (soft, hard) = value.split_once(':').unwrap_or((value, value));
    Some((amount(soft)?, amount(hard)?))
}

/// A number with systemd's suffixes; no limit is the greatest one. `None` is no number, such as the share `60%`.
pub(super) fn amount(value: &str) -> Option<u64> {
    if matches!(value, "infinity" | "unlimited" | "-1") {
        return Some(u64::MAX);
    }
    let digits = value.trim_end_matches(['K', 'M', 'G', 'T']);
    let power = match &value[digits.len()..] {
        "" => 0,
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        _ => return None,
    };
    let number: u64 = digits.parse().ok()?;
    Some(number.saturating_mul(1024_u64.pow(power)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_wins_and_an_empty_one_takes_back() {
        let text =
            "[Service]\n# LimitNOFILE=1\nLimitNOFILE=1024\nLimitNOFILE = 65536:524288\nTasksMax=100\nTasksMax=\n";
        let all = assignments("shop.service", text);
        assert_eq!(last(&all, "LimitNOFILE").map(Setting::place).as_deref(), Some("shop.service:4"));
        assert_eq!(last(&all, "TasksMax"), None);
        let kernel = assignments("x.conf", "-net/core/somaxconn = 8192\nnet.ipv4.ip_local_port_range=10240\t65535\n");
        assert_eq!(last(&kernel, "net.core.somaxconn").map(|it| &*it.value), Some("8192"));
        assert_eq!(last(&kernel, "net.ipv4.ip_local_port_range").map(|it| &*it.value), Some("10240 65535"));
    }

    #[test]
    fn the_nearest_line_of_limits_conf_holds() {
        let text = "* soft nofile 1\n@web - nofile 2\nkim soft nofile 3\n* hard nofile 4\nroot soft nofile 5\n";
        let all = of_sessions("limits.conf", text);
        let value = |user: &str, groups: &[&str]| {
            let groups: Vec<String> = groups.iter().map(|&group| group.to_owned()).collect();
            of_user(&all, user, &groups, "nofile").map(|it| it.value.clone())
        };
        assert_eq!(value("kim", &["web"]).as_deref(), Some("3"));
        assert_eq!(value("lee", &["web"]).as_deref(), Some("2"));
        assert_eq!(value("lee", &[]).as_deref(), Some("1"));
        assert_eq!(value("root", &[]).as_deref(), Some("5"));
        assert_eq!(of_user(&of_sessions("x", "* soft nofile 1"), "root", &[], "nofile"), None, "* is not root");
    }

    #[test]
    fn amounts_as_systemd_writes_them() {
        assert_eq!(pair("65536:524288"), Some((65_536, 524_288)));
        assert_eq!(pair("infinity"), Some((u64::MAX, u64::MAX)));
        assert_eq!((amount("4K"), amount("1G"), amount("60%"), amount("")), (Some(4096), Some(1 << 30), None, None));
    }
}
