//! The stand-ins tried themselves: what arrives is what was sent, faults do what they say, nothing is left running.

mod agent;
mod endpoint;
mod faults;
mod hygiene;
mod others;
mod sdk;
mod wire;
