//! I am the program `bootstrap`: I read CloudWatch and Lightsail, let `alarm` judge, remember, and tell people.
fn main() {}
