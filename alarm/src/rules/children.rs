//! Which alarm looks at which: names that exist, no cycles, and an order in which each comes after all it looks at.

use std::collections::HashMap;
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
    let stuck: Vec<usize> = (0..nodes.len()).filter(|number| waits[*number] > 0).collect();
    for number in &stuck {
        if let Some(ring) = ring(*number, nodes, &numbers) {
            let says = format!("it looks at itself: {}", ring.join(" -> "));
            faults.add(nodes[*number].at.clone(), "SG-RUL-012", says);
        }
    }
    order
}

/// The way from a rule back to itself, if there is one. The names shown are bounded.
fn ring(from: usize, nodes: &[Node], numbers: &HashMap<&str, usize>) -> Option<Vec<String>> {
    const SHOWN_MAX: usize = 12;
    let mut came: HashMap<usize, usize> = HashMap::new();
    let mut queue = vec![from];
    while let Some(at) = queue.pop() {
        for child in nodes[at].children.iter().filter_map(|(name, _)| numbers.get(name.as_str()).copied()) {
            if child == from {
                let mut way = vec![nodes[from].name.clone()];
                let mut step = at;
                while step != from && way.len() < SHOWN_MAX {
                    way.push(nodes[step].name.clone());
                    step = came.get(&step).copied().unwrap_or(from);
                }
                way.push(nodes[from].name.clone());
                way.reverse();
                return Some(way);
            }
            if let std::collections::hash_map::Entry::Vacant(new) = came.entry(child) {
                new.insert(at);
                queue.push(child);
            }
        }
    }
    None
}
