//! What the trials of the judges share: a random source with a fixed seed, and simulators of the world.

#![expect(dead_code, unreachable_pub, reason = "each trial uses its own part of a module that is in each of them")]

pub mod bucket;
pub mod disks;
pub mod disks_by_file;
pub mod disks_by_service;
pub mod disks_by_share;
pub mod random;
