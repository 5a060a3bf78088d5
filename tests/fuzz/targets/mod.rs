//! One file a room.

pub(crate) mod logs;
pub(crate) mod plans;
pub(crate) mod rules;
pub(crate) mod sources;
pub(crate) mod step;
