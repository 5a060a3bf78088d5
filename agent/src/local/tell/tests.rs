//! Outlets against real receivers.
