//! The presser, pressed: the real program against a real service that is slow, stalls, hangs or lies on purpose.

mod cloud;
mod ends;
mod faults;
mod imports;
mod papers;
mod presses;
mod rehearsal;
mod service;
mod stress;
mod wires;
