//! The page in a real Chromium: every page, in both languages, both themes, on a desk and on a phone, without scripts;
//! acts by the mouse; and axe-core's opinion of it (tests/browser/axe.min.js, MPL-2.0, of npm's axe-core 4.14.1).
//!
//! The pictures stay in `target/pages`, for a person to look at.

use std::path::PathBuf;

use tests::Browser;

use crate::page::Up;

pub(crate) const PAGES: [(&str, &str); 7] = [
    ("now", "/"),
    ("host", "/host"),
    ("host-week", "/host?range=7d"),
    ("api", "/api"),
    ("errors", "/errors"),
    ("incidents", "/incidents"),
    ("bill", "/bill"),
];
pub(crate) const WIDTHS: [(&str, u32, u32); 2] = [("desk", 1_280, 900), ("phone", 390, 844)];
const DRAWN: &str = "[...document.querySelectorAll('figure.chart')].every((it) => it.chart)";

pub(crate) fn browser(what: &str) -> Option<Browser> {
    let browser = Browser::start();
    if browser.is_none() {
        tests::skip("chromium", &format!("{what}: chromium is not installed"));
    }
    browser
}

fn pictures() -> PathBuf {
    let folder = tests::target().join("pages");
    std::fs::create_dir_all(&folder).expect("can be made");
    folder
}

/// Nothing of the page leads anywhere else, and the browser has nothing to complain of.
fn is_clean(browser: &mut Browser, up: &Up, page: &str) {
    let home = format!("http://{}/", up.place);
    let strangers: Vec<_> = browser.requests().into_iter().filter(|asked| !asked.starts_with(&home)).collect();
    assert!(strangers.is_empty(), "{page} asks elsewhere: {strangers:?}");
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{page}: {complaints:?}");
    let wide = browser.eval("document.documentElement.scrollWidth - innerWidth");
    assert!(wide.as_f64().is_some_and(|wide| wide <= 0.0), "{page} is {wide} pixels wider than its screen");
}

fn axe(browser: &mut Browser, page: &str) {
    const ASK: &str = "axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations \
        .filter((it) => it.impact === 'serious' || it.impact === 'critical') \
        .map((it) => it.id + ': ' + it.nodes.map((node) => node.target + ' ' + node.failureSummary).join('; ')))";
    let script = std::fs::read_to_string(tests::root().join("tests/browser/axe.min.js")).expect("is there");
    browser.eval(&format!("{script}; 0"));
    let found = browser.eval(ASK);
    assert_eq!(found, serde_json::json!([]), "{page}");
}

#[test]
fn every_page_stands_in_a_browser_in_both_languages_and_themes_on_desk_and_phone() {
    let Some(mut browser) = browser("the page") else { return };
    let up = Up::start(&[]);
    up.until("/", "action=\"/acknowledge\"");
    up.until("/host", "data-lines");
    let folder = pictures();
    for (width, across, down) in WIDTHS {
        browser.size(across, down);
        for (language, theme) in [("en", "light"), ("ko", "dark"), ("en", "dark"), ("ko", "light")] {
            browser.open(&format!("http://{}/?lang={language}&theme={theme}", up.place));
            for (name, path) in PAGES {
                let page = format!("{name}-{language}-{theme}-{width}");
                browser.open(&format!("http://{}{path}", up.place));
                browser.until(DRAWN);
                assert_eq!(browser.eval("document.documentElement.lang"), language, "{page}");
                browser.picture(&folder.join(format!("{page}.png")), 2_400);
                is_clean(&mut browser, &up, &page);
                axe(&mut browser, &page);
            }
        }
    }
}

#[test]
fn without_scripts_every_page_is_read_and_an_alarm_acknowledged() {
    let Some(mut browser) = browser("the page without scripts") else { return };
    let up = Up::start(&[]);
    let now = up.until("/", "action=\"/acknowledge\"");
    let incident = now.split("href=\"/incidents/").nth(1).and_then(|rest| rest.split('"').next()).expect("an incident");
    up.until("/host", "data-lines");
    browser.scripts(false);
    for (name, path) in PAGES {
        browser.open(&format!("http://{}{path}", up.place));
        let asked = browser.requests();
        assert!(asked.iter().all(|asked| !asked.contains("/data") && !asked.contains("/live")), "{name}: {asked:?}");
        assert!(browser.eval("document.querySelector('main').innerText.length > 20") == true, "{name} says nothing");
        is_clean(&mut browser, &up, name);
    }
    browser.open(&format!("http://{}/host", up.place));
    let lines = "[...document.querySelectorAll('figure svg path')].some((it) => it.getAttribute('d').length > 2)";
    assert_eq!(browser.eval(lines), true, "the server has drawn no line");
    acknowledge(&mut browser, &up);
    assert_eq!(browser.eval("location.pathname"), format!("/incidents/{incident}"));
    assert_eq!(browser.eval("document.querySelector('main').innerText.includes('kim')"), true);
}

fn acknowledge(browser: &mut Browser, up: &Up) {
    browser.open(&format!("http://{}/", up.place));
    browser.click("details[id^=ack-] > summary");
    browser.click("details[id^=ack-] input[name=by]");
    browser.write("kim");
    browser.click("details[id^=ack-] form button");
    browser.loaded();
}

#[test]
fn what_others_do_comes_by_itself_and_a_silence_is_set_by_the_mouse() {
    let Some(mut browser) = browser("acts on the page") else { return };
    let up = Up::start(&[]);
    let now = up.until("/", "action=\"/acknowledge\"");
    browser.open(&format!("http://{}/", up.place));
    browser.until("document.querySelector('main') !== null");
    // Somebody else acknowledges, and the open page says so without being loaded again.
    let after = |mark: &str| now.split(mark).nth(1).and_then(|rest| rest.split('"').next()).expect(mark).to_owned();
    let (csrf, incident) = (after("name=\"csrf\" value=\""), after("name=\"incident\" value=\""));
    let form = format!("incident={incident}&by=kim&hours=1&csrf={csrf}");
    assert!(up.post("/acknowledge", &form, "").starts_with("HTTP/1.1 303"));
    browser.until("document.querySelector('main').innerText.includes('Acknowledged by kim')");
    browser.click("details[id^=silence-] > summary");
    browser.click("details[id^=silence-] input[name=by]");
    browser.write("lee");
    browser.click("details[id^=silence-] form button");
    browser.loaded();
    assert_eq!(browser.eval("location.pathname"), "/incidents");
    browser.until("document.querySelector('main').innerText.includes('lee')");
    browser.click("form[action='/lift'] button");
    browser.loaded();
    browser.until("document.querySelector('main')?.innerText.includes('Nothing is silenced')");
}
