//! Rounds over a store.
