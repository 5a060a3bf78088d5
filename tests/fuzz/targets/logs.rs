//! Lines of logs, which anybody who can make a service write something can choose. The properties stand beside the code.

pub(crate) fn group(data: &[u8]) {
    agent::logs::group::fuzz_group(data);
}

pub(crate) fn journal(data: &[u8]) {
    agent::logs::feed::entry::fuzz_journal(data);
}

pub(crate) fn redact(data: &[u8]) {
    agent::logs::redact::fuzz_redact(data);
}

pub(crate) fn time(data: &[u8]) {
    agent::logs::time::fuzz_time(data);
}
