//! What every page has: the way to the others, language and theme, and how we ourselves are.

use maud::{DOCTYPE, Markup, html};

use super::assets::address;
use super::say::{Say, Theme};
use crate::local::house::House;
use crate::local::judge::ActError;
use crate::local::store::{Shed, State};

/// Where the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Now,
    Host,
    Api,
    Errors,
    Incidents,
    Bill,
    None,
}

/// The pages in their order.
const PLACES: &[(Place, &str, &str, &str)] = &[
    (Place::Now, "/", "Now", "현재 상황"),
    (Place::Host, "/host", "Host", "호스트"),
    (Place::Api, "/api", "API", "API"),
    (Place::Errors, "/errors", "Errors", "오류"),
    (Place::Incidents, "/incidents", "Incidents", "장애 이력"),
    (Place::Bill, "/bill", "Bill", "예상 비용"),
];

pub(super) fn page(house: &House, say: &Say, place: Place, body: &Markup) -> Markup {
    let (firing, ..) = house.judge.counts();
    let named = PLACES.iter().find(|(known, ..)| *known == place).map(|(_, _, en, ko)| say.t(en, ko));
    let title = named.map_or_else(String::new, |named| format!("{named} · "));
    let mark = if firing > 0 { format!("({firing}) ") } else { String::new() };
    let inside = html! {
        a.skip href="#main" { (say.t("Skip to content", "본문으로 건너뛰기")) }
        header {
            p.brand { a href="/" { "Stormglass" } span.host { (house.about.host) } }
            nav aria-label=(say.t("Pages", "페이지")) {
                @for (known, path, en, ko) in PLACES {
                    a href=(path) aria-current=[(*known == place).then_some("page")] { (say.t(en, ko)) }
                }
            }
        }
        @if house.about.demo {
            p.banner role="note" {
                strong { (say.t("Demo.", "데모입니다.")) } " "
                (say.t("A made-up day of a made-up shop, played faster than time through the real pipeline. Nothing here is your host.",
                       "가상 쇼핑몰의 하루를 실제 처리 경로로 빠르게 재생합니다. 이 서버의 데이터가 아닙니다."))
            }
        }
        main id="main" tabindex="-1" { (body) }
        (footer(house, say))
    };
    document(say, &format!("{mark}{title}{}", house.about.host), &inside, true)
}

/// The frame around anything.
fn document(say: &Say, title: &str, body: &Markup, scripts: bool) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(say.code()) data-theme=(say.theme.word()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content=(match say.theme { Theme::Auto => "light dark", Theme::Light => "light", Theme::Dark => "dark" });
                title { (title) " · Stormglass" }
                link rel="icon" href=(address("/icon.svg"));
                link rel="stylesheet" href=(address("/uplot.css"));
                link rel="stylesheet" href=(address("/page.css"));
                @if scripts {
                    script defer src=(address("/uplot.js")) {}
                    script defer src=(address("/page.js")) {}
                }
            }
            body { (body) }
        }
    }
}

