//! The one page that a person sees on a telephone at night. Text is escaped on its way in, whatever it holds.

use account::link::Forged;
use alarm::grade::Grade;
use alarm::incident::Incident;
use alarm::notice::say;
use alarm::points::Time;
use alarm::team::{Audience, Language};

use super::{Act, MINUTES};

const STYLE: &str = "<style>:root{color-scheme:light dark}*{box-sizing:border-box}body{margin:0 auto;max-width:36rem;\
padding:1.5rem 1rem;font:1rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere;word-break:keep-all}h1{font-size:1.3rem;line-height:1.35}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem .9rem}dt{opacity:.7}dd{margin:0}li{margin:.2rem 0}\
label{display:block;margin:.9rem 0 .25rem}input,select,button{font:inherit;width:100%;padding:.7rem;border-radius:.5rem;\
border:1px solid #8888;background:transparent;color:inherit}option{color:CanvasText;background:Canvas}\
button{margin-top:1.2rem;background:#1d4ed8;color:#fff;border:0;font-weight:600}\
button.quiet{background:transparent;color:inherit;border:1px solid #8888;font-weight:400}footer{margin-top:2rem;opacity:.7;\
font-size:.85rem}</style>";

fn pick(audience: &Audience, en: &'static str, ko: &'static str) -> &'static str {
    match audience.language {
        Language::En => en,
        Language::Ko => ko,
    }
}

pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

/// `body` is markup of ours.
fn page(audience: &Audience, title: &str, body: &str) -> String {
    let language = pick(audience, "en", "ko");
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{title}</title>{STYLE}</head><body><main><h1>{title}</h1>\
         {body}</main></body></html>"
    )
}

pub(super) fn plain(audience: &Audience, says: &str) -> String {
    page(audience, "Stormglass", &format!("<p>{}</p>", escape(says)))
}

pub(super) fn refused(audience: &Audience, forged: Forged) -> String {
    let says = match forged {
        Forged::Signature => pick(
            audience,
            "This link is not one of ours (SG-LAM-020). Open the one of the notice again.",
            "올바르지 않은 링크입니다 (SG-LAM-020). 알림에 있는 링크를 다시 열어 주세요.",
        ),
        Forged::Ended => pick(
            audience,
            "This link has ended (SG-LAM-021). Take the one of a newer notice.",
            "만료된 링크입니다 (SG-LAM-021). 최근 알림의 링크를 이용해 주세요.",
        ),
    };
    plain(audience, says)
}

pub(super) fn gone(audience: &Audience) -> String {
    plain(audience, pick(audience, "There is no such incident any more.", "해당 인시던트가 더 이상 없습니다."))
}

pub(super) fn later(audience: &Audience) -> String {
    plain(
        audience,
        pick(
            audience,
            "It could not be written down just now, and nothing was changed. Try again in a moment.",
            "지금은 처리하지 못했고 변경된 내용도 없습니다. 잠시 후 다시 시도해 주세요.",
        ),
    )
}

pub(super) fn incident(story: &Incident, audience: &Audience, now: Time) -> String {
    let title = story.alarms.first().map_or_else(|| story.id.clone(), |alarm| alarm.name.clone());
    let moment = |at| escape(&say::moment(at, now, &audience.zone, audience.language));
    let mut rows = String::new();
    let mut row = |name: &str, value: String| {
        for part in ["<dt>", name, "</dt><dd>", &value, "</dd>"] {
            rows.push_str(part);
        }
    };
    row(pick(audience, "Since", "발생 시각"), moment(story.began));
    if let Some(ended) = story.ended {
        row(pick(audience, "Over", "해소 시각"), moment(ended));
    }
    let grade = match story.grade {
        Grade::Page => pick(audience, "page", "긴급"),
        Grade::Ticket => pick(audience, "ticket", "티켓"),
        Grade::Note => pick(audience, "note", "참고"),
    };
    row(pick(audience, "Grade", "등급"), grade.to_owned());
    let told: Vec<_> = story.told.iter().map(|(who, at)| format!("{} ({})", escape(who), moment(*at))).collect();
    row(pick(audience, "Told", "통보 대상"), told.join(", "));
    if let Some(taken) = story.acknowledged.last() {
        row(pick(audience, "Taken by", "확인한 사람"), format!("{} ({})", escape(&taken.by), moment(taken.at)));
    }
    let alarms: Vec<_> = story.alarms.iter().map(|alarm| format!("<li>{}</li>", escape(&alarm.name))).collect();
    // One alarm is the title already.
    let alarms = if alarms.len() > 1 { alarms.concat() } else { String::new() };
    let form = if story.ended.is_none() { form(audience) } else { String::new() };
    let body = format!("<dl>{rows}</dl><ul>{alarms}</ul>{form}<footer>{}</footer>", escape(&story.id));
    page(audience, &title, &body)
}

fn form(audience: &Audience) -> String {
    let option = |minutes: &u64| {
        let chosen = if *minutes == MINUTES[1] { " selected" } else { "" };
        let says = say::duration((*minutes * 60) as f64, audience.language);
        format!("<option value=\"{minutes}\"{chosen}>{says}</option>")
    };
    let options: String = MINUTES.iter().map(option).collect();
    format!(
        "<form method=\"post\"><label for=\"by\">{}</label><input id=\"by\" name=\"by\" required maxlength=\"80\" \
         autocomplete=\"name\"><label for=\"minutes\">{}</label><select id=\"minutes\" name=\"minutes\">{options}</select>\
         <button name=\"act\" value=\"acknowledge\">{}</button>\
         <button class=\"quiet\" name=\"act\" value=\"silence\">{}</button></form>",
        pick(audience, "Your name", "이름"),
        pick(audience, "Nobody else is called for", "추가 통보를 멈출 시간"),
        pick(audience, "I take it", "제가 처리합니다"),
        pick(audience, "Silence it for that long", "이 시간 동안 알림 중지"),
    )
}

pub(super) fn acted(act: &Act, by: &str, audience: &Audience, now: Time) -> String {
    match act {
        Act::Over => plain(
            audience,
            pick(audience, "It is over already: nothing to acknowledge.", "이미 해소되어 확인할 것이 없습니다."),
        ),
        Act::Nameless => plain(
            audience,
            pick(
                audience,
                "What this incident is about has no name in common. Silence it from a shell: stormglass silence add",
                "이 인시던트에는 공통 라벨이 없어 여기서는 중지할 수 없습니다. 셸에서 stormglass silence add를 이용해 주세요.",
            ),
        ),
        Act::Silenced { until } => {
            let until = say::clock(*until, now, &audience.zone, audience.language);
            let says = match audience.language {
                Language::En => {
                    format!("Silenced by {by} until {until}. It is still judged, and told again after that.")
                }
                Language::Ko => {
                    format!("{by} 님이 {until}까지 알림을 중지했습니다. 감시는 계속되며 이후 다시 알립니다.")
                }
            };
            plain(audience, &says)
        }
        Act::Done { until } => {
            let until = say::clock(*until, now, &audience.zone, audience.language);
            let says = match audience.language {
                Language::En => {
                    format!("{by} has it. Nobody else is called until {until}; if it becomes graver, they are.")
                }
                Language::Ko => {
                    format!("{by} 님이 처리합니다. {until}까지 추가 통보를 멈춥니다. 더 심각해지면 다시 통보합니다.")
                }
            };
            plain(audience, &says)
        }
    }
}
