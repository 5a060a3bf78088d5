//! Why this is told now, in a sentence.

use super::text::clean;
use super::{Matter, say};
use crate::grade::Grade;
use crate::notify::{Ended, Why};
use crate::team::{Audience, Language};

/// Longest name of a person.
const NAME_MAX: usize = 80;

pub(super) fn say(matter: &Matter<'_>, audience: &Audience) -> String {
    let (due, now, language) = (matter.due, matter.now, audience.language);
    let lasting = say::duration(now.saturating_sub(due.since).max(0) as f64, language);
    let (en, ko) = match &due.why {
        Why::First { jumped: false } => ("This is new.".to_owned(), "새로 발생했습니다.".to_owned()),
        Why::First { jumped: true } => (
            "So bad that everybody up to here is told at once.".to_owned(),
            "심각도가 높아 단계를 건너뛰고 바로 알립니다.".to_owned(),
        ),
        Why::Escalated { jumped: false } => (
            format!("It has lasted {lasting} and nobody has it in hand."),
            format!("{lasting} 동안 계속되고 있으며 확인(ack)한 담당자가 없습니다."),
        ),
        Why::Escalated { jumped: true } => (
            "It got so bad that further people are told at once.".to_owned(),
            "심각해져 단계를 건너뛰고 바로 알립니다.".to_owned(),
        ),
        Why::Persists { ended } => persists(*ended, &lasting),
        Why::Graver { from } => (
            format!("It has become graver: it was a {}.", from.name()),
            format!("등급이 올라갔습니다 (이전: {}).", grade_ko(*from)),
        ),
        Why::Joined => (
            format!("{} more in the same group.", due.fresh.len()),
            format!("같은 그룹에서 {}건이 추가로 발생했습니다.", due.fresh.len()),
        ),
        Why::SomeOver => (
            format!("{} fine again, {} still firing.", due.over.len() + due.gone, due.firing.len()),
            format!("{}건 해소, {}건 지속 중입니다.", due.over.len() + due.gone, due.firing.len()),
        ),
        Why::Acknowledged { by, until } => {
            let (by, until) = (clean(by, NAME_MAX), say::clock(*until, now, &audience.zone, language));
            (format!("{by} has it, until {until}."), format!("담당: {by} ({until}까지)"))
        }
        Why::Repeat => (format!("It goes on, for {lasting} now."), format!("{lasting}째 계속되고 있습니다.")),
        Why::Over => (format!("All fine again after {lasting}."), format!("{lasting} 만에 모두 해소되었습니다.")),
    };
    let mut said = match language {
        Language::En => en,
        Language::Ko => ko,
    };
    if due.gone > 0 {
        let gone = due.gone;
        let more = match language {
            Language::En => format!(" {gone} no longer watched: the rule or the host is gone."),
            Language::Ko => format!(" {gone}건은 규칙 또는 호스트가 없어져 더 이상 감시하지 않습니다."),
        };
        said.push_str(&more);
    }
    said
}

fn persists(ended: Ended, lasting: &str) -> (String, String) {
    let (en, ko) = match ended {
        Ended::Acknowledgement => ("The acknowledgement has ended", "확인(ack)이 만료되었지만"),
        Ended::Silence => ("The silence has ended", "알림 중지가 끝났지만"),
        Ended::Maintenance => ("The maintenance window has ended", "점검 시간이 끝났지만"),
        Ended::Hiding => ("What hid it is fine again", "상위 장애는 해소되었지만"),
    };
    (format!("{en} and it persists, for {lasting} now."), format!("{ko} {lasting}째 계속되고 있습니다."))
}

pub(super) fn grade_ko(grade: Grade) -> &'static str {
    match grade {
        Grade::Page => "긴급",
        Grade::Ticket => "티켓",
        Grade::Note => "참고",
    }
}
