//! The story as a Markdown report, with the places that a post-mortem needs: cause, action, data check, prevention.
//!
//! What a machine knows is filled in; what only a person knows is an empty place with a question, never a guess.

use super::event::{Entry, Event};
use super::{AlarmStory, Incident};
use crate::grade::{Grade, Impact};
use crate::hush::Hush;
use crate::notice::say;
use crate::notice::text::clean;
use crate::notify::Why;
use crate::points::Time;
use crate::team::{Audience, Language};
use crate::verdict::Fact;

/// `now` ends the length of an incident that is still open.
pub fn report(incident: &Incident, audience: &Audience, now: Time) -> String {
    let page = Page { it: incident, audience, now };
    [page.head(), page.harm(), page.alarms(), page.timeline(), page.places()].join("\n")
}

struct Page<'a> {
    it: &'a Incident,
    audience: &'a Audience,
    now: Time,
}

impl Page<'_> {
    fn pick<'a>(&self, en: &'a str, ko: &'a str) -> &'a str {
        match self.audience.language {
            Language::En => en,
            Language::Ko => ko,
        }
    }

    fn unknown(&self) -> String {
        self.pick("unknown", "알 수 없음").to_owned()
    }

    fn moment(&self, at: Time) -> String {
        // The year is said: a report is read later.
        let text = say::moment(at, at.saturating_add(400 * 86_400), &self.audience.zone, self.audience.language);
        markdown(&text)
    }

    fn lasting(&self, from: Time, until: Option<Time>) -> String {
        let until = until.unwrap_or(self.now);
        say::duration(until.saturating_sub(from).max(0) as f64, self.audience.language)
    }

    fn head(&self) -> String {
        let it = self.it;
        let drill = if it.drill { self.pick(" (drill)", " (훈련)") } else { "" };
        let mut out = format!("# {} {}{drill}\n\n", self.pick("Incident", "장애 보고서"), it.id);
        let ended = it.ended.map_or_else(|| self.pick("still open", "진행 중").to_owned(), |at| self.moment(at));
        let told = it.told.iter().map(|(who, at)| format!("{} ({})", markdown(who), self.clock(*at)));
        let acks = it.acknowledged.iter().map(|ack| format!("{} ({})", markdown(&ack.by), self.clock(ack.at)));
        let none = || self.pick("nobody", "없음").to_owned();
        let rows = [
            (self.pick("First breach", "최초 발생"), self.moment(it.began)),
            (self.pick("Recovery", "복구"), ended),
            (self.pick("Lasted", "지속 시간"), self.lasting(it.began, it.ended)),
            (self.pick("Grade at its gravest", "최고 등급"), self.grade(it.grade).to_owned()),
            (self.pick("Told", "통보 대상"), joined(told, none)),
            (self.pick("Acknowledged by", "확인(ack)"), joined(acks, none)),
            (self.pick("Notices, escalations", "알림, 에스컬레이션"), format!("{}, {}", it.notices, it.escalations)),
        ];
        out.push_str(&table(&[self.pick("What", "항목"), ""], rows.map(|(name, value)| vec![name.to_owned(), value])));
        out.push('\n');
        out.push_str(self.pick("Times in", "시각 기준:"));
        out.push(' ');
        out.push_str(self.audience.zone.name());
        out.push_str(".\n");
        out
    }

    fn clock(&self, at: Time) -> String {
        say::clock(at, self.it.began, &self.audience.zone, self.audience.language)
    }

    fn grade(&self, grade: Grade) -> &str {
        match grade {
            Grade::Page => self.pick("page", "긴급"),
            Grade::Ticket => self.pick("ticket", "티켓"),
            Grade::Note => self.pick("note", "참고"),
        }
    }

    fn harm(&self) -> String {
        let it = self.it;
        let names = |names: &std::collections::BTreeSet<String>| {
            joined(names.iter().map(|name| markdown(name)), || self.unknown())
        };
        let impact = match it.impact {
            Impact::None => self.pick("none that users notice", "사용자 영향 없음"),
            Impact::Degraded => self.pick("degraded: slower or with failures", "성능 저하 또는 일부 실패"),
            Impact::Outage => self.pick("outage", "서비스 중단"),
        };
        let count = |count: Option<u64>| {
            count.map_or_else(|| self.unknown(), |count| say::fact(&Fact::Count(count), self.audience.language))
        };
        let rows = [
            (self.pick("For users", "사용자 영향"), impact.to_owned()),
            (self.pick("Services", "영향받은 서비스"), names(&it.services)),
            (self.pick("Hosts", "호스트"), names(&it.hosts)),
            (self.pick("Failed calls", "실패한 호출"), count(it.harm.failed_calls)),
            (self.pick("Distinct clients", "영향받은 클라이언트 수"), count(it.harm.clients)),
        ];
        let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
        format!("## {}\n\n{}", self.pick("Effect", "영향"), table(&[self.pick("What", "항목"), ""], rows))
    }

    fn alarms(&self) -> String {
        let heads = [
            self.pick("Alarm", "알람"),
            self.pick("Began", "발생"),
            self.pick("Lasted", "지속"),
            self.pick("Peak", "최고치"),
        ];
        let rows = self.it.alarms.iter().map(|alarm| self.alarm(alarm));
        let mut out = format!("## {}\n\n{}", self.pick("Alarms", "알람"), table(&heads, rows));
        if self.it.unnamed > 0 {
            let more = self.it.unnamed;
            let said = match self.audience.language {
                Language::En => format!("\nAnd {more} more alarms.\n"),
                Language::Ko => format!("\n그 외 알람 {more}건.\n"),
            };
            out.push_str(&said);
        }
        out
    }

    fn alarm(&self, alarm: &AlarmStory) -> Vec<String> {
        let peak = alarm.peak.map(|peak| {
            let value = say::measured(peak.value, alarm.unit());
            format!("{} ({})", markdown(&value), self.clock(peak.at))
        });
        vec![
            format!("{}: {}", markdown(alarm.title(self.audience.language)), markdown(&alarm.name)),
            self.clock(alarm.began),
            self.lasting(alarm.began, alarm.ended.or(self.it.ended)),
            peak.unwrap_or_else(|| "-".to_owned()),
        ]
    }

    fn timeline(&self) -> String {
        let mut rows: Vec<_> =
            self.it.timeline.iter().map(|entry| vec![self.clock(entry.at), self.event(entry)]).collect();
        if self.it.left_out > 0 {
            let gap = match self.audience.language {
                Language::En => format!("({} entries left out)", self.it.left_out),
                Language::Ko => format!("({}건 생략)", self.it.left_out),
            };
            rows.insert(super::BEGINNING.min(rows.len()), vec!["...".to_owned(), gap]);
        }
        let heads = [self.pick("When", "시각"), self.pick("What", "내용")];
        format!("## {}\n\n{}", self.pick("Timeline", "경과"), table(&heads, rows))
    }

    fn event(&self, entry: &Entry) -> String {
        let pair = |en: &str, ko: &str, name: &str| format!("{}: {}", self.pick(en, ko), markdown(name));
        match &entry.event {
            Event::Fires { alarm } => pair("Fires", "발생", alarm),
            Event::Over { alarm } => pair("Fine again", "해소", alarm),
            Event::Gone { alarms } => pair("No longer watched", "감시 대상에서 제외", &alarms.to_string()),
            Event::Hushed { alarm, hush } => {
                format!("{} ({})", pair("Kept quiet", "알림 보류", alarm), self.hush(hush))
            }
            Event::HushEnded { alarm, .. } => pair("No longer kept quiet", "알림 보류 종료", alarm),
            Event::Told { number, why, to } => {
                let to = to.iter().map(|who| markdown(who)).collect::<Vec<_>>().join(", ");
                format!("{} {number} ({}): {to}", self.pick("Notice", "알림"), self.why(why))
            }
            Event::Acknowledged { by, until } => {
                format!(
                    "{} ({} {})",
                    pair("Acknowledged", "확인(ack)", by),
                    self.pick("until", "만료"),
                    self.clock(*until)
                )
            }
            Event::AckEnded { by } => pair("Acknowledgement ended", "확인(ack) 만료", by),
            Event::AckBroken { by, grade } => {
                format!(
                    "{} ({})",
                    pair("Graver than what was acknowledged", "확인(ack) 이후 악화", by),
                    self.grade(*grade)
                )
            }
            Event::Note { by, text } => format!("{}: {}", markdown(by), markdown(text)),
            Event::Ended => self.pick("All fine", "모두 해소").to_owned(),
        }
    }

    fn hush(&self, hush: &Hush) -> String {
        match hush {
            Hush::Silenced { id, until } => {
                format!("{} {}, {}", self.pick("silence", "알림 중지"), markdown(id), self.clock(*until))
            }
            Hush::Maintenance { name, until } => {
                format!("{} {}, {}", self.pick("maintenance", "점검"), markdown(name), self.clock(*until))
            }
            Hush::Hidden { by } => format!("{} {}", self.pick("hidden by", "상위 장애:"), markdown(by)),
        }
    }

    fn why(&self, why: &Why) -> &str {
        match why {
            Why::First { .. } => self.pick("first", "최초"),
            Why::Escalated { .. } => self.pick("escalated", "에스컬레이션"),
            Why::Persists { .. } => self.pick("persists", "지속"),
            Why::Graver { .. } => self.pick("graver", "악화"),
            Why::Joined => self.pick("joined", "추가 발생"),
            Why::SomeOver => self.pick("partly over", "일부 해소"),
            Why::Acknowledged { .. } => self.pick("acknowledged", "확인(ack)"),
            Why::Repeat => self.pick("repeated", "반복"),
            Why::Over => self.pick("over", "해소"),
        }
    }

    /// What only a person can write.
    fn places(&self) -> String {
        let lines: Vec<_> = self.it.suspects.iter().map(|line| format!("- {}", markdown(line))).collect();
        let found = self.pick("Found at the time:", "발생 당시 수집된 단서:");
        let suspects = if lines.is_empty() { String::new() } else { format!("{found}\n\n{}\n\n", lines.join("\n")) };
        let cause = self.pick(
            "Why did it happen? Why was it not caught earlier?",
            "왜 발생했습니까? 왜 더 일찍 발견하지 못했습니까?",
        );
        let action = self.pick("What was done, by whom, when?", "누가 언제 무엇을 했습니까?");
        let data = self.pick(
            "Was data lost, doubled or wrong? How was it checked?",
            "데이터 유실·중복·오류가 있었습니까? 어떻게 확인했습니까?",
        );
        let prevention = self.pick(
            "What keeps it from happening again? Who, until when?",
            "재발 방지 대책은 무엇입니까? 담당자와 기한은?",
        );
        let place = |title: &str, before: &str, question: &str| format!("## {title}\n\n{before}> {question}\n\n");
        [
            place(self.pick("Cause", "원인"), &suspects, cause),
            place(self.pick("Action", "조치"), "", action),
            place(self.pick("Data check", "데이터 확인"), "", data),
            place(self.pick("Prevention", "재발 방지"), "", prevention),
        ]
        .concat()
        .trim_end()
        .to_owned()
            + "\n"
    }
}

fn joined(parts: impl Iterator<Item = String>, none: impl Fn() -> String) -> String {
    let joined = parts.collect::<Vec<_>>().join(", ");
    if joined.is_empty() { none() } else { joined }
}

fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[&str]| format!("| {} |\n", cells.join(" | "));
    let mut out = line(heads);
    out.push_str(&line(&vec!["---"; heads.len()]));
    for row in rows {
        out.push_str(&line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    out
}

/// One line that Markdown reads as text: no table is broken, no HTML, link or heading begun.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in clean(text, super::NOTE_MAX).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}
