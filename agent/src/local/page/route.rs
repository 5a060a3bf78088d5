//! From what is asked to who answers.

use std::net::SocketAddr;

use alarm::points::Time;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode, header};
use maud::Markup;

use super::answer::{self, Answer};
use super::chart::Range;
use super::forms::{Pairs, decoded};
use super::guard::{self, Refused, cookie};
use super::layout::{self, Place};
use super::say::{self, Say, Theme};
use super::server::Room;
use super::{api, assets, bill, data, errors, host, incidents, now, prometheus, snapshot};
use crate::local::house::House;
use crate::local::judge::Act;

const PLAIN: &str = "text/plain; charset=utf-8";
const HOUR_S: u64 = 3_600;

/// A request, its body read.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    method: &'a Method,
    path: String,
    query: Pairs,
    form: Pairs,
    headers: &'a HeaderMap,
    from: SocketAddr,
}

impl<'a> Asked<'a> {
    pub(super) fn new(head: &'a Parts, form: &str, from: SocketAddr) -> Self {
        let query = Pairs::parse(head.uri.query().unwrap_or_default());
        let path = decoded(head.uri.path());
        Self { method: &head.method, path, query, form: Pairs::parse(form), headers: &head.headers, from }
    }

    fn say(&self, house: &House, now: Time) -> Say {
        let team = &house.judge.rules.team;
        let header = |name| self.headers.get(name).and_then(|value| value.to_str().ok());
        let language = self.query.get("lang").and_then(say::language);
        let language = language.or_else(|| cookie(self.headers, "lang").and_then(say::language));
        let language = language.or_else(|| header(header::ACCEPT_LANGUAGE).and_then(say::language_of));
        let theme = self.query.get("theme").or_else(|| cookie(self.headers, "theme")).and_then(Theme::parse);
        Say {
            language: language.unwrap_or(team.language),
            zone: team.zone.clone(),
            theme: theme.unwrap_or_default(),
            range: self.query.get("range").and_then(Range::parse),
            now,
        }
    }
}

pub(super) fn answer(room: &Room, asked: &Asked<'_>, now: Time) -> Answer {
    if let Some(asset) = assets::find(&asked.path, asked.headers) {
        return asset;
    }
    let say = asked.say(&room.house.borrow(), now);
    if asked.path == "/login" {
        return login(room, asked, &say);
    }
    if room.door.borrow().session(asked.headers).is_err() {
        return match asked.path.as_str() {
            "/metrics" | "/data" | "/live" => answer::text(StatusCode::UNAUTHORIZED, PLAIN, "the token is needed\n"),
            _ => answer::page(StatusCode::UNAUTHORIZED, layout::login(&say, false)),
        };
    }
    let mut answer = match *asked.method {
        Method::GET | Method::HEAD => read(room, asked, &say),
        Method::POST => act(room, asked, &say),
        _ => answer::text(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "GET reads, POST acts\n"),
    };
    // A choice that was made in the address is kept.
    if asked.query.get("lang").and_then(say::language).is_some() {
        answer::cookie(&mut answer, "lang", say.code());
    }
    if asked.query.get("theme").and_then(Theme::parse).is_some() {
        answer::cookie(&mut answer, "theme", say.theme.word());
    }
    answer
}

fn read(room: &Room, asked: &Asked<'_>, say: &Say) -> Answer {
    let house = room.house.borrow();
    let door = room.door.borrow();
    let page = |place: Place, body: Markup| answer::page(StatusCode::OK, layout::page(&house, say, place, &body));
    match asked.path.as_str() {
        "/" => page(Place::Now, now::page(&house, say, door.csrf())),
        "/host" => page(Place::Host, host::page(&house, say, say.range.unwrap_or_default())),
        "/api" => page(Place::Api, api::page(&house, say, say.range.unwrap_or_default())),
        "/errors" => page(Place::Errors, errors::list(&house, say)),
        "/bill" => page(Place::Bill, bill::page(&house, say)),
        "/snapshot" => answer::file("stormglass.html", snapshot::page(&house, say)),
        "/incidents" => page(Place::Incidents, incidents::list(&house, say, door.csrf())),
        "/data" => {
            data::answer(&house, say.range.unwrap_or_default(), asked.query.all("s"), asked.query.get("ahead"), say.now)
        }
        "/metrics" => answer::text(StatusCode::OK, prometheus::KIND, prometheus::text(&house, say.now)),
        "/live" => data::live(&house),
        "/health" => answer::text(StatusCode::OK, PLAIN, "ok\n"),
        path => match one_of(&house, say, door.csrf(), path) {
            Some((place, body)) => page(place, body),
            None => answer::page(StatusCode::NOT_FOUND, layout::page(&house, say, Place::None, &layout::nothing(say))),
        },
    }
}

