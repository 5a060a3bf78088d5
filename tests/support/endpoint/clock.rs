//! The service's own clock, and the two spellings of time that HTTP and `SigV4` use.

pub(crate) use crate::now_ms;

/// `Sat, 21 Nov 2026 13:15:25 GMT`.
pub(crate) fn http_date(ms: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = Civil::of(ms);
    let weekday = DAYS[ms.div_euclid(86_400_000).rem_euclid(7) as usize];
    let month = MONTHS[at.month as usize - 1];
    format!("{weekday}, {:02} {month} {} {:02}:{:02}:{:02} GMT", at.day, at.year, at.hour, at.minute, at.second)
}

/// `20261121T131525Z`, the `X-Amz-Date` of a signature.
pub(crate) fn amz_date(ms: i64) -> String {
    let at = Civil::of(ms);
    format!("{:04}{:02}{:02}T{:02}{:02}{:02}Z", at.year, at.month, at.day, at.hour, at.minute, at.second)
}

/// `2026-11-21T13:15:25Z`, as the instance metadata and STS write it.
pub(crate) fn iso_date(ms: i64) -> String {
    let at = Civil::of(ms);
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", at.year, at.month, at.day, at.hour, at.minute, at.second)
}

pub(crate) fn parse_amz_date(text: &str) -> Option<i64> {
    if text.len() != 16 || !text.is_ascii() || text.as_bytes()[8] != b'T' || text.as_bytes()[15] != b'Z' {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().ok();
    let days = days(number(0, 4)?, number(4, 6)?, number(6, 8)?);
    Some((days * 86_400 + number(9, 11)? * 3600 + number(11, 13)? * 60 + number(13, 15)?) * 1000)
}

struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Civil {
    /// Hinnant's `civil_from_days`: eras of 400 years, the year beginning in March.
    fn of(ms: i64) -> Self {
        let seconds = ms.div_euclid(1000);
        let z = seconds.div_euclid(86_400) + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let of_day = seconds.rem_euclid(86_400);
        Self {
            year: yoe + era * 400 + i64::from(month <= 2),
            month,
            day: doy - (153 * mp + 2) / 5 + 1,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }
}

fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let yoe = year.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_spelled_and_read_back() {
        // date -u -d @1795266925 and @951782400 (a leap day of a century)
        assert_eq!(http_date(1_795_266_925_000), "Sat, 21 Nov 2026 13:15:25 GMT");
        assert_eq!(amz_date(951_782_400_000), "20000229T000000Z");
        assert_eq!(iso_date(951_782_400_999), "2000-02-29T00:00:00Z");
        for ms in [0, 951_782_399_000, 1_795_266_925_000, 4_102_444_800_000] {
            assert_eq!(parse_amz_date(&amz_date(ms)), Some(ms));
        }
        assert_eq!(parse_amz_date("yesterday"), None);
    }
}
