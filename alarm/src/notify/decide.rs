//! The decision, in the order in which it is made: the clock, the members, what ended, who is told.

use std::collections::BTreeMap;

use super::memory::{Episode, GroupMemory, MEMBERS_MAX, MemberMemory, Rung, Told, key};
use super::why::{Ended, Quiet, Why};
use super::{Decision, Due, Happened, Member, Next};
use crate::grade::Grade;
use crate::hush::Hush;
use crate::ladder::{Breach, Ladder, Step};
use crate::points::Time;
use crate::verdict::State;

/// `group` names it (`Ladder::group`).
pub fn decide(
    ladder: &Ladder,
    group: &str,
    memory: GroupMemory,
    members: &[Member<'_>],
    now: Time,
) -> (GroupMemory, Decision) {
    let mut happened = Vec::new();
    let open = |member: &&Member<'_>| member.state == State::Firing;
    let episode = memory.episode.or_else(|| {
        let since = members.iter().filter(open).map(|member| member.since.unwrap_or(now).min(now)).min()?;
        let episode = Episode::new(group, since, now);
        happened.push(Happened::Opened { incident: episode.incident.clone(), since });
        Some(episode)
    });
    let Some(mut episode) = episode else {
        let unseen = members.iter().any(|member| member.state == State::Unknown);
        let quiet = if unseen { Quiet::NothingKnown } else { Quiet::NothingFires };
        return (GroupMemory::default(), Decision { quiet: Some(quiet), ..Decision::default() });
    };
    episode.not_of_the_future(now);
    episode.clock(now);
    let by_key = members.iter().enumerate().map(|(at, member)| (key(member.labels), at)).collect();
    let mut look = Look { ladder, members, by_key, now, episode, happened, ended: None, steps: Vec::new() };
    look.meet();
    look.acknowledged();
    look.conclude()
}

/// One look at a group whose episode is open.
struct Look<'a> {
    ladder: &'a Ladder,
    members: &'a [Member<'a>],
    by_key: BTreeMap<u64, usize>,
    now: Time,
    episode: Episode,
    happened: Vec<Happened>,
    /// What kept people from being told, and does no longer.
    ended: Option<Ended>,
    /// The steps that this look reaches, by their number.
    steps: Vec<usize>,
}

impl<'a> Look<'a> {
    /// Brings what is remembered of each member up to what is seen.
    fn meet(&mut self) {
        let mut remembered = std::mem::take(&mut self.episode.members);
        for held in &mut remembered {
            self.meet_one(held);
        }
        remembered.retain(|held| held.told || !held.over);
        let known: Vec<_> = remembered.iter().map(|held| held.key).collect();
        for (key, at) in &self.by_key {
            let fires = self.members[*at].state == State::Firing;
            let open = remembered.iter().filter(|held| !held.over).count();
            if fires && !known.contains(key) && open < MEMBERS_MAX {
                self.happened.push(Happened::Joined { member: *at });
                if let Some(hush) = self.members[*at].hush {
                    self.happened.push(Happened::Hushed { member: *at, hush: hush.clone() });
                }
                let hush = self.members[*at].hush.map(Ended::of);
                remembered.push(MemberMemory {
                    key: *key,
                    grade: self.members[*at].grade,
                    told: false,
                    over: false,
                    hush,
                });
            }
        }
        self.episode.members = remembered;
    }

    fn meet_one(&mut self, held: &mut MemberMemory) {
        let Some(at) = self.by_key.get(&held.key).copied() else {
            if !std::mem::replace(&mut held.over, true) {
                self.happened.push(Happened::Gone { members: 1 });
            }
            held.hush = None;
            return;
        };
        let member = &self.members[at];
        if member.state == State::Firing {
            held.grade = member.grade;
        }
        match (member.state, held.over) {
            (State::Firing, true) => {
                held.over = false;
                self.happened.push(Happened::Joined { member: at });
            }
            (State::Fine, false) => {
                held.over = true;
                self.happened.push(Happened::Over { member: at });
            }
            // A gap is no recovery, and no relapse.
            _ => {}
        }
        match (held.hush, member.hush) {
            (None, Some(hush)) => self.happened.push(Happened::Hushed { member: at, hush: hush.clone() }),
            (Some(ended), None) if !held.over => {
                self.happened.push(Happened::HushEnded { member: at, ended });
                // What people never knew is told as new.
                self.ended = self.ended.or(held.told.then_some(ended));
            }
            _ => {}
        }
        held.hush = member.hush.map(Ended::of);
    }

