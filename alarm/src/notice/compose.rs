//! Says a matter in one language: which alarm heads it, which lines it has, in which order.

use super::email::SUBJECT_MAX;
use super::text::{ascii, clean, link};
use super::words::{self, pick};
use super::{Alarm, Link, LinkKind, Matter, Notice, Suspect, Suspicion, say, summary};
use crate::grade::{Grade, Immediacy, Impact};
use crate::matcher::Labels;
use crate::notify::Why;
use crate::points::Time;
use crate::team::{Audience, Language};
use crate::verdict::Fact;

/// Alarms listed one by one; the rest are counted.
const ALARMS_MAX: usize = 12;
const SUSPECTS_MAX: usize = 5;
const STEPS_MAX: usize = 8;
/// Longest title, name, line and address, in characters.
const TITLE_MAX: usize = 120;
const NAME_MAX: usize = 80;
const LINE_MAX: usize = 300;
const LINK_MAX: usize = 600;

pub fn compose(matter: &Matter<'_>, audience: &Audience) -> Notice {
    let saying = Saying { matter, audience, language: audience.language };
    let due = matter.due;
    let head = saying.head();
    Notice {
        audience: audience.clone(),
        incident: due.incident.clone(),
        number: due.number,
        why: due.why.clone(),
        grade: due.grade,
        drill: matter.drill,
        title: saying.title(head),
        subject: saying.subject(head),
        summary: summary::say(matter, audience),
        rows: saying.rows(head),
        alarms: saying.alarms(),
        suspects: matter.suspects.iter().take(SUSPECTS_MAX).map(|suspect| saying.suspect(suspect)).collect(),
        todo: saying.todo(),
        links: saying.links(head),
        footer: saying.footer(),
        keywords: keywords(head, due.grade),
    }
}

struct Saying<'a> {
    matter: &'a Matter<'a>,
    audience: &'a Audience,
    language: Language,
}

