//! I am what both programs know of the account: the items of `DynamoDB` and the calls that both make.
//!
//! I import `alarm` alone; `stormglass run` starts nothing of mine.

pub mod act;
pub mod item;
pub mod link;
pub mod shard;
mod table;

pub use act::Acted;
pub use table::{Change, Head, Held, Refused, Saved, Table};