    /// An acknowledgement ends by its time, or because what was taken became graver.
    fn acknowledged(&mut self) {
        let grade = self.audible();
        let Some(ack) = &self.episode.ack else { return };
        let by = ack.by.clone();
        if ack.until <= self.now {
            self.happened.push(Happened::AckEnded { by });
            self.ended = Some(Ended::Acknowledgement);
            self.episode.ack = None;
        } else if let Some(grade) = grade.filter(|grade| *grade > ack.grade) {
            self.happened.push(Happened::AckBroken { by, grade });
            self.ended = Some(Ended::Acknowledgement);
            self.episode.ack = None;
        }
    }

    /// The gravest of what fires and may be told.
    fn audible(&self) -> Option<Grade> {
        self.open().filter(|held| held.hush.is_none()).map(|held| held.grade).max()
    }

    fn open(&self) -> impl Iterator<Item = &MemberMemory> {
        self.episode.members.iter().filter(|held| !held.over)
    }

    fn conclude(mut self) -> (GroupMemory, Decision) {
        let grade = self.audible();
        let (due, quiet) = if self.open().next().is_none() {
            match self.all_fine() {
                Ok(due) => return self.close(due),
                Err(quiet) => (Vec::new(), Some(quiet)),
            }
        } else {
            self.episode.calm = None;
            self.tell(grade)
        };
        self.episode.audible = grade;
        let quiet = if due.is_empty() { quiet } else { None };
        (GroupMemory { episode: Some(self.episode) }, Decision { due, quiet, happened: self.happened })
    }

    /// The end of it, or why it is not told yet.
    fn all_fine(&mut self) -> Result<Option<Due>, Quiet> {
        let since = *self.episode.calm.get_or_insert(self.now);
        let until = since.saturating_add_unsigned(self.ladder.calm_s);
        if self.now < until {
            return Err(Quiet::Calming { until });
        }
        if self.episode.told.is_empty() {
            return Ok(None);
        }
        let hushed = |held: &MemberMemory| self.by_key.get(&held.key).and_then(|at| self.members[*at].hush);
        let hushes: Vec<_> = self.episode.members.iter().map(hushed).collect();
        if let Some(Some(hush)) = hushes.first().filter(|_| hushes.iter().all(Option::is_some)) {
            return Err(Quiet::Hushed { hush: Hush::clone(hush) });
        }
        let to = self.episode.told.iter().map(|told| told.who.clone()).collect();
        let grade = self.episode.told_grade.unwrap_or(Grade::Note);
        Ok(Some(self.due(Why::Over, to, grade)))
    }

    fn close(mut self, due: Option<Due>) -> (GroupMemory, Decision) {
        self.happened.push(Happened::Closed { incident: self.episode.incident });
        let quiet = due.is_none().then_some(Quiet::NobodyKnew);
        (GroupMemory::default(), Decision { due: due.into_iter().collect(), quiet, happened: self.happened })
    }

    /// While something fires: further steps first, then those who know already.
    fn tell(&mut self, grade: Option<Grade>) -> (Vec<Due>, Option<Quiet>) {
        self.steps =
            grade.filter(|_| self.episode.ack.is_none()).map(|grade| self.steps_due(grade)).unwrap_or_default();
        let why = self.why_again(grade);
        let mut dues: Vec<_> = grade.and_then(|grade| self.climb(grade)).into_iter().collect();
        dues.extend(self.again(why, grade, dues.first()));
        let quiet = if dues.is_empty() { Some(self.quiet(grade)) } else { None };
        self.remember(&dues, grade);
        (dues, quiet)
    }