impl<'a> Saying<'a> {
    fn pick(&self, en: &'static str, ko: &'static str) -> &'static str {
        pick(en, ko, self.language)
    }

    fn alarm(&self, at: usize) -> Option<&'a Alarm<'a>> {
        self.matter.alarms.get(at)
    }

    /// What the notice is about, the gravest and oldest first; at the end of it all, what is over.
    fn listed(&self) -> Vec<&'a Alarm<'a>> {
        let due = self.matter.due;
        let numbers = if due.firing.is_empty() { &due.over } else { &due.firing };
        let mut listed: Vec<_> = numbers.iter().filter_map(|at| self.alarm(*at)).collect();
        listed.sort_by_key(|alarm| {
            let graded = &alarm.graded;
            (std::cmp::Reverse((graded.grade, graded.impact, graded.immediacy)), alarm.since.unwrap_or(Time::MAX))
        });
        listed
    }

    fn head(&self) -> Option<&'a Alarm<'a>> {
        self.listed().first().copied()
    }

    fn duration(&self, from: Time) -> String {
        say::duration(self.matter.now.saturating_sub(from).max(0) as f64, self.language)
    }

    fn moment(&self, at: Time) -> String {
        say::moment(at, self.matter.now, &self.audience.zone, self.language)
    }

    fn clock(&self, at: Time) -> String {
        say::clock(at, self.matter.now, &self.audience.zone, self.language)
    }

    fn title(&self, head: Option<&Alarm<'_>>) -> String {
        let what = head.map_or_else(String::new, |head| clean(head.title(self.language), NAME_MAX));
        let place = head.map(|head| place(head.labels)).unwrap_or_default();
        let more = self.listed().len().saturating_sub(1);
        let more = match (more, self.language) {
            (0, _) => String::new(),
            (more, Language::En) => format!("+{more} more"),
            (more, Language::Ko) => format!("외 {more}건"),
        };
        let drill = if self.matter.drill { self.pick("DRILL", "훈련") } else { "" };
        let word = self.word();
        let parts = [drill, word, &what, &place, &more];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        clean(&parts.join(" · "), TITLE_MAX)
    }

    /// The first word of a title: the end of it, or how grave it is.
    fn word(&self) -> &'static str {
        match (&self.matter.due.why, self.matter.due.grade) {
            (Why::Over, _) => self.pick("OVER", "해소"),
            (_, Grade::Page) => self.pick("PAGE", "긴급"),
            (_, Grade::Ticket) => self.pick("TICKET", "티켓"),
            (_, Grade::Note) => self.pick("NOTE", "참고"),
        }
    }

    /// `PAGE web-1: cpu-burst, 1 h 10 min left [20261121-071003-k3f9a2]`, whatever the language.
    fn subject(&self, head: Option<&Alarm<'_>>) -> String {
        let due = self.matter.due;
        let drill = if self.matter.drill { "DRILL " } else { "" };
        let english = Self { language: Language::En, ..*self };
        let state = match &due.why {
            Why::Over | Why::First { .. } => "",
            Why::Escalated { .. } => " escalated",
            Why::Persists { .. } | Why::Repeat => " persists",
            Why::Graver { .. } => " graver",
            Why::Joined => " joined",
            Why::SomeOver => " partly over",
            Why::Acknowledged { .. } => " acknowledged",
        };
        let left = head.filter(|_| due.why != Why::Over).and_then(|head| head.verdict.time_left);
        let left = left.filter(|left| left.likely_s < 1e8);
        let left = left.map(|left| format!(", {} left", say::duration(left.likely_s, Language::En)));
        let before = format!("{drill}{}{state} ", english.word());
        let after = format!("{} [{}]", left.unwrap_or_default(), ascii(&due.incident, 24));
        // What is left is the place's and the rule's, half each, but what one does not need is the other's.
        let room = SUBJECT_MAX.saturating_sub(before.len() + after.len() + 2);
        let place = head.map(|head| ascii(&place(head.labels), room)).unwrap_or_default();
        let rule = head.map(|head| head.labels.get("rule").unwrap_or(head.title)).unwrap_or_default();
        let rule = ascii(&clean(rule, NAME_MAX), room.saturating_sub(place.len()).max(room / 2));
        let place = ascii(&place, room.saturating_sub(rule.len()));
        format!("{before}{place}: {rule}{after}")
    }

    fn rows(&self, head: Option<&Alarm<'_>>) -> Vec<(String, String)> {
        let mut rows = Vec::with_capacity(9);
        let mut row = |en, ko, value: String| {
            if !value.is_empty() {
                rows.push((self.pick(en, ko).to_owned(), clean(&value, LINE_MAX)));
            }
        };
        let due = self.matter.due;
        if let Some(head) = head {
            row("What", "내용", words::reason(&head.verdict.reason, head.unit, self.language));
            row("Where", "위치", self.whereabouts(head.labels));
        }
        let since = format!("{} ({})", self.moment(due.since), self.ago(due.since));
        row("Since", "발생 시각", since);
        if due.why == Why::Over {
            return rows;
        }
        row("Grade", "등급", self.grade(head));
        if let Some(head) = head {
            row("For users", "사용자 영향", self.impact(head));
            let left = head.verdict.time_left.map(|left| say::time_left(left, self.language));
            row("Time left", "남은 시간", left.unwrap_or_default());
        }
        // Several of them have a list of their own.
        if let [suspect] = self.matter.suspects {
            row("Likely guilty", "유력 원인", self.suspect(suspect));
        }
        row("If it lasts", "계속되면", self.next());
        rows
    }

    /// All labels but the rule's name, service and host first.
    fn whereabouts(&self, labels: &Labels) -> String {
        let first = [("service", self.pick("service", "서비스")), ("host", self.pick("host", "호스트"))];
        let ranked = first.into_iter().filter_map(|(label, says)| Some((says, labels.get(label)?)));
        let rest = labels.iter().filter(|(name, _)| !["service", "host", "rule"].contains(name));
        let said = |(name, value): (&str, &str)| format!("{} {}", clean(name, NAME_MAX), clean(value, NAME_MAX));
        ranked.chain(rest).map(said).collect::<Vec<_>>().join(", ")
    }

    fn ago(&self, from: Time) -> String {
        let lasting = self.duration(from);
        match self.language {
            _ if from >= self.matter.now => self.pick("just now", "방금").to_owned(),
            Language::En => format!("{lasting} ago"),
            Language::Ko => format!("{lasting} 전"),
        }
    }

    fn grade(&self, head: Option<&Alarm<'_>>) -> String {
        let grade = self.matter.due.grade;
        let said = match self.language {
            Language::En => grade.name().to_owned(),
            Language::Ko => summary::grade_ko(grade).to_owned(),
        };
        let act = head.map(|head| match head.graded.immediacy {
            Immediacy::Now => self.pick("act now", "즉시 조치"),
            Immediacy::Soon => self.pick("act soon", "곧 조치 필요"),
            Immediacy::Later => self.pick("not urgent", "여유 있음"),
        });
        act.map_or_else(|| said.clone(), |act| format!("{said} ({act})"))
    }

    /// In the rule's words where it has any.
    fn impact(&self, head: &Alarm<'_>) -> String {
        let plain = match head.graded.impact {
            Impact::None => self.pick("Users notice nothing yet.", "아직 사용자 영향이 없습니다."),
            Impact::Degraded => {
                self.pick("Served, but slower or with failures.", "서비스는 되지만 느리거나 일부 요청이 실패합니다.")
            }
            Impact::Outage => self.pick("Users cannot be served.", "사용자가 서비스를 이용할 수 없습니다."),
        };
        head.means(self.language).map_or_else(|| plain.to_owned(), |means| clean(means, LINE_MAX))
    }

    fn next(&self) -> String {
        let Some(next) = &self.matter.due.next else { return String::new() };
        let at = self.clock(next.at);
        let tell = next.tell.iter().map(|who| clean(who, NAME_MAX)).collect::<Vec<_>>().join(", ");
        match self.language {
            Language::En => format!("{tell} told at {at}"),
            Language::Ko => format!("{at}에 {tell} 추가 통보"),
        }
    }

    fn alarms(&self) -> Vec<String> {
        let listed = self.listed();
        let mut lines: Vec<_> = listed.iter().take(ALARMS_MAX).map(|alarm| self.line(alarm)).collect();
        if let Some(more) = listed.len().checked_sub(ALARMS_MAX).filter(|more| *more > 0) {
            lines.push(match self.language {
                Language::En => format!("... and {more} more"),
                Language::Ko => format!("... 외 {more}건"),
            });
        }
        lines
    }

    fn line(&self, alarm: &Alarm<'_>) -> String {
        let place = place(alarm.labels);
        let title = clean(alarm.title(self.language), NAME_MAX);
        let why = words::reason(&alarm.verdict.reason, alarm.unit, self.language);
        let left = alarm.verdict.time_left.map(|left| say::time_left(left, self.language));
        let left = left.map(|left| match self.language {
            Language::En => format!("; {left} left"),
            Language::Ko => format!(", 남은 시간 {left}"),
        });
        clean(&format!("{place} · {title}: {why}{}", left.unwrap_or_default()), LINE_MAX)
    }

    fn suspect(&self, suspect: &Suspect) -> String {
        let what = match suspect.what {
            Suspicion::Process => self.pick("process", "프로세스"),
            Suspicion::Error => self.pick("error", "오류"),
            Suspicion::Directory => self.pick("directory", "디렉터리"),
            Suspicion::Change => self.pick("change", "변경"),
            Suspicion::Query => self.pick("query", "쿼리"),
            Suspicion::Client => self.pick("client", "클라이언트"),
        };
        let much = suspect.much.as_ref().map(|much| match (much, self.language) {
            (Fact::Count(_), Language::En) => format!("{} times", say::fact(much, self.language)),
            (Fact::Count(_), Language::Ko) => format!("{}회", say::fact(much, self.language)),
            _ => say::fact(much, self.language),
        });
        let much = much.map(|much| format!(" ({much})")).unwrap_or_default();
        format!("{what} {}{much}", clean(&suspect.name, NAME_MAX))
    }

    fn todo(&self) -> Vec<String> {
        if self.matter.due.why == Why::Over {
            return Vec::new();
        }
        let mut steps: Vec<String> = Vec::new();
        for alarm in self.listed() {
            for line in alarm.todo(self.language).unwrap_or_default().lines() {
                let line = clean(line, LINE_MAX);
                if !line.is_empty() && !steps.contains(&line) && steps.len() < STEPS_MAX {
                    steps.push(line);
                }
            }
        }
        steps
    }

    fn links(&self, head: Option<&Alarm<'_>>) -> Vec<Link> {
        let over = self.matter.due.why == Why::Over;
        let acknowledge = self.matter.acknowledge.filter(|_| !over);
        let runbook = head.and_then(|head| head.runbook).filter(|_| !over);
        let all = [
            (LinkKind::Acknowledge, acknowledge, self.pick("Acknowledge", "확인(ack)")),
            (LinkKind::Page, self.matter.link, self.pick("Open the incident", "장애 상세 보기")),
            (LinkKind::Runbook, runbook, self.pick("Runbook", "대응 절차서")),
        ];
        let made = all
            .into_iter()
            .filter_map(|(kind, to, says)| Some(Link { kind, says: says.to_owned(), to: link(to?, LINK_MAX)? }));
        made.collect()
    }

    fn footer(&self) -> String {
        let due = self.matter.due;
        let zone = self.audience.zone.name();
        match self.language {
            Language::En => format!("Incident {}, notice {}. Times in {zone}.", due.incident, due.number),
            Language::Ko => format!("장애 번호 {}, 알림 {}번째. 시각은 {zone} 기준.", due.incident, due.number),
        }
    }
}

/// What a person calls the place: the service and the host, or the first label there is.
fn place(labels: &Labels) -> String {
    let named = ["service", "host"].into_iter().filter_map(|label| labels.get(label));
    let named = named.map(|name| clean(name, NAME_MAX)).collect::<Vec<_>>().join("/");
    if !named.is_empty() {
        return named;
    }
    let other = labels.iter().find(|(name, _)| *name != "rule").map(|(_, value)| value);
    clean(other.or(labels.get("rule")).unwrap_or_default(), NAME_MAX)
}

fn keywords(head: Option<&Alarm<'_>>, grade: Grade) -> Vec<String> {
    let labels = head.map(|head| ["service", "host", "rule"].into_iter().filter_map(|label| head.labels.get(label)));
    let labels = labels.into_iter().flatten().map(|value| clean(value, NAME_MAX));
    std::iter::once(grade.name().to_owned()).chain(labels).collect()
}
