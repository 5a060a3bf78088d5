//! What the machine decides, record by record, against a service that answers as told.

use std::collections::BTreeMap;

use super::*;

const START: Time = 1_800_000_000;

fn whole(seq: u64, at: Time, datums: usize) -> Waiting {
    Waiting { seq, at, parts: std::iter::once(0..datums).collect() }
}

/// Records that wait, and a service.
struct Bench<S> {
    publisher: Publisher,
    waiting: BTreeMap<u64, Waiting>,
    service: S,
    now: Duration,
    sent: Vec<Job>,
    given_up: Vec<(Job, Lost)>,
    requests: usize,
}

impl<S: FnMut(&Job) -> Result<(), Refusal>> Bench<S> {
    fn new(records: &[(Time, usize)], service: S) -> Self {
        let record =
            |(seq, (at, datums)): (usize, &(Time, usize))| (seq as u64, whole(seq as u64, START + at, *datums));
        let waiting = records.iter().enumerate().map(record).collect();
        let (sent, given_up) = (Vec::new(), Vec::new());
        let publisher = Publisher::new(Duration::ZERO);
        Self { publisher, waiting, service, now: Duration::ZERO, sent, given_up, requests: 0 }
    }

    fn ask(&mut self, event: Event) -> Operation {
        let view = View {
            oldest: self.waiting.values().next(),
            newest: self.waiting.values().next_back(),
            now: self.now,
            time: START + self.now.as_secs() as Time,
            dice: 0.5,
        };
        self.publisher.next(event, &view)
    }

    fn settle(&mut self, job: &Job) {
        let record = self.waiting.get_mut(&job.seq).expect("only what waits is settled");
        let rest =
            |part: &Range<usize>| [part.start..job.part.start.min(part.end), job.part.end.max(part.start)..part.end];
        record.parts = record.parts.iter().flat_map(rest).filter(|part| part.start < part.end).collect();
        if record.parts.is_empty() {
            self.waiting.remove(&job.seq);
        }
    }

    /// Runs until nothing is left to do, or so much time has passed.
    fn run(&mut self, event: Event, until: Duration) -> Operation {
        let mut event = event;
        loop {
            let operation = self.ask(event);
            event = match operation {
                Operation::Send(job) => {
                    self.requests += 1;
                    let answer = (self.service)(&job);
                    if answer.is_ok() {
                        self.sent.push(job);
                    }
                    Event::Answered(answer)
                }
                Operation::Forget(job) => {
                    self.settle(&job);
                    Event::Woke
                }
                Operation::GiveUp(job, reason) => {
                    self.settle(&job);
                    self.given_up.push((job, reason));
                    Event::Woke
                }
                Operation::Wait(Some(wait)) if self.now + wait <= until => {
                    self.now += wait;
                    Event::Woke
                }
                Operation::Wait(_) | Operation::Stop => return operation,
            };
        }
    }
}

fn refused(kind: Kind) -> Result<(), Refusal> {
    Err(Refusal { kind, code: "Code".into(), says: "says".into() })
}

const DAY: Duration = Duration::from_hours(24);

#[test]
fn a_poison_datum_in_each_position_costs_itself_alone() {
    for length in [1, 2, 3, 17, 1_000] {
        for poison in (0..length).step_by(if length > 100 { 37 } else { 1 }) {
            let service = |job: &Job| if job.part.contains(&poison) { refused(Kind::Invalid) } else { Ok(()) };
            let mut bench = Bench::new(&[(0, length)], service);
            assert_eq!(bench.run(Event::Woke, DAY), Operation::Wait(None));
            assert_eq!(bench.given_up, [(Job { seq: 0, part: poison..poison + 1 }, Lost::Rejected)]);
            let mut sent: Vec<_> = bench.sent.iter().flat_map(|job| job.part.clone()).collect();
            sent.sort_unstable();
            assert!(sent.into_iter().eq((0..length).filter(|datum| *datum != poison)), "each of the others once");
            assert!(bench.requests <= 2 * length.ilog2() as usize + 3, "{} requests for {length}", bench.requests);
        }
    }
}

#[test]
fn several_poisons_cost_themselves_alone() {
    let guilty = [0, 1, 50, 99];
    let service =
        |job: &Job| if guilty.iter().any(|at| job.part.contains(at)) { refused(Kind::Invalid) } else { Ok(()) };
    let mut bench = Bench::new(&[(0, 100)], service);
    bench.run(Event::Woke, DAY);
    let mut named: Vec<_> = bench.given_up.iter().map(|(job, _)| job.part.start).collect();
    named.sort_unstable();
    assert_eq!(named, guilty);
    assert_eq!(bench.sent.iter().map(|job| job.part.len()).sum::<usize>(), 96);
}