    /// The notice for the steps reached.
    fn climb(&mut self, grade: Grade) -> Option<Due> {
        let steps: Vec<_> = self.steps.iter().map(|at| self.step(*at)).collect();
        let jumped = !steps.iter().all(|step| self.lasted(step) >= step.after_s);
        let mut to: Vec<String> = Vec::new();
        for who in steps.iter().flat_map(|step| &step.tell) {
            if !to.contains(who) {
                to.push(who.clone());
            }
        }
        if to.is_empty() {
            return None;
        }
        let first = self.episode.told.is_empty();
        let why = if first { Why::First { jumped } } else { Why::Escalated { jumped } };
        Some(Due { steps: self.steps.clone(), ..self.due(why, to, grade) })
    }

    /// The notice for those who know already. A change that settles goes out early with any other notice, so that all
    /// who know are told the same.
    fn again(&mut self, why: Option<Why>, grade: Option<Grade>, climbed: Option<&Due>) -> Option<Due> {
        let reached = climbed.map_or(&[][..], |due| &due.to);
        let known = self.episode.told.iter().filter(|told| !reached.contains(&told.who));
        let why = why.or_else(|| climbed.and_then(|_| self.change()));
        let again = grade.or(self.episode.told_grade).unwrap_or(Grade::Note);
        let repeat_s = self.ladder.repeat_s(again);
        let awake = self.episode.ack.is_none() && grade.is_some();
        let long_ago = |told: &&Told| awake && self.now.saturating_sub(told.at).unsigned_abs() >= repeat_s;
        let known: Vec<_> = match why {
            Some(_) => known.map(|told| told.who.clone()).collect(),
            None => known.filter(long_ago).map(|told| told.who.clone()).collect(),
        };
        (!known.is_empty()).then(|| self.due(why.unwrap_or(Why::Repeat), known, again))
    }

