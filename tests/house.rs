//! I try the whole house from outside: real processes, independent implementations of AWS.
//!
//! One binary, one module a subject: every further binary would be linked anew.

mod app;
mod architecture;
mod both;
mod browser;
mod commands;
mod corpora;
mod doctor;
mod drill;
mod errors;
mod feeds;
mod keys;
mod kills;
mod lambda;
mod load;
mod logs;
mod outlets;
mod page;
mod past;
mod prometheus;
mod publish;
mod readback;
mod service;
mod stack;
mod standins;
mod suspects;
mod trouble;
mod trust;
