//! What applications send, and what they answer when they are asked. The properties stand beside the code.

pub(crate) fn access(data: &[u8]) {
    agent::access::fuzz_access(data);
}

pub(crate) fn statsd(data: &[u8]) {
    agent::statsd::parse::fuzz_statsd(data);
}
