//! I am what both programs know of the account: the items of `DynamoDB` and the calls that both make.
//!
//! I import `alarm` alone; `stormglass run` starts nothing of mine.

pub mod act;
pub mod drill;
pub mod item;
pub mod link;
pub mod listing;
pub mod neighbours;
pub mod outlet;
pub mod plan;
pub mod price;
pub mod receipt;
pub mod shard;
mod table;

pub use act::Acted;
pub use drill::Drill;
pub use listing::{Lines, Listing, Section};
pub use neighbours::Neighbour;
pub use outlet::{Outlet, Outlets};
pub use receipt::Receipt;
pub use table::{Change, Head, Held, Refused, Saved, Table};
