//! Cases, played minute by minute against the real decision. What holds for any play is in `laws`.

mod laws;

use super::*;
use crate::ladder::{Breach, Ladder, RawLadder};
use crate::sheet::{self, Faults};
use crate::team::Team;

const SHOP: &str = "step = [{ after = '0s', tell = ['on-call'] }, { after = '30m', tell = ['dept'] },\n\
                    { after = '1h', tell = ['upper'] }]\n\
                    jump = [{ labels = ['rule = cpu'], at_least = 100.0 }]\n\
                    repeat = { page = '4h', ticket = '1d' }\n";

fn ladder(text: &str) -> Ladder {
    let raw = sheet::read::<RawLadder>("x", text).unwrap();
    let mut faults = Faults::new("x", text);
    let ladder = Ladder::check(&raw, &Team::default(), &mut faults);
    assert!(faults.is_empty(), "{faults}");
    ladder
}

/// One alarm as a play has it at one minute.
#[derive(Clone, Debug)]
struct Part {
    labels: Labels,
    state: State,
    grade: Grade,
    value: Option<f64>,
    hush: Option<Hush>,
}

fn part(rule: &str, state: State) -> Part {
    Part { labels: Labels::from_iter([("rule", rule)]), state, grade: Grade::Page, value: None, hush: None }
}

fn fires(rule: &str) -> Part {
    part(rule, State::Firing)
}

fn fine(rule: &str) -> Part {
    part(rule, State::Fine)
}

impl Part {
    fn graded(self, grade: Grade) -> Self {
        Self { grade, ..self }
    }

    fn value(self, value: f64) -> Self {
        Self { value: Some(value), ..self }
    }

    fn silenced(self, until_minute: Time) -> Self {
        Self { hush: Some(Hush::Silenced { id: "s".to_owned(), until: until_minute * 60 }), ..self }
    }

    fn hidden(self) -> Self {
        Self { hush: Some(Hush::Hidden { by: "host".to_owned() }), ..self }
    }
}

struct Play {
    ladder: Ladder,
    memory: GroupMemory,
    minute: Time,
    said: Vec<String>,
    quiet: Option<Quiet>,
}

impl Play {
    fn new(text: &str) -> Self {
        Self { ladder: ladder(text), memory: GroupMemory::default(), minute: 0, said: vec![], quiet: None }
    }

    fn look(&mut self, parts: &[Part]) -> Decision {
        let members: Vec<_> = parts.iter().map(member).collect();
        let memory = GroupMemory::decode(&self.memory.encode()).unwrap();
        let (memory, decision) = decide(&self.ladder, "g", memory, &members, self.minute * 60);
        let (again, silent) = decide(&self.ladder, "g", memory.clone(), &members, self.minute * 60);
        assert_eq!(silent.due, [], "the same look told twice at minute {}", self.minute);
        assert_eq!(again.episode.as_ref().map(|e| e.notices), memory.episode.as_ref().map(|e| e.notices));
        self.memory = memory;
        self.quiet.clone_from(&decision.quiet);
        for due in &decision.due {
            self.said.push(format!("{} {} {}", self.minute, word(&due.why), due.to.join("+")));
        }
        decision
    }

    /// So many minutes of the same.
    fn lasts(&mut self, minutes: Time, parts: &[Part]) -> &mut Self {
        for _ in 0..minutes {
            self.look(parts);
            self.minute += 1;
        }
        self
    }

    fn ack(&mut self, minutes: u64) -> &mut Self {
        let memory = std::mem::take(&mut self.memory);
        self.memory = memory.acknowledge("kim", minutes * 60, self.minute * 60).unwrap();
        self
    }

    #[track_caller]
    fn expect(&mut self, said: &[&str]) -> &mut Self {
        assert_eq!(self.said, said);
        self.said.clear();
        self
    }
}

fn member(part: &Part) -> Member<'_> {
    let Part { labels, state, grade, value, hush } = part;
    Member { labels, state: *state, since: None, grade: *grade, value: *value, time_left: None, hush: hush.as_ref() }
}