    fn step(&self, at: usize) -> &'a Step {
        &self.ladder.steps()[at]
    }

    fn lasted(&self, step: &Step) -> u64 {
        self.episode.lasted_s[step.grade as usize]
    }

    /// The steps that are due and were not told, by their number.
    fn steps_due(&self, grade: Grade) -> Vec<usize> {
        let jump_s = self.open().filter(|held| held.hush.is_none()).filter_map(|held| {
            let member = &self.members[*self.by_key.get(&held.key)?];
            let Member { labels, grade, value, time_left, .. } = *member;
            (member.state == State::Firing)
                .then(|| self.ladder.jump_s(&Breach { labels, grade, value, time_left }))
                .flatten()
        });
        let jump_s = jump_s.max().unwrap_or(0);
        let due = |step: &Step| {
            let told = self.episode.rungs.contains(&Rung { after_s: step.after_s, grade: step.grade });
            !told && grade >= step.grade && self.lasted(step).max(jump_s) >= step.after_s
        };
        (0..self.ladder.steps().len()).filter(|at| due(self.step(*at))).collect()
    }

    /// Why those who know are told again, but for repeats, which each audience has at its own time.
    fn why_again(&mut self, grade: Option<Grade>) -> Option<Why> {
        if self.episode.told.is_empty() {
            return None;
        }
        if let (Some(grade), Some(from)) = (grade, self.episode.told_grade)
            && grade > from
        {
            return Some(Why::Graver { from });
        }
        if let (Some(ended), Some(_), None) = (self.ended, grade, &self.episode.ack) {
            return Some(Why::Persists { ended });
        }
        if let Some(ack) = self.episode.ack.as_mut().filter(|ack| !ack.told) {
            ack.told = true;
            return Some(Why::Acknowledged { by: ack.by.clone(), until: ack.until });
        }
        self.change().filter(|_| self.settled_at() <= self.now)
    }

    /// Something joined or recovered that people do not know yet.
    fn change(&self) -> Option<Why> {
        let audible = self.episode.members.iter().filter(|held| held.hush.is_none());
        let mut changed = audible.filter(|held| held.told == held.over && (held.over || self.matters(held))).peekable();
        changed.peek()?;
        Some(if changed.any(|held| !held.over) { Why::Joined } else { Why::SomeOver })
    }

    /// Grave enough for somebody who was told. (A note that joins a page is listed with it, and wakes nobody.)
    fn matters(&self, held: &MemberMemory) -> bool {
        self.episode.rungs.iter().any(|rung| held.grade >= rung.grade)
    }

    fn settled_at(&self) -> Time {
        let last = self.episode.told.iter().map(|told| told.at).max().unwrap_or(Time::MIN);
        last.saturating_add_unsigned(self.ladder.settle_s)
    }

    fn due(&mut self, why: Why, to: Vec<String>, grade: Grade) -> Due {
        self.episode.notices = self.episode.notices.saturating_add(1);
        let at = |held: &MemberMemory| self.by_key.get(&held.key).copied();
        let of = |test: &dyn Fn(&MemberMemory) -> bool| {
            let picked = self.episode.members.iter().filter(|held| held.hush.is_none() && test(held));
            let mut picked: Vec<_> = picked.filter_map(at).collect();
            picked.sort_unstable();
            picked
        };
        let firing = of(&|held| !held.over);
        let since = firing.iter().filter_map(|at| self.members[*at].since).min().unwrap_or(self.episode.since);
        let gone = self.episode.members.iter().filter(|held| held.over && held.told && at(held).is_none()).count();
        Due {
            incident: self.episode.incident.clone(),
            number: self.episode.notices,
            why,
            to,
            grade,
            since: since.min(self.now),
            steps: Vec::new(),
            fresh: of(&|held| !held.over && !held.told),
            over: of(&|held| held.over && held.told),
            firing,
            gone,
            next: self.next(grade),
        }
    }

    /// The step that comes next, if what fires now lasts and stays of this grade.
    fn next(&self, grade: Grade) -> Option<Next> {
        if self.episode.ack.is_some() || self.open().next().is_none() {
            return None;
        }
        let waits = |(at, step): &(usize, &Step)| {
            let told = self.episode.rungs.contains(&Rung { after_s: step.after_s, grade: step.grade });
            !told && !self.steps.contains(at) && grade >= step.grade
        };
        let (_, step) = self.ladder.steps().iter().enumerate().find(waits)?;
        let left = step.after_s.saturating_sub(self.lasted(step));
        Some(Next { at: self.now.saturating_add_unsigned(left), tell: step.tell.clone() })
    }

    /// What is owed counts as told: it is written together with the memory, and sent until it arrives.
    fn remember(&mut self, dues: &[Due], grade: Option<Grade>) {
        if dues.is_empty() {
            return;
        }
        for at in &self.steps {
            let Step { after_s, grade, .. } = self.ladder.steps()[*at];
            self.episode.rungs.push(Rung { after_s, grade });
        }
        for who in dues.iter().flat_map(|due| &due.to) {
            match self.episode.told.iter_mut().find(|told| told.who == *who) {
                Some(told) => told.at = self.now,
                None => self.episode.told.push(Told { who: who.clone(), at: self.now }),
            }
        }
        self.episode.told_grade = self.episode.told_grade.max(grade);
        // A repeat reaches some and carries the same list as all have: what changed since is told in time by itself.
        if dues.iter().any(|due| due.why != Why::Repeat) || self.change().is_none() {
            self.episode.members.retain(|held| !(held.over && held.hush.is_none()));
            for held in self.episode.members.iter_mut().filter(|held| held.hush.is_none()) {
                held.told = true;
            }
        }
    }

    fn quiet(&self, grade: Option<Grade>) -> Quiet {
        let hush = self.open().find_map(|held| self.members[*self.by_key.get(&held.key)?].hush);
        if let (None, Some(hush)) = (grade, hush) {
            return Quiet::Hushed { hush: hush.clone() };
        }
        if let Some(ack) = &self.episode.ack {
            return Quiet::Acknowledged { by: ack.by.clone(), until: ack.until };
        }
        let grade = grade.unwrap_or(Grade::Note);
        if self.episode.told.is_empty() {
            return Quiet::NoStep { grade, next_at: self.next(grade).map(|next| next.at) };
        }
        if self.change().is_some() {
            return Quiet::Settling { until: self.settled_at() };
        }
        let repeat_s = self.ladder.repeat_s(grade);
        let again = self.episode.told.iter().map(|told| told.at.saturating_add_unsigned(repeat_s));
        let again = again.chain(self.next(grade).map(|next| next.at)).min();
        Quiet::AllTold { again_at: again.unwrap_or(self.now) }
    }
}
