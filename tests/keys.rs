//! The page by keys alone, in a real Chromium: Tab, Shift, Enter, Space and what is written. No mouse, no address typed
//! but the first.
//!
//! Every stop of Tab must be seen (a ring of its own, on the screen, covered by nothing), in the order of the page, and
//! behind the last comes the first again: there is no trap.

use serde_json::Value;
use tests::Browser;

use crate::browser::{PAGES, WIDTHS, browser};
use crate::page::Up;

/// What can be stood on, as its reader would name it. Names, since the page brings fresh elements with each round.
const NAMED: &str = "const named = (it) => it.tagName.toLowerCase() + ' ' + (it.getAttribute('href') || it.name || it.id \
    || it.closest('details')?.id || it.getAttribute('aria-label') || it.innerText.trim());";

/// All that Tab should come to, in order.
const EXPECTED: &str = "[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"]')] \
    .filter((it) => it.type !== 'hidden' && it.checkVisibility()).map(named)";

/// Where we stand: its name, and what speaks against seeing it.
const STOP: &str = "(() => { const it = document.activeElement; if (!it || it === document.body) return null; \
    const ring = getComputedStyle(it), at = it.getClientRects()[0], faults = []; \
    if (ring.outlineStyle === 'none' || parseFloat(ring.outlineWidth) < 2) faults.push('no ring'); \
    if (!at || at.width < 1 || at.height < 1) return [named(it), 'no size']; \
    const middle = (low, high, most) => (Math.max(low, 0) + Math.min(high, most)) / 2; \
    const [x, y] = [middle(at.left, at.right, innerWidth), middle(at.top, at.bottom, innerHeight)]; \
    const top = document.elementFromPoint(x, y); \
    if (!top) faults.push('off the screen'); else if (!it.contains(top)) faults.push('covered by ' + top.outerHTML.slice(0, 80)); \
    return [named(it), faults.join(', ')]; })()";

/// More than any page has.
const STOPS_MAX: usize = 200;

fn ask(browser: &mut Browser, script: &str) -> Value {
    browser.eval(&format!("(() => {{ {NAMED} return {script}; }})()"))
}

/// One step on; `None` where it leads out of the page, to the browser's own frame. Some begin anew at once instead.
fn step(browser: &mut Browser, page: &str) -> Option<String> {
    browser.press("Tab");
    let found = ask(browser, STOP);
    let name = found[0].as_str()?.to_owned();
    assert_eq!(found[1], "", "{page}: {name}");
    Some(name)
}

fn stop(browser: &mut Browser, page: &str) -> String {
    step(browser, page).unwrap_or_else(|| panic!("{page}: Tab leads out of it"))
}

/// Steps on until a stop is the wanted one.
fn tab_to(browser: &mut Browser, wanted: impl Fn(&str) -> bool) -> String {
    let mut passed = Vec::new();
    while passed.len() < STOPS_MAX {
        match step(browser, "on the way") {
            Some(name) if wanted(&name) => return name,
            name => passed.extend(name),
        }
    }
    panic!("it is not among {passed:?}");
}

/// To a link by its address, and through it.
fn follow(browser: &mut Browser, address: &str) {
    tab_to(browser, |name| {
        name.strip_prefix("a ").is_some_and(|at| at == address || at.ends_with(&format!("&{address}")))
    });
    browser.press("Enter");
    browser.loaded();
}

fn path(browser: &mut Browser) -> String {
    browser.eval("location.pathname").as_str().expect("a path").to_owned()
}

#[test]
fn tab_stops_at_everything_in_order_and_is_never_trapped() {
    let Some(mut browser) = browser("the page by keys") else { return };
    let up = Up::start(&[]);
    up.until("/", "action=\"/acknowledge\"");
    up.until("/host", "data-lines");
    for (width, across, down) in WIDTHS {
        browser.size(across, down);
        for (name, address) in PAGES {
            browser.open(&format!("http://{}{address}", up.place));
            let page = format!("{name} on the {width}");
            let expected = ask(&mut browser, EXPECTED);
            let mut stops = vec![stop(&mut browser, &page)];
            while let Some(next) = step(&mut browser, &page).filter(|next| *next != stops[0]) {
                stops.push(next);
                assert!(stops.len() < STOPS_MAX, "{page} is a trap: {stops:?}");
            }
            assert_eq!(serde_json::json!(stops), expected, "{page}");
            assert!(stops.len() > PAGES.len(), "{page} has nothing to stand on: {stops:?}");
            // And backwards, to the last.
            browser.press("Shift+Tab");
            if ask(&mut browser, STOP).is_null() {
                browser.press("Shift+Tab");
            }
            assert_eq!(ask(&mut browser, STOP)[0].as_str(), stops.last().map(String::as_str), "{page}");
        }
    }
}

