//! The notice for a program: what was said, and beside it every fact unrounded and uncut.

use serde_json::{Value, json};

use super::{Alarm, LinkKind, Matter, Notice, say};
use crate::points::Time;
use crate::verdict::Fact;

/// The names of keys are stable; new ones may be added.
pub fn json(notice: &Notice, matter: &Matter<'_>) -> Value {
    let due = matter.due;
    let moment = |at: Time| say::machine(at, &notice.audience.zone);
    let link = |kind| notice.links.iter().find(|link| link.kind == kind).map(|link| link.to.as_str());
    let alarms = |numbers: &[usize]| -> Vec<_> {
        let known = numbers.iter().filter_map(|at| matter.alarms.get(*at));
        known.map(|it| alarm(it, &moment)).collect()
    };
    json!({
        "version": 1,
        "incident": notice.incident,
        "number": notice.number,
        "drill": notice.drill,
        "audience": notice.audience.name,
        "reason": notice.why,
        "state": if notice.over() { "over" } else { "firing" },
        "grade": notice.grade.name(),
        "title": notice.title,
        "summary": notice.summary,
        "at": moment(matter.now),
        "since": moment(due.since),
        "alarms": alarms(&due.firing),
        "over": alarms(&due.over),
        "gone": due.gone,
        "suspects": notice.suspects, // in words: they are hints for a person
        "what_to_do": notice.todo,
        "next": due.next.as_ref().map(|next| json!({ "at": moment(next.at), "tell": next.tell })),
        "links": {
            "incident": link(LinkKind::Page),
            "acknowledge": link(LinkKind::Acknowledge),
            "runbook": link(LinkKind::Runbook),
        },
    })
}

fn alarm(it: &Alarm<'_>, moment: &dyn Fn(Time) -> String) -> Value {
    let facts: serde_json::Map<_, _> =
        it.verdict.reason.facts.iter().map(|(name, fact)| (name.to_owned(), value(&fact))).collect();
    let labels: serde_json::Map<_, _> = it.labels.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let left = it
        .verdict
        .time_left
        .map(|left| json!({ "low_s": left.low_s, "likely_s": left.likely_s, "high_s": left.high_s }));
    json!({
        "title": it.title,
        "labels": labels,
        "state": it.verdict.state.name(),
        "grade": it.graded.grade.name(),
        "impact": it.graded.impact.name(),
        "immediacy": it.graded.immediacy.name(),
        "since": it.since.map(moment),
        "value": it.verdict.value,
        "unit": it.unit.name(),
        "reason": it.verdict.reason.key,
        "facts": facts,
        "time_left": left,
    })
}

fn value(fact: &Fact) -> Value {
    match fact {
        Fact::Number(number) | Fact::Percent(number) | Fact::DurationS(number) | Fact::Money(number) => {
            (*number).into()
        }
        Fact::Count(count) => (*count).into(),
        Fact::Text(text) => text.as_str().into(),
    }
}
