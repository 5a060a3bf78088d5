//! Incidents: those that go on, those that are over, the story of each, and what can be done.

use alarm::incident::{Event, Incident, report};
use alarm::matcher::Labels;
use alarm::notify::Why;
use maud::{Markup, html};

use super::guard::CSRF;
use super::now::grade;
use super::say::Say;
use crate::local::house::House;

/// Rows of the list.
const LISTED_MAX: usize = 100;

pub(super) fn list(house: &House, say: &Say, csrf: &str) -> Markup {
    let mut stories: Vec<&Incident> = house.judge.incidents.values().collect();
    stories.sort_by_key(|story| std::cmp::Reverse((story.ended.is_none(), story.began)));
    html! {
        h1 { (say.t("Incidents", "장애 이력")) }
        div id="incidents" data-live="" {
            @if stories.is_empty() { p { (say.t("There has been none.", "기록된 장애가 없습니다.")) } }
            @else {
                div.scroll tabindex="0" role="region" aria-label=(say.t("Incidents", "장애 이력")) { table {
                    thead { tr {
                        th { (say.t("Grade", "등급")) } th { (say.t("What", "내용")) } th { (say.t("Since", "발생")) }
                        th { (say.t("Lasted", "지속")) } th { (say.t("Told", "통보")) } th { (say.t("Incident", "장애 번호")) }
                    } }
                    tbody { @for story in stories.iter().take(LISTED_MAX) { tr {
                        td { (grade(say, story.grade)) }
                        td { a href={ "/incidents/" (story.id) } {
                            (story.alarms.first().map(|alarm| alarm.title(say.language)).unwrap_or_default())
                            @if story.alarms.len() > 1 { " +" (story.alarms.len() - 1) } } }
                        td { time { (say.moment(story.began)) } }
                        td { (say.duration((story.ended.unwrap_or(say.now) - story.began) as f64))
                            @if story.ended.is_none() { " " strong { (say.t("and goes on", "진행 중")) } } }
                        td { (story.told.iter().map(|(who, _)| who.as_str()).collect::<Vec<_>>().join(", ")) }
                        td { code { (story.id) } }
                    } } }
                } }
            }
        }
        (silences(house, say, csrf))
    }
}

fn silences(house: &House, say: &Say, csrf: &str) -> Markup {
    html! {
        section {
            h2 { (say.t("Silences", "알림 중지")) }
            div id="silences" data-live="" {
            @if house.judge.silences.is_empty() { p { (say.t("Nothing is silenced.", "중지된 알림이 없습니다.")) } }
            ul { @for silence in &house.judge.silences {
                li {
                    code { (silence.labels.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) } " "
                    (say.t("until ", "종료: ")) (say.moment(silence.until)) ", " (silence.by) @if !silence.why.is_empty() { ": " (silence.why) } " "
                    form.inline method="post" action="/lift" {
                        input type="hidden" name=(CSRF) value=(csrf); input type="hidden" name="id" value=(silence.id);
                        button { (say.t("Lift", "해제")) }
                    }
                }
            } }
            }
            details id="new-silence" {
                summary { (say.t("Silence something", "알림 중지 추가")) }
                form.card method="post" action="/silence" {
                    input type="hidden" name=(CSRF) value=(csrf);
                    label { (say.t("What, by its label", "대상 라벨")) input name="label" placeholder="rule = disk-*" required; }
                    label { (say.t("and", "추가 조건")) input name="label" placeholder="path = /data"; }
                    (hours(say)) (by(say))
                    label { (say.t("Why", "사유")) input name="why" maxlength="500"; }
                    button { (say.t("Silence", "알림 중지")) }
                }
            }
        }
    }
}

fn hours(say: &Say) -> Markup {
    html! {
        label { (say.t("For", "기간")) select name="hours" {
            @for (hours, en, ko) in [("1", "1 hour", "1시간"), ("4", "4 hours", "4시간"), ("12", "12 hours", "12시간"), ("24", "1 day", "1일"), ("168", "a week", "1주")] {
                option value=(hours) { (say.t(en, ko)) }
            }
        } }
    }
}

fn by(say: &Say) -> Markup {
    html! { label { (say.t("Your name", "이름")) input name="by" maxlength="80" autocomplete="name" required; } }
}

pub(super) fn acknowledge(say: &Say, csrf: &str, incident: &str) -> Markup {
    html! {
        details.act id={ "ack-" (incident) } {
            summary.button { (say.t("Acknowledge", "확인(ack)")) }
            form.card method="post" action="/acknowledge" {
                input type="hidden" name=(CSRF) value=(csrf); input type="hidden" name="incident" value=(incident);
                (by(say)) (hours(say))
                button { (say.t("I have it", "제가 처리합니다")) }
            }
        }
    }
}

