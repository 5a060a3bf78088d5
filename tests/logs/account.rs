//! What became of the numbered lines: from the ledger of the endpoint, call by call.

use std::collections::BTreeSet;
use std::fmt::Write;

use tests::Agent;
use tests::endpoint::ledger::{Body, Call, Ledger};

/// The figures of one trial.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) written: u64,
    pub(crate) lost: Vec<u64>,
    /// Lost lines that a truncation took before anybody could copy them.
    pub(crate) taken: u64,
    pub(crate) doubled: u64,
    /// Events of the calls that may have been under way at a kill, or whose answer never went out: the bound of `doubled`.
    pub(crate) in_doubt: u64,
    /// Doubled, and not by a call in doubt: this must be nothing.
    pub(crate) doubled_without_excuse: u64,
    pub(crate) out_of_order: u64,
    pub(crate) strange: usize,
}

impl Account {
    /// `kills`: so many lives of the agent, the first ones, ended by a kill.
    pub(crate) fn of(ledger: &Ledger, written: u64, taken: &BTreeSet<u64>, kills: u64) -> Self {
        let last = written.saturating_sub(1);
        let comparison = ledger.compare(0, last);
        let doubt = in_doubt(ledger, kills);
        let mut sure = vec![0_u32; written as usize];
        for event in ledger.events.iter().filter(|event| !doubt.contains(&event.call)) {
            if let Body::Number(number) = event.body
                && let Some(times) = sure.get_mut(number as usize)
            {
                *times += 1;
            }
        }
        let events = |call: &&Call| doubt.contains(&call.number);
        Self {
            written,
            taken: comparison.lost.iter().filter(|number| taken.contains(number)).count() as u64,
            doubled: comparison.doubles(),
            in_doubt: ledger.calls.iter().filter(events).map(|call| call.events as u64).sum(),
            doubled_without_excuse: sure.iter().map(|times| u64::from(times.saturating_sub(1))).sum(),
            out_of_order: comparison.out_of_order,
            strange: comparison.strange.len(),
            lost: comparison.lost,
        }
    }

    /// Lost, and not by a truncation.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.len() as u64 - self.taken
    }

    /// What was promised and not kept.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = vec![];
        if self.lost() > 0 {
            faults.push(format!("{} lost: {}", self.lost(), ranges(&self.lost)));
        }
        if self.strange > 0 {
            faults.push(format!("{} numbers that were never written", self.strange));
        }
        if self.doubled_without_excuse > 0 || self.doubled > self.in_doubt {
            faults.push(format!("{} doubled by calls that were not in doubt", self.doubled_without_excuse));
        }
        faults
    }
}

/// The last accepted call of each life that ended by a kill: it may have been under way, or its answer not yet written
/// down. And calls whose answer did not go out.
pub(crate) fn in_doubt(ledger: &Ledger, kills: u64) -> BTreeSet<u64> {
    let puts = || ledger.calls.iter().filter(|call| call.accepted && call.operation == "logs:PutLogEvents");
    let last = |life| puts().filter(|call| call.key == Agent::key_of(life)).map(|call| call.number).max();
    let unanswered = puts().filter(|call| !call.answered || call.trouble.is_some()).map(|call| call.number);
    (0..kills).filter_map(last).chain(unanswered).collect()
}

/// `3-9, 12`, the first few.
fn ranges(numbers: &[u64]) -> String {
    let mut text = String::new();
    for run in numbers.chunk_by(|a, b| a + 1 == *b).take(20) {
        write!(text, "{}-{} ", run[0], run[run.len() - 1]).expect("a string takes what it is given");
    }
    text
}

#[cfg(test)]
mod trials {
    use tests::endpoint::ledger::Keep;

    use super::*;

    /// Each call with the life that made it.
    fn ledger(calls: &[(u64, bool, &[u64])]) -> Ledger {
        let mut ledger = Ledger::new(Keep::Numbers("=".into()), None);
        for (life, answered, numbers) in calls {
            let number = ledger.begin();
            numbers.iter().for_each(|n| ledger.accept_event(number, "g", "s", 0, &format!("={n}")));
            ledger.end(Call {
                number,
                at_ms: 0,
                operation: "logs:PutLogEvents".into(),
                key: Agent::key_of(*life),
                trouble: None,
                accepted: true,
                answered: *answered,
                wire_bytes: 0,
                bytes: 0,
                datums: 0,
                events: numbers.len(),
            });
        }
        ledger
    }

    /// What the last call of the first life held may come again, what the one before it held may not; also when it was
    /// taken from the socket after the next life had begun.
    #[test]
    fn only_the_last_call_of_a_life_may_come_again() {
        let calls: &[(u64, bool, &[u64])] =
            &[(0, true, &[0, 1]), (1, true, &[4]), (0, true, &[2, 3]), (1, true, &[2, 3])];
        let account = Account::of(&ledger(calls), 6, &[5].into(), 1);
        assert_eq!((account.doubled, account.in_doubt, account.doubled_without_excuse), (2, 2, 0));
        assert_eq!((account.lost.as_slice(), account.taken, account.lost()), (&[5][..], 1, 0));
        assert_eq!(account.faults(), Vec::<String>::new());
        let calls: &[(u64, bool, &[u64])] = &[(0, true, &[0, 1]), (0, true, &[2]), (1, true, &[1, 3])];
        let account = Account::of(&ledger(calls), 4, &BTreeSet::new(), 1);
        assert_eq!((account.doubled, account.doubled_without_excuse, account.faults().len()), (1, 1, 1));
    }

    #[test]
    fn an_answer_that_never_went_out_is_a_doubt() {
        let calls: &[(u64, bool, &[u64])] = &[(0, false, &[0, 1]), (0, true, &[0, 1])];
        let account = Account::of(&ledger(calls), 2, &BTreeSet::new(), 0);
        assert_eq!((account.doubled, account.in_doubt, account.doubled_without_excuse), (2, 2, 0));
    }
}
