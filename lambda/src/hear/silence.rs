//! Silencing from the page of an incident: what its group has in common is quiet until a moment.

use alarm::incident::Incident;
use alarm::matcher::Matcher;
use alarm::points::Time;
use alarm::silence::Silence;

/// Of what an incident's group has in common: `default/service=shop,host=web-1`. `None` where that is nothing, or has
/// marks of its own in it: then a person says at a shell what is meant.
pub(super) fn of(story: &Incident, by: &str, for_s: u64, now: Time) -> Option<Silence> {
    let (_, common) = story.group.split_once('/')?;
    let matcher = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let plain = !value.is_empty() && !value.contains(['*', '?', '=', '"']);
        Matcher::parse(&format!("{name} = {value}")).ok().filter(|_| plain)
    };
    let labels: Option<Vec<Matcher>> = common.split(',').map(matcher).collect();
    let labels = labels.filter(|labels| !labels.is_empty())?;
    let until = now.saturating_add_unsigned(for_s);
    // The story names a silence by its id. The same press twice is the same silence.
    let who: String = by.chars().map(|it| if it.is_alphanumeric() { it } else { '-' }).collect();
    let id = format!("{who}-{}", story.id);
    Some(Silence { id, labels, from: now, until, by: by.to_owned(), why: format!("incident {}", story.id) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alarm::notify::{Decision, Happened};

    fn story(group: &str) -> Incident {
        let opened = Happened::Opened { incident: "20261121-071003-k3f9a2".into(), since: 0 };
        let decision = Decision { happened: vec![opened], ..Decision::default() };
        Incident::open(&decision, group, false).expect("an incident")
    }

    #[test]
    fn what_the_group_has_in_common() {
        let silence = of(&story("default/service=shop,host=web 1"), "Kim", 60, 100).expect("a silence");
        let labels: Vec<_> = silence.labels.iter().map(ToString::to_string).collect();
        assert_eq!((labels, silence.until), (vec!["service = shop".to_owned(), "host = web 1".to_owned()], 160));
        for group in ["default/", "default", "default/host=*", "default/host=a=b", "default/host=a,b"] {
            assert_eq!(of(&story(group), "Kim", 60, 100), None, "{group}");
        }
    }
}
