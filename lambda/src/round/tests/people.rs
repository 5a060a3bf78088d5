//! What people do with the link of a notice, and what comes of it.

use account::item::Owed;
use account::link::Key;
use alarm::points::Time;

use super::world::World;
use super::{RULES, SECRET, minute, run};
use crate::hear::{self, Asked};

fn link(owed: &Owed) -> String {
    let from = owed.email.find("https://stormglass.example/?").expect("a link in the mail");
    let link = owed.email[from..].split_whitespace().next().unwrap_or_default();
    link.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
}

fn asked(method: &str, query: &str, body: &str) -> Asked {
    let value = serde_json::json!({
        "rawQueryString": query, "body": body, "requestContext": { "http": { "method": method } },
    });
    serde_json::from_value(value).unwrap()
}

fn knock(world: &World, asked: &Asked, now: Time) -> (u64, String) {
    let key = Key::new(SECRET);
    let answer = run(world, hear::answer(asked, key.as_ref(), &alarm::team::Team::default(), world, now)).unwrap();
    (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned())
}

#[test]
fn an_acknowledgement_stops_the_climb_and_a_scanner_does_nothing() {
    let world = World::new(RULES, |at| if at >= 600 { 97.0 } else { 40.0 });
    for at in 0..20 {
        minute(&world, at).unwrap();
    }
    let query = link(&world.sent()[0]);
    let (status, page) = knock(&world, &asked("GET", &query, ""), 1_200);
    assert!(status == 200 && page.contains("<form method=\"post\">") && page.contains("memory"), "{page}");
    assert!(world.story().acknowledged.is_empty(), "GET acts on nothing");

    let (status, page) = knock(&world, &asked("POST", &query, "by=%3Cb%3EKim%3C%2Fb%3E&minutes=60"), 1_200);
    assert!(status == 200 && page.contains("&lt;b&gt;Kim&lt;/b&gt;"), "{page}");
    assert_eq!(world.story().acknowledged[0].by, "<b>Kim</b>");
    for at in 21..75 {
        minute(&world, at).unwrap();
    }
    let departments = || world.sent().iter().filter(|owed| owed.audience == "department").count();
    assert_eq!(departments(), 0, "somebody has it");
    for at in 75..140 {
        minute(&world, at).unwrap();
    }
    assert!(departments() > 0, "the acknowledgement has ended");

    for (query, expect) in [("i=x&a=y&u=9&s=00", 403), ("", 403)] {
        assert_eq!(knock(&world, &asked("POST", query, "by=x"), 1_200).0, expect);
    }
    assert_eq!(knock(&world, &asked("POST", &query, "by=x"), 600 + 40 * 3_600).0, 403, "a link ends");
    assert_eq!(knock(&world, &asked("DELETE", &query, ""), 1_200).0, 405);
}

#[test]
fn an_incident_is_silenced_by_its_link_and_its_story_says_by_whom() {
    let world = World::new(RULES, |at| if at >= 600 { 97.0 } else { 40.0 });
    for at in 0..20 {
        minute(&world, at).unwrap();
    }
    let query = link(&world.sent()[0]);
    let (status, page) = knock(&world, &asked("POST", &query, "by=Kim&minutes=60&act=silence"), 1_200);
    assert!(status == 200 && page.contains("Silenced by Kim"), "{page}");
    for at in 21..78 {
        minute(&world, at).unwrap();
    }
    let departments = || world.sent().iter().filter(|owed| owed.audience == "department").count();
    assert_eq!(departments(), 0, "it is silenced");
    let story = serde_json::to_string(&world.story()).unwrap();
    assert!(story.contains("Kim"), "{story}");
    for at in 78..150 {
        minute(&world, at).unwrap();
    }
    assert!(departments() > 0, "the silence has ended");
}