#[test]
fn a_service_that_calls_everything_invalid_is_not_believed() {
    let mut bench = Bench::new(&[(0, 1_000); 20], |_: &Job| refused(Kind::Invalid));
    bench.run(Event::Woke, Duration::from_hours(1));
    // A few are tried and lost each time; the rest waits, at the pace of what a person must mend.
    let rounds = 3_600 / 150 + 1;
    assert!(bench.given_up.len() <= rounds * GUILTY_MAX as usize, "{} given up", bench.given_up.len());
    assert!(!bench.waiting.is_empty());
}

#[test]
fn newest_and_oldest_take_turns() {
    let records: Vec<_> = (0..6).map(|minute| (minute * 60, 1)).collect();
    let mut bench = Bench::new(&records, |_: &Job| Ok(()));
    bench.run(Event::Woke, DAY);
    let order: Vec<_> = bench.sent.iter().map(|job| job.seq).collect();
    assert_eq!(order, [5, 0, 4, 1, 3, 2]);
}

#[test]
fn what_a_person_must_mend_waits_and_is_tried_slowly() {
    let mut bench = Bench::new(&[(0, 10)], |_: &Job| refused(Kind::Denied));
    bench.run(Event::Woke, Duration::from_hours(10));
    assert!((100..=240).contains(&bench.requests), "{} requests in ten hours", bench.requests);
    assert!(bench.given_up.is_empty() && bench.waiting.len() == 1);
}

#[test]
fn an_outage_costs_few_requests_and_no_points() {
    let up = std::cell::Cell::new(false);
    let mut bench = Bench::new(&[(0, 10)], |_: &Job| if up.get() { Ok(()) } else { refused(Kind::Unreachable) });
    bench.run(Event::Woke, DAY);
    assert!((280..=600).contains(&bench.requests), "{} requests in a day", bench.requests);
    up.set(true);
    bench.run(Event::Woke, 2 * DAY);
    assert_eq!(bench.sent, [Job { seq: 0, part: 0..10 }]);
    assert!(bench.now < DAY + Duration::from_mins(10), "it comes back within the longest wait");
}

#[test]
fn too_old_is_given_up_and_from_the_future_waits() {
    let mut bench = Bench::new(&[(-BACK_MAX_S, 3), (AHEAD_MAX_S + 600, 2)], |_: &Job| Ok(()));
    let ended = bench.run(Event::Woke, Duration::from_mins(5));
    assert_eq!(ended, Operation::Wait(Some(AHEAD_WAIT)));
    assert_eq!(bench.given_up, [(Job { seq: 0, part: 0..3 }, Lost::TooOld)]);
    assert!(bench.sent.is_empty(), "the service would refuse it");
    bench.run(Event::Woke, Duration::from_mins(30));
    assert_eq!(bench.sent, [Job { seq: 1, part: 0..2 }]);
}

#[test]
fn a_host_keeps_its_place_in_the_minute_of_its_fleet() {
    let mut bench = Bench::new(&[(0, 1)], |_: &Job| Ok(()));
    bench.publisher = Publisher::new(Duration::from_secs(37));
    bench.run(Event::Woke, DAY);
    assert_eq!((bench.now, bench.sent.len()), (Duration::from_secs(37), 1));
    bench.waiting.insert(9, whole(9, START, 1));
    bench.run(Event::Woke, DAY);
    assert_eq!((bench.now, bench.sent.len()), (Duration::from_secs(74), 2));
    // At the end nobody waits for a place.
    bench.waiting.insert(10, whole(10, START, 1));
    assert_eq!(bench.run(Event::Drain, DAY), Operation::Stop);
    assert_eq!((bench.now, bench.sent.len()), (Duration::from_secs(74), 3));
}

#[test]
fn a_drain_does_not_wait_for_a_service_that_is_away() {
    let mut bench = Bench::new(&[(0, 1), (60, 1)], |_: &Job| refused(Kind::Unreachable));
    assert_eq!(bench.run(Event::Drain, DAY), Operation::Stop);
    assert_eq!((bench.requests, bench.waiting.len()), (1, 2));
}

#[test]
fn a_record_that_vanished_is_let_go() {
    let mut bench = Bench::new(&[(0, 4)], |_: &Job| Ok(()));
    assert!(matches!(bench.ask(Event::Woke), Operation::Send(_)));
    bench.waiting.clear();
    bench.publisher.vanished();
    assert_eq!(bench.ask(Event::Woke), Operation::Wait(None));
}
