//! Which alarm looks at which: names that exist, no cycles, and an order in which each comes after all it looks at.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::sheet::{Faults, did_you_mean};

/// One rule as far as this goes: its name, where that stands, and the children with the places of their naming.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) at: Range<usize>,
    pub(super) children: Vec<(String, Range<usize>)>,
}

/// Adds a fault for each unknown child and for each cycle.
pub(super) fn order(nodes: &[Node], faults: &mut Faults) -> Vec<usize> {
    let numbers: HashMap<&str, usize> = nodes.iter().enumerate().map(|(at, node)| (node.name.as_str(), at)).collect();
    let mut waits = vec![0_usize; nodes.len()];
    let mut parents = vec![Vec::new(); nodes.len()];
    for (number, node) in nodes.iter().enumerate() {
        for (child, at) in &node.children {
            let Some(found) = numbers.get(child.as_str()) else {
                let near = did_you_mean(child, numbers.keys().copied());
                let hint = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
                let says = format!("no alarm is called \"{child}\"; a native one is listed in `native`{hint}");
                faults.add(at.clone(), "SG-RUL-011", says);
                continue;
            };
            parents[*found].push(number);
            waits[number] += 1;
        }
    }
    // Kahn: take what waits for nobody, again and again. No recursion, however deep they stand on each other.
    let mut order: Vec<usize> = (0..nodes.len()).filter(|number| waits[*number] == 0).collect();
    let mut next = 0;
    while let Some(done) = order.get(next).copied() {
        next += 1;
        for parent in &parents[done] {
            waits[*parent] -= 1;
            if waits[*parent] == 0 {
                order.push(*parent);
            }
        }
    }
    // Each ring is told once, at the first of its rules.
    let mut told: HashSet<usize> = HashSet::new();
    for number in (0..nodes.len()).filter(|number| waits[*number] > 0) {
        if told.contains(&number) {
            continue;
        }
        if let Some(ring) = ring(number, nodes, &numbers) {
            faults.add(nodes[number].at.clone(), "SG-RUL-012", format!("it looks at itself: {}", shown(&ring, nodes)));
            told.extend(ring);
        }
    }
    order
}

/// The names of a ring, of a long one the first.
fn shown(ring: &[usize], nodes: &[Node]) -> String {
    const SHOWN_MAX: usize = 12;
    let mut names: Vec<&str> = ring.iter().take(SHOWN_MAX).map(|number| nodes[*number].name.as_str()).collect();
    if ring.len() > SHOWN_MAX {
        names.push("...");
    }
    names.push(&nodes[ring[0]].name);
    names.join(" -> ")
}

/// The way from a rule back to itself, if there is one.
fn ring(from: usize, nodes: &[Node], numbers: &HashMap<&str, usize>) -> Option<Vec<usize>> {
    let mut came: HashMap<usize, usize> = HashMap::new();
    let mut queue = vec![from];
    while let Some(at) = queue.pop() {
        for child in nodes[at].children.iter().filter_map(|(name, _)| numbers.get(name.as_str()).copied()) {
            if child == from {
                let (mut back, mut step) = (Vec::new(), at);
                while step != from {
                    back.push(step);
                    step = came.get(&step).copied().unwrap_or(from);
                }
                back.push(from);
                back.reverse();
                return Some(back);
            }
            if let std::collections::hash_map::Entry::Vacant(new) = came.entry(child) {
                new.insert(at);
                queue.push(child);
            }
        }
    }
    None
}