/// Silences an alarm by all its labels.
pub(super) fn silence(say: &Say, csrf: &str, labels: &Labels) -> Markup {
    html! {
        details.act id={ "silence-" (labels) } {
            summary.button { (say.t("Silence", "알림 중지")) }
            form.card method="post" action="/silence" {
                input type="hidden" name=(CSRF) value=(csrf);
                @for (name, value) in labels.iter() { input type="hidden" name="label" value={ (name) " = \"" (value) "\"" }; }
                (by(say)) (hours(say))
                label { (say.t("Why", "사유")) input name="why" maxlength="500"; }
                button { (say.t("Silence", "알림 중지")) }
            }
        }
    }
}

pub(super) fn one(house: &House, say: &Say, csrf: &str, id: &str) -> Option<Markup> {
    let story = house.judge.incidents.get(id)?;
    let open = house.judge.episode(id);
    let audience = alarm::team::Audience { name: String::new(), language: say.language, zone: say.zone.clone() };
    Some(html! {
        p { a href="/incidents" { "← " (say.t("All incidents", "전체 이력")) } }
        div id="story" data-live="" {
            h1 { (grade(say, story.grade)) " " (story.alarms.first().map(|alarm| alarm.title(say.language)).unwrap_or_default()) }
            p.sub { code { (story.id) } " · " (say.moment(story.began)) " · "
                (say.duration((story.ended.unwrap_or(say.now) - story.began) as f64)) " · "
                @if story.ended.is_some() { (say.t("over", "해소")) } @else { strong { (say.t("goes on", "진행 중")) } } }
            h2 { (say.t("Timeline", "타임라인")) }
            ol.timeline { @for entry in &story.timeline {
                li { time { (say.moment(entry.at)) } " " (event(say, &entry.event)) }
            } }
            @if story.left_out > 0 { p.note { (story.left_out) (say.t(" entries of the middle are left out.", "개의 중간 기록은 생략했습니다.")) } }
        }
        div.acts {
            @if open.is_some_and(|episode| episode.ack.is_none()) { (acknowledge(say, csrf, id)) }
            details.act id="note" {
                summary.button { (say.t("Add a note", "메모 추가")) }
                form.card method="post" action="/note" {
                    input type="hidden" name=(CSRF) value=(csrf); input type="hidden" name="incident" value=(id);
                    (by(say))
                    label { (say.t("What happened, what was done", "상황과 조치 내용")) textarea name="text" maxlength="2000" required {} }
                    button { (say.t("Add", "추가")) }
                }
            }
        }
        details id="report" open[story.ended.is_some()] {
            summary { (say.t("Report", "장애 보고서")) }
            pre.report tabindex="0" { (report(story, &audience, say.now)) }
        }
    })
}

fn event(say: &Say, event: &Event) -> Markup {
    let ko = say.code() == "ko";
    let quoted = |text: &str| html! { code { (text) } };
    match event {
        Event::Fires { alarm } => html! { span.mark.bad { (say.t("fires", "발생")) } " " (quoted(alarm)) },
        Event::Over { alarm } => html! { span.mark.good { (say.t("fine", "정상")) } " " (quoted(alarm)) },
        Event::Gone { alarms } => html! { (alarms) (say.t(" are gone", "건이 사라졌습니다")) },
        Event::Hushed { alarm, .. } => html! { (say.t("kept quiet: ", "알림 중지: ")) (quoted(alarm)) },
        Event::HushEnded { alarm, .. } => html! { (say.t("quiet no longer: ", "알림 중지 종료: ")) (quoted(alarm)) },
        Event::Told { number, why, to } => html! {
            span.mark.told { @if ko { "통보 " (number) } @else { "notice " (number) } } " " (why_words(say, why)) ": " b { (to.join(", ")) }
        },
        Event::Acknowledged { by, until } => {
            html! { span.mark.good { (say.t("acknowledged", "확인")) } " " b { (by) } ", " (say.t("until ", "유효: ")) (say.moment(*until)) }
        }
        Event::AckEnded { by } => html! { (say.t("the acknowledgement has run out: ", "확인 유효 시간 종료: ")) (by) },
        Event::AckBroken { by, grade } => {
            html! { (say.t("graver than what was acknowledged: ", "확인 이후 더 심각해짐: ")) (grade.name()) " (" (by) ")" }
        }
        Event::Note { by, text } => html! { b { (by) } ": " (text) },
        Event::Ended => html! { span.mark.good { (say.t("over", "해소")) } },
    }
}

fn why_words<'a>(say: &'a Say, why: &Why) -> &'a str {
    match why {
        Why::First { .. } => say.t("first", "최초 통보"),
        Why::Escalated { .. } => say.t("escalated", "상위 단계 통보"),
        Why::Persists { .. } => say.t("persists", "계속됨"),
        Why::Graver { .. } => say.t("graver", "심각도 상승"),
        Why::Joined => say.t("more joined", "추가 발생"),
        Why::SomeOver => say.t("partly over", "일부 해소"),
        Why::Acknowledged { .. } => say.t("somebody has it", "담당자 확인"),
        Why::Repeat => say.t("repeated", "반복 통보"),
        Why::Over => say.t("over", "해소"),
    }
}