fn footer(house: &House, say: &Say) -> Markup {
    let state = house.store.state();
    let themes = [(Theme::Auto, "Auto", "자동"), (Theme::Light, "Light", "밝게"), (Theme::Dark, "Dark", "어둡게")];
    html! {
        footer {
            div id="ourselves" data-live="" {
                @if let Some(trouble) = &state.trouble {
                    p.trouble role="alert" {
                        (say.t("Points cannot be written; judging goes on in memory: ", "데이터를 저장하지 못하고 있습니다. 판정은 메모리에서 계속됩니다: "))
                        (trouble)
                    }
                }
                @if state.shed.points > 0 { p.note { (shed(say, &state)) } }
                @for remark in &house.about.remarks { p.trouble { (remark) } }
                @for outlet in &house.failing {
                    p.trouble role="alert" { (say.t("This outlet refuses notices: ", "알림을 받지 못하는 경로: ")) (outlet) }
                }
            }
            @if !house.about.outlets.is_empty() {
                p { (say.t("Notices go to: terminal, ", "알림 경로: 터미널, ")) (house.about.outlets.join(", ")) }
            }
            p {
                "Stormglass " (env!("CARGO_PKG_VERSION")) " · "
                (say.t("since ", "시작: ")) (say.moment(house.about.started)) " · " (say.zone.name()) " · "
                a href="/snapshot" download="stormglass.html" { (say.t("This in one file", "한 파일로 저장")) }
            }
            p.choices {
                span { (say.t("Language", "언어")) ": "
                    a href=(choice(say, "lang=en")) lang="en" aria-current=[(say.code() == "en").then_some("true")] { "English" } " "
                    a href=(choice(say, "lang=ko")) lang="ko" aria-current=[(say.code() == "ko").then_some("true")] { "한국어" } }
                span { (say.t("Theme", "화면")) ": "
                    @for (theme, en, ko) in themes {
                        a href=(choice(say, &format!("theme={}", theme.word()))) aria-current=[(say.theme == theme).then_some("true")] { (say.t(en, ko)) } " "
                    }
                }
            }
        }
    }
}

/// The same page, with a choice.
fn choice(say: &Say, chosen: &str) -> String {
    match say.range {
        Some(range) => format!("?range={}&{chosen}", range.word()),
        None => format!("?{chosen}"),
    }
}

/// That the file is as large as it may be, and what it no longer has.
fn shed(say: &Say, state: &State) -> String {
    let Shed { points, period_s, before } = state.shed;
    let (bound, period, before) = (state.bound >> 20, say.duration(f64::from(period_s)), say.moment(before));
    match say.code() {
        "ko" => format!(
            "저장 파일이 한도({bound} MiB)에 도달해 오래된 세부 데이터 {points}건을 먼저 지웠습니다. {before} 이전은 {period} 간격 데이터가 없습니다."
        ),
        _ => format!(
            "The store is as large as it may be ({bound} MiB): {points} points were dropped, of {period} each before {before}."
        ),
    }
}

pub(super) fn login(say: &Say, wrong: bool) -> Markup {
    let body = html! {
        main id="main" {
            h1 { "Stormglass" }
            p { (say.t("This page is open to others than this host, so it asks for the token that was printed when it started.",
                       "이 페이지는 외부에서도 접속할 수 있으므로, 시작할 때 출력된 토큰이 필요합니다.")) }
            @if wrong { p.trouble role="alert" { (say.t("That is not the token.", "토큰이 맞지 않습니다.")) } }
            form.card method="post" action="/login" {
                label { (say.t("Token", "토큰")) input type="password" name="token" autocomplete="current-password" required autofocus; }
                button { (say.t("Open", "열기")) }
            }
        }
    };
    document(say, say.t("Token", "토큰"), &body, false)
}

pub(super) fn nothing(say: &Say) -> Markup {
    html! {
        h1 { (say.t("There is no such page", "페이지를 찾을 수 없습니다")) }
        p { a href="/" { (say.t("What is wrong now", "현재 상황 보기")) } }
    }
}

pub(super) fn refused(say: &Say, error: ActError) -> Markup {
    let english = error.to_string();
    let why = say.t(
        &english,
        match error {
            ActError::NoIncident => "진행 중인 장애가 아닙니다.",
            ActError::NoSilence => "해당 알림 중지가 없습니다.",
            ActError::NoLabels => "대상이 될 라벨이 없거나 형식이 맞지 않습니다. `라벨 = 값` 형식으로 입력하세요.",
            ActError::Duration => "기간은 1분에서 1주 사이여야 합니다.",
            ActError::TooMany => "알림 중지가 너무 많습니다. 먼저 하나를 해제하세요.",
        },
    );
    html! {
        h1 { (say.t("That was not done", "처리하지 못했습니다")) }
        p.trouble role="alert" { (why) }
        p { a href="/" { (say.t("What is wrong now", "현재 상황 보기")) } }
    }
}
