//! Many notices of one moment as one: nobody reads forty mails of a minute, and SNS switches off a subscription that
//! gets more than ten a second (facts/alarm-semantics.md, Chat).

use alarm::grade::Grade;
use alarm::notice::text::clean;
use alarm::notice::{Notice, say};
use alarm::notify::Why;
use alarm::points::Time;
use alarm::team::{Audience, Language};

/// Titles that are listed; the rest is counted.
const LISTED_MAX: usize = 60;
const TITLE_MAX: usize = 160;

/// One notice that stands in a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gathered {
    pub(crate) grade: Grade,
    pub(crate) over: bool,
    pub(crate) drill: bool,
    pub(crate) title: String,
}

/// The gravest first. `name` stands where an incident would.
pub(crate) fn digest(gathered: &[Gathered], name: &str, audience: &Audience, now: Time) -> Notice {
    let mut sorted: Vec<&Gathered> = gathered.iter().collect();
    sorted.sort_by(|one, other| (one.over, other.grade, &one.title).cmp(&(other.over, one.grade, &other.title)));
    let (count, over) = (sorted.len(), sorted.iter().filter(|it| it.over).count());
    let grade = sorted.first().map_or(Grade::Note, |it| it.grade);
    let drill = sorted.iter().all(|it| it.drill);
    let mut alarms: Vec<String> = sorted.iter().take(LISTED_MAX).map(|it| clean(&it.title, TITLE_MAX)).collect();
    let more = count.saturating_sub(LISTED_MAX);
    let (word, english) = match grade {
        Grade::Page => ("긴급", "PAGE"),
        Grade::Ticket => ("티켓", "TICKET"),
        Grade::Note => ("참고", "NOTE"),
    };
    let moment = say::moment(now, now, &audience.zone, audience.language);
    let (title, summary, rest, footer) = match audience.language {
        Language::En => (
            format!("{english} · {count} notices at once"),
            format!(
                "{} new or changed, {over} over. Each has its incident: stormglass incidents list --open",
                count - over
            ),
            format!("and {more} more"),
            format!("Gathered into one notice, since so many came at once · {moment}"),
        ),
        Language::Ko => (
            format!("{word} · 알림 {count}건"),
            format!(
                "발생·변경 {}건, 해소 {over}건입니다. 인시던트 목록: stormglass incidents list --open",
                count - over
            ),
            format!("외 {more}건"),
            format!("동시에 발생한 알림이 많아 한 번에 전달합니다 · {moment}"),
        ),
    };
    if more > 0 {
        alarms.push(rest);
    }
    let mark = if drill { "DRILL " } else { "" };
    Notice {
        audience: audience.clone(),
        incident: name.to_owned(),
        number: 1,
        why: Why::First { jumped: false },
        grade,
        drill,
        title,
        subject: format!("{mark}{english} {count} notices at once [{name}]"),
        summary,
        rows: Vec::new(),
        alarms,
        suspects: Vec::new(),
        todo: Vec::new(),
        links: Vec::new(),
        footer,
        keywords: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alarm::notice::{BODY_MAX, MESSAGE_MAX, chat, email, slack};
    use alarm::team::Team;

    fn many(count: usize) -> Vec<Gathered> {
        let one = |at: usize| Gathered {
            grade: if at == 7 { Grade::Page } else { Grade::Ticket },
            over: at.is_multiple_of(10),
            drill: false,
            title: format!("memory · web-{at} <b>&\n"),
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn the_gravest_first_and_all_are_counted() {
        let notice = digest(&many(100), "digest-600", &Team::default().audience("on-call"), 600);
        assert_eq!((notice.grade, notice.alarms.len()), (Grade::Page, LISTED_MAX + 1));
        assert!(notice.alarms[0].contains("web-7") && notice.alarms[LISTED_MAX] == "and 40 more");
        assert!(notice.title.contains("100") && notice.summary.contains("90 new or changed, 10 over"));
    }

    #[test]
    fn every_shape_takes_it() {
        let notice = digest(&many(2_000), "digest-600", &Team::default().audience("on-call"), 600);
        assert!(email(&notice).body.len() <= BODY_MAX && email(&notice).subject.is_ascii());
        assert!(slack(&notice).to_string().len() <= MESSAGE_MAX);
        assert!(chat(&notice).to_string().contains("web-7"));
    }
}