fn word(why: &Why) -> String {
    match why {
        Why::First { jumped: false } => "first".to_owned(),
        Why::First { jumped: true } => "first!".to_owned(),
        Why::Escalated { jumped: false } => "escalated".to_owned(),
        Why::Escalated { jumped: true } => "escalated!".to_owned(),
        Why::Persists { ended } => format!("persists({ended:?})"),
        Why::Graver { from } => format!("graver({})", from.name()),
        Why::Joined => "joined".to_owned(),
        Why::SomeOver => "some-over".to_owned(),
        Why::Acknowledged { by, .. } => format!("acked({by})"),
        Why::Repeat => "repeat".to_owned(),
        Why::Over => "over".to_owned(),
    }
}

#[test]
fn on_call_department_upper_department() {
    let mut play = Play::new(SHOP);
    play.lasts(62, &[fires("burst")]).expect(&["0 first on-call", "30 escalated dept", "60 escalated upper"]);
    play.lasts(1, &[fine("burst")]).expect(&["62 over on-call+dept+upper"]);
    assert_eq!(play.memory, GroupMemory::default());
}

#[test]
fn a_hundred_percent_tells_all_at_once() {
    let mut play = Play::new(SHOP);
    play.lasts(70, &[fires("cpu").value(100.0)]).expect(&["0 first! on-call+dept+upper"]);
    let mut play = Play::new(SHOP);
    play.lasts(5, &[fires("cpu").value(90.0)]).lasts(60, &[fires("cpu").value(100.0)]);
    play.expect(&["0 first on-call", "5 escalated! dept+upper"]);
}

#[test]
fn a_ticket_does_not_climb_and_starts_at_the_foot_when_it_becomes_a_page() {
    let mut play = Play::new(SHOP);
    play.lasts(300, &[fires("disk").graded(Grade::Ticket)]).expect(&["0 first on-call"]);
    assert!(matches!(play.quiet, Some(Quiet::AllTold { .. })));
    play.lasts(32, &[fires("disk")]).expect(&["300 graver(ticket) on-call", "330 escalated dept"]);
}

#[test]
fn a_grade_that_flickers_is_told_once() {
    let mut play = Play::new(SHOP);
    for _ in 0..10 {
        play.lasts(1, &[fires("disk").graded(Grade::Ticket)]).lasts(1, &[fires("disk")]);
    }
    play.expect(&["0 first on-call", "1 graver(ticket) on-call"]);
}

#[test]
fn a_note_that_no_step_takes_is_told_to_nobody() {
    let mut play = Play::new(SHOP);
    play.lasts(100, &[fires("x").graded(Grade::Note)]).expect(&[]);
    assert_eq!(play.quiet, Some(Quiet::NoStep { grade: Grade::Note, next_at: None }));
    play.lasts(1, &[fine("x")]).expect(&[]);
    assert_eq!(play.quiet, Some(Quiet::NobodyKnew));
}

#[test]
fn it_repeats_while_it_fires() {
    let mut play =
        Play::new("step = [{ after = '0s', tell = ['a'] }, { after = '1h', tell = ['b'] }]\nrepeat.page = '2h'\n");
    play.lasts(200, &[fires("x")]).expect(&["0 first a", "60 escalated b", "120 repeat a", "180 repeat b"]);
}

#[test]
fn an_acknowledgement_pauses_and_expires() {
    let mut play = Play::new(SHOP);
    play.lasts(10, &[fires("x")]).expect(&["0 first on-call"]);
    play.ack(60).lasts(60, &[fires("x")]).expect(&["10 acked(kim) on-call"]);
    assert!(matches!(&play.quiet, Some(Quiet::Acknowledged { by, until: 4_200 }) if by == "kim"));
    // Ten minutes of the ladder were climbed; twenty more are left of thirty.
    play.lasts(30, &[fires("x")]).expect(&["70 persists(Acknowledgement) on-call", "90 escalated dept"]);
    play.ack(600).lasts(5, &[fires("x")]).expect(&["100 acked(kim) on-call+dept"]);
    play.lasts(1, &[fine("x")]).expect(&["105 over on-call+dept"]);
}

