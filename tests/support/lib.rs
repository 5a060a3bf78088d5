//! What the tests of the whole house share: the programs under test, the stand-ins of AWS, and how to skip honestly.

mod program;

pub use program::{binary, skip, stormglass};
