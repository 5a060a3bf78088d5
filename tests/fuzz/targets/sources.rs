//! What applications send, and what they answer when they are asked. The properties stand beside the code.

pub(crate) fn access(data: &[u8]) {
    agent::access::fuzz_access(data);
}

pub(crate) fn exposition(data: &[u8]) {
    agent::scrape::fuzz_exposition(data);
}

pub(crate) fn json(data: &[u8]) {
    agent::formats::json::fuzz_json(data);
}

pub(crate) fn otlp(data: &[u8]) {
    agent::otlp::fuzz_otlp(data);
}

pub(crate) fn redis(data: &[u8]) {
    agent::redis::fuzz_redis(data);
}

pub(crate) fn statsd(data: &[u8]) {
    agent::statsd::fuzz_statsd(data);
}