#[test]
fn what_becomes_graver_is_not_what_was_acknowledged() {
    let mut play = Play::new(SHOP);
    play.lasts(1, &[fires("x").graded(Grade::Ticket)]).ack(600);
    play.lasts(3, &[fires("x").graded(Grade::Ticket)]).lasts(32, &[fires("x")]);
    play.expect(&["0 first on-call", "1 acked(kim) on-call", "4 graver(ticket) on-call", "34 escalated dept"]);
}

#[test]
fn what_joins_is_told_though_somebody_has_it() {
    let mut play = Play::new(SHOP);
    play.lasts(1, &[fires("x")]).ack(600).lasts(10, &[fires("x")]).lasts(10, &[fires("x"), fires("y")]);
    play.expect(&["0 first on-call", "1 acked(kim) on-call", "11 joined on-call"]);
}

#[test]
fn joining_and_recovering_settle_into_one_notice() {
    let mut play = Play::new(SHOP);
    play.lasts(1, &[fires("a")]).lasts(1, &[fires("a"), fires("b")]);
    assert_eq!(play.quiet, Some(Quiet::Settling { until: 300 }));
    play.lasts(1, &[fires("a"), fires("b"), fires("c")]).lasts(2, &[fires("a"), fires("b"), fires("c")]);
    play.expect(&["0 first on-call"]);
    let decision = play.look(&[fires("a"), fires("b"), fires("c")]);
    assert_eq!(decision.due[0].fresh, [1, 2]);
    play.expect(&["5 joined on-call"]);
    play.minute = 20;
    let decision = play.look(&[fine("a"), fires("b"), fine("c")]);
    assert_eq!(decision.due[0].over, [0, 2]);
    play.expect(&["20 some-over on-call"]);
    play.minute = 21;
    play.lasts(1, &[fine("a"), fine("b"), fine("c")]).expect(&["21 over on-call"]);
}

#[test]
fn a_silence_holds_and_when_it_ends_people_are_told() {
    let mut play = Play::new(SHOP);
    play.lasts(10, &[fires("x").silenced(10)]).expect(&[]);
    assert!(matches!(play.quiet, Some(Quiet::Hushed { .. })));
    play.lasts(32, &[fires("x")]).expect(&["10 first on-call", "40 escalated dept"]);
    play.lasts(100, &[fires("x").silenced(142)]).expect(&[]);
    play.lasts(20, &[fires("x")]).expect(&["142 persists(Silence) on-call+dept"]);
    play.lasts(10, &[fires("x")]).expect(&["170 escalated upper"]);
}

#[test]
fn a_recovery_in_a_silence_is_told_when_it_ends() {
    let mut play = Play::new(SHOP);
    play.lasts(2, &[fires("x")]).lasts(3, &[fires("x").silenced(20)]).lasts(15, &[fine("x").silenced(20)]);
    play.expect(&["0 first on-call"]);
    play.lasts(1, &[fine("x")]).expect(&["20 over on-call"]);
}

#[test]
fn a_trouble_that_came_and_went_in_a_silence_was_never() {
    let mut play = Play::new(SHOP);
    play.lasts(5, &[fires("x").silenced(20)]).lasts(20, &[fine("x")]).expect(&[]);
    assert_eq!(play.memory, GroupMemory::default());
}

#[test]
fn what_is_hidden_is_told_when_the_hider_is_fine() {
    let mut play = Play::new(SHOP);
    play.lasts(10, &[fires("host"), fires("app").hidden()]).expect(&["0 first on-call"]);
    let decision = play.look(&[fine("host"), fires("app")]);
    assert_eq!((&decision.due[0].fresh[..], &decision.due[0].over[..]), (&[1][..], &[0][..]));
    play.expect(&["10 joined on-call"]);
}

