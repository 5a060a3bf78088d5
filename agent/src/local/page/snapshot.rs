//! All pages in one file that needs nothing else: no script, no request, to be sent to whoever asks.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets::STYLE;
use super::chart::Range;
use super::say::Say;
use super::{api, bill, errors, host, incidents, now};
use crate::local::house::House;

/// As a file: forms lead nowhere and are left out by the style, links by the frame around them.
const INERT: &str =
    ".acts, form, .ranges { display: none; } main a { pointer-events: none; color: inherit; text-decoration: none; }";

pub(super) fn page(house: &House, say: &Say) -> String {
    let range = say.range.unwrap_or(Range::Day);
    let parts: [Markup; 5] = [
        now::page(house, say, ""),
        host::page(house, say, range),
        api::page(house, say, range),
        errors::list(house, say),
        bill::page(house, say),
    ];
    let stories = house.judge.incidents.keys().rev().take(10).filter_map(|id| incidents::one(house, say, "", id));
    let stories: Vec<Markup> = stories.collect();
    let markup = html! {
        (DOCTYPE)
        html lang=(say.code()) data-theme="auto" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (house.about.host) " · Stormglass" }
                // The style is a constant of ours; every name on the page is escaped.
                style { (PreEscaped(STYLE)) (PreEscaped(INERT)) }
            }
            body {
                header { p.brand { "Stormglass" span.host { (house.about.host) " · " (say.moment(say.now)) } } }
                main {
                    @for part in &parts { section { (part) } hr; }
                    @for story in &stories { section { (story) } hr; }
                }
                footer { p { "Stormglass " (env!("CARGO_PKG_VERSION")) " · " (say.zone.name()) } }
            }
        }
    };
    markup.into_string()
}
