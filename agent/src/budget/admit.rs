//! Which series are published when there is not room for all.
//!
//! The higher priority goes first, whole. Among equals each source gets its share: room is given out evenly, and what a
//! source does not need goes to those that want more; so one that explodes takes what is left over, never another's
//! place. Within a source, who came first stays: a series that comes and goes is worth less than one that was there.

use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub source: &'static str,
    pub priority: u8,
    /// When it was first seen: an order, not a time.
    pub born: u64,
}

/// For each candidate, in their order, whether it is admitted.
pub fn admit(candidates: &[Candidate], room: usize) -> Vec<bool> {
    let mut admitted = vec![true; candidates.len()];
    if candidates.len() <= room {
        return admitted;
    }
    admitted.fill(false);
    let mut by_priority = BTreeMap::<_, BTreeMap<_, Vec<usize>>>::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let sources = by_priority.entry(std::cmp::Reverse(candidate.priority)).or_default();
        sources.entry(candidate.source).or_default().push(at);
    }
    let mut room = room;
    for sources in by_priority.into_values() {
        let demands: Vec<_> = sources.values().map(Vec::len).collect();
        let shares = shares(&demands, room);
        room -= shares.iter().sum::<usize>();
        for (mut wanting, share) in sources.into_values().zip(shares) {
            wanting.sort_by_key(|at| candidates[*at].born);
            wanting[..share].iter().for_each(|at| admitted[*at] = true);
        }
    }
    admitted
}

/// Gives out `room` evenly, nobody more than demanded; the odd ones go to the first.
fn shares(demands: &[usize], room: usize) -> Vec<usize> {
    let mut shares = vec![0; demands.len()];
    let mut left = room.min(demands.iter().sum());
    while left > 0 {
        let hungry: Vec<_> = (0..demands.len()).filter(|at| shares[*at] < demands[*at]).collect();
        let each = (left / hungry.len()).max(1);
        for at in hungry {
            let more = each.min(demands[at] - shares[at]).min(left);
            shares[at] += more;
            left -= more;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SOURCES: [&str; 3] = ["host", "scrape", "statsd"];

    #[test]
    fn room_is_given_out_evenly_and_the_rest_to_who_wants_more() {
        for (demands, room, expect) in [
            (&[5, 100, 100][..], 60, &[5, 28, 27][..]),
            (&[1, 1, 1], 2, &[1, 1, 0]),
            (&[0, 10], 4, &[0, 4]),
            (&[3, 3], 100, &[3, 3]),
            (&[], 3, &[]),
        ] {
            assert_eq!(shares(demands, room), expect, "{demands:?} in {room}");
        }
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        prop::collection::vec((0..3_usize, prop::sample::select(vec![10, 50, 90_u8])), 0..300).prop_map(|list| {
            let made = list.into_iter().enumerate();
            made.map(|(at, (source, priority))| Candidate { source: SOURCES[source], priority, born: at as u64 })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn the_room_is_filled_and_the_least_valuable_goes_first(candidates in candidates(), room in 0..300_usize) {
            let admitted = admit(&candidates, room);
            prop_assert_eq!(admitted.iter().filter(|is| **is).count(), room.min(candidates.len()));
            let with = |wanted| candidates.iter().zip(&admitted).filter(move |(_, is)| **is == wanted).map(|(c, _)| c.priority);
            let (least_in, most_out) = (with(true).min(), with(false).max());
            prop_assert!(least_in.is_none() || most_out.is_none() || least_in >= most_out);
        }

        #[test]
        fn an_explosion_takes_nobodys_place(hosts in 0..50_usize, room in 50..100_usize, explosion in 0..5_000_usize) {
            let of = |source, count, from: usize| (0..count).map(move |n| Candidate { source, priority: 50, born: (from + n) as u64 });
            // Whoever explodes was there first.
            let candidates: Vec<_> = of("statsd", explosion, 0).chain(of("host", hosts, explosion)).collect();
            let admitted = admit(&candidates, room);
            let of_host = candidates.iter().zip(&admitted).filter(|(c, is)| **is && c.source == "host").count();
            prop_assert!(of_host >= hosts.min(room / 2), "{} of {}", of_host, hosts);
        }
    }
}