#[test]
fn a_gap_is_no_recovery_and_news_of_it_are_no_news() {
    let mut play = Play::new(SHOP);
    play.lasts(5, &[part("x", State::Unknown)]).lasts(5, &[fine("x")]).expect(&[]);
    assert_eq!(play.quiet, Some(Quiet::NothingFires));
    // What cannot be seen has no grade of its own.
    let unseen = part("x", State::Unknown).graded(Grade::Note);
    play.lasts(1, &[fires("x")]).lasts(25, std::slice::from_ref(&unseen)).expect(&["10 first on-call"]);
    play.lasts(10, &[unseen]).expect(&["40 escalated dept"]);
    play.lasts(1, &[fine("x")]).expect(&["46 over on-call+dept"]);
}

#[test]
fn what_is_gone_is_said_to_be_gone() {
    let mut play = Play::new(SHOP);
    play.lasts(10, &[fires("x"), fires("y")]).expect(&["0 first on-call"]);
    let decision = play.look(&[fires("x")]);
    assert_eq!((decision.due[0].gone, &decision.due[0].why), (1, &Why::SomeOver));
}

#[test]
fn calm_makes_one_incident_of_a_flap() {
    let text = format!("{SHOP}calm = '10m'\n");
    let mut play = Play::new(&text);
    for _ in 0..5 {
        play.lasts(3, &[fires("x")]).lasts(5, &[fine("x")]);
    }
    play.expect(&["0 first on-call"]);
    assert!(matches!(play.quiet, Some(Quiet::Calming { until: 2_700 })), "{:?}", play.quiet);
    play.lasts(10, &[fine("x")]).expect(&["45 over on-call"]);
}

#[test]
fn a_judge_that_was_away_climbs_by_an_hour_at_most() {
    let mut play = Play::new(
        "step = [{ after = '0s', tell = ['a'] }, { after = '1h', tell = ['b'] }, { after = '2h', tell = ['c'] }]\n",
    );
    play.lasts(1, &[fires("x")]);
    play.minute = 60 * 24 * 365;
    play.lasts(1, &[fires("x")]).expect(&["0 first a", "525600 escalated b", "525600 repeat a"]);
}

#[test]
fn a_clock_that_jumps_back_waits_for_nothing_of_the_future() {
    let mut play = Play::new(SHOP);
    play.minute = 1_000_000;
    play.lasts(2, &[fires("x")]);
    play.minute = 10;
    play.lasts(241, &[fires("x")]).expect(&[
        "1000000 first on-call",
        "39 escalated dept",
        "69 escalated upper",
        "250 repeat on-call",
    ]);
}

#[test]
fn the_plan_is_the_ladder_as_it_is_lived() {
    let labels = Labels::from_iter([("rule", "cpu")]);
    let minutes = |value| -> Vec<_> {
        plan(&ladder(SHOP), &Breach { labels: &labels, grade: Grade::Page, value, time_left: None }, 120)
            .into_iter()
            .map(|m| (m.minute, m.tell.join("+")))
            .collect()
    };
    let expect = [(0, "on-call"), (30, "dept"), (60, "upper")].map(|(at, who)| (at, who.to_owned()));
    assert_eq!(minutes(None), expect);
    assert_eq!(minutes(Some(100.0)), [(0, "on-call+dept+upper".to_owned())]);
}

#[test]
fn the_memory_of_a_full_group_is_bounded() {
    let parts: Vec<_> = (0..MEMBERS_MAX + 100).map(|n| fires(&format!("rule-{n}"))).collect();
    let mut play = Play::new(SHOP);
    play.lasts(2, &parts);
    let bytes = play.memory.encode().len();
    assert!(bytes < 32_000, "{bytes} bytes");
    let fine: Vec<_> = (0..MEMBERS_MAX + 100).map(|n| fine(&format!("rule-{n}"))).collect();
    play.lasts(1, &fine).expect(&["0 first on-call", "2 over on-call"]);
}
