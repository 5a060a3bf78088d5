//! What applications and APIs are seen to do (namespace `Stormglass`): the names that we chose, not those of users.

use super::table;

table! {
    Own;
    REQUESTS "requests" Count ["service", "method", "route"] Basic
        "Requests that an access log tells of: of the service, and of each route that has a place.";
    REQUEST_FAILURES "request_failures" Count ["service", "class", "method", "route"] Basic
        "Requests that failed, by class: 4xx (of the service) and 5xx (also by route); begins with the first.";
    REQUEST_FAILURE_PERCENT "request_failure_percent" Percent ["service"] Basic
        "Requests that ended with 5xx, of all; the average is weighted by requests.";
    REQUEST_TIME "request_time" Milliseconds ["service", "method", "route"] Basic
        "How long requests took, as a distribution: p50, p99, minimum and maximum.";
    UPSTREAM_TIME "upstream_time" Milliseconds ["service"] Standard
        "How long the servers behind the proxy took, all that were tried together.";
    SUSPICIOUS_REQUESTS "suspicious_requests" Count ["service", "kind"] Standard
        "Requests that look like somebody trying the doors: scanner, injection, burst, oversize; begins with the first.";
}
