//! What must never be, held by a test and not by hope (docs/architecture.md).

mod deny;
mod documents;
mod examples;
mod lock;
mod modules;
mod rooms;
mod runbooks;
mod scripts;
mod sizes;
mod tree;