/// The page of one incident, or of one kind of error.
fn one_of(house: &House, say: &Say, csrf: &str, path: &str) -> Option<(Place, Markup)> {
    if let Some(id) = path.strip_prefix("/incidents/") {
        return Some((Place::Incidents, incidents::one(house, say, csrf, id)?));
    }
    Some((Place::Errors, errors::one(house, say, path.strip_prefix("/errors/")?)?))
}

fn login(room: &Room, asked: &Asked<'_>, say: &Say) -> Answer {
    if asked.method != Method::POST {
        return answer::page(StatusCode::OK, layout::login(say, false));
    }
    match room.door.borrow_mut().login(asked.from.ip(), &asked.form.text("token")) {
        Ok(secret) => {
            let mut answer = answer::see("/");
            answer::cookie(&mut answer, guard::SESSION, secret.text());
            answer
        }
        Err(Refused::TooOften) => answer::text(StatusCode::TOO_MANY_REQUESTS, PLAIN, "too many tries; wait a minute\n"),
        Err(_) => answer::page(StatusCode::FORBIDDEN, layout::login(say, true)),
    }
}

/// What a form asks for, and where its reader goes then.
fn wanted(asked: &Asked<'_>) -> Option<(Act, String)> {
    let form = &asked.form;
    let by = form.text("by");
    let for_s = form
        .get("hours")
        .and_then(|hours| hours.parse::<u64>().ok())
        .map_or(HOUR_S, |hours| hours.saturating_mul(HOUR_S));
    let incident = form.text("incident");
    let back = format!("/incidents/{}", super::forms::encoded(&incident));
    match asked.path.as_str() {
        "/acknowledge" => Some((Act::Acknowledge { incident, by, for_s }, back)),
        "/note" => Some((Act::Note { incident, by, text: form.text("text") }, back)),
        "/silence" => {
            let labels = form.all("label").filter(|label| !label.trim().is_empty()).map(str::to_owned).collect();
            Some((Act::Silence { labels, by, why: form.text("why"), for_s }, "/incidents".to_owned()))
        }
        "/lift" => Some((Act::Lift { id: form.text("id") }, "/incidents".to_owned())),
        _ => None,
    }
}

fn act(room: &Room, asked: &Asked<'_>, say: &Say) -> Answer {
    let allowed = room.door.borrow_mut().act(asked.from.ip(), asked.headers, &asked.form.text(guard::CSRF));
    match allowed {
        Ok(()) => {}
        Err(Refused::TooOften) => {
            return answer::text(StatusCode::TOO_MANY_REQUESTS, PLAIN, "too many acts; wait a minute\n");
        }
        Err(_) => return answer::text(StatusCode::FORBIDDEN, PLAIN, "this did not come from our page; load it anew\n"),
    }
    let Some((act, back)) = wanted(asked) else { return answer::text(StatusCode::NOT_FOUND, PLAIN, "no such act\n") };
    let mut house = room.house.borrow_mut();
    let house = &mut *house;
    match house.judge.act(&mut house.store, act, say.now) {
        Ok(()) => {
            // The next look at the ladder says what follows from it; nobody waits ten seconds for that.
            house.judge.round(&mut house.store, say.now);
            house.ring();
            answer::see(&back)
        }
        Err(error) => {
            let body = layout::refused(say, error);
            answer::page(StatusCode::CONFLICT, layout::page(house, say, Place::None, &body))
        }
    }
}