#[test]
fn every_page_language_and_theme_is_reached_by_keys() {
    let Some(mut browser) = browser("ways by keys") else { return };
    let up = Up::start(&[]);
    up.until("/host", "data-lines");
    browser.open(&format!("http://{}/", up.place));
    // The first stop spares the way through the head of the page.
    assert_eq!(stop(&mut browser, "now"), "a #main");
    browser.press("Enter");
    browser.until("document.activeElement.id === 'main'");
    stop(&mut browser, "now");
    assert_eq!(browser.eval("document.querySelector('main').contains(document.activeElement)"), true);
    for address in ["/host", "/api", "/errors", "/incidents", "/bill", "/"] {
        follow(&mut browser, address);
        assert_eq!(path(&mut browser), address);
    }
    follow(&mut browser, "/host");
    follow(&mut browser, "?range=7d");
    assert_eq!(browser.eval("document.querySelector('.ranges [aria-current]').innerText"), "7 days");
    for (address, says) in
        [("lang=ko", "ko auto"), ("theme=dark", "ko dark"), ("lang=en", "en dark"), ("theme=light", "en light")]
    {
        follow(&mut browser, address);
        assert_eq!(browser.eval("document.documentElement.lang + ' ' + document.documentElement.dataset.theme"), says);
        assert_eq!(path(&mut browser), "/host", "a choice leads nowhere else");
    }
    // The week that was looked at is looked at still.
    assert_eq!(browser.eval("document.querySelector('.ranges [aria-current]').innerText"), "7 days");
}

#[test]
fn an_incident_is_opened_acknowledged_noted_and_silenced_by_keys() {
    let Some(mut browser) = browser("acts by keys") else { return };
    let up = Up::start(&[]);
    let now = up.until("/", "action=\"/acknowledge\"");
    let incident = now.split("href=\"/incidents/").nth(1).and_then(|rest| rest.split('"').next()).expect("an incident");
    browser.open(&format!("http://{}/", up.place));
    // Why the judge says so, opened and shut.
    tab_to(&mut browser, |name| name.starts_with("summary why-"));
    for open in [true, false] {
        browser.press("Enter");
        assert_eq!(browser.eval("document.activeElement.parentElement.open"), open);
    }
    follow(&mut browser, "/incidents");
    follow(&mut browser, &format!("/incidents/{incident}"));
    assert_eq!(path(&mut browser), format!("/incidents/{incident}"));

    tab_to(&mut browser, |name| name == format!("summary ack-{incident}"));
    browser.press("Space");
    assert_eq!(stop(&mut browser, "acknowledge"), "input by");
    browser.write("kim");
    assert_eq!(stop(&mut browser, "acknowledge"), "select hours");
    browser.press("ArrowDown");
    assert_eq!(browser.eval("document.activeElement.value"), "4");
    tab_to(&mut browser, |name| name.starts_with("button"));
    browser.press("Enter");
    browser.loaded();
    let story = "document.querySelector('#story').innerText";
    browser.until(&format!("{story}.includes('acknowledged') && {story}.includes('kim')"));

    tab_to(&mut browser, |name| name == "summary note");
    browser.press("Enter");
    tab_to(&mut browser, |name| name == "input by");
    browser.write("kim");
    assert_eq!(stop(&mut browser, "note"), "textarea text");
    browser.write("the second try helped");
    tab_to(&mut browser, |name| name.starts_with("button"));
    browser.press("Space");
    browser.loaded();
    browser.until(&format!("{story}.includes('the second try helped')"));

    follow(&mut browser, "/");
    tab_to(&mut browser, |name| name.starts_with("summary silence-"));
    browser.press("Enter");
    tab_to(&mut browser, |name| name == "input by");
    browser.write("lee");
    // Enter in a field is as good as the button.
    browser.press("Enter");
    browser.loaded();
    assert_eq!(path(&mut browser), "/incidents");
    browser.until("document.querySelector('#silences').innerText.includes('lee')");
    tab_to(&mut browser, |name| name.starts_with("button") && name.contains("Lift"));
    browser.press("Space");
    browser.loaded();
    browser.until("document.querySelector('#silences')?.innerText.includes('Nothing is silenced')");
}
