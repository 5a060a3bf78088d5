//! Says once what an endpoint of Spring Boot lacks, with the very property that gives it.

use memchr::memmem::find;

/// What is looked for, what stands for its absence, and what to do.
const LESSONS: &[(&str, &str, &str)] = &[
    (
        "http_server_requests_seconds_count",
        "http_server_requests_seconds_bucket",
        "it tells no percentiles of request times: set management.metrics.distribution.percentiles-histogram.http.server.requests=true",
    ),
    (
        "tomcat_sessions_active_current_sessions",
        "tomcat_threads_busy_threads",
        "it does not tell how many threads of Tomcat are busy: set server.tomcat.mbeanregistry.enabled=true",
    ),
];

const IN_FLIGHT: &[&str] = &[
    "http_server_requests_active_seconds_count",
    "http_server_requests_active_seconds_gcount",
    "http_server_requests_active_seconds_active_count",
];

/// Uris of a page beyond which they are probably not templates.
const URIS_MANY: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Coach {
    said: bool,
}

impl Coach {
    /// Looks at the first page that shows requests.
    pub(super) fn look(&mut self, service: &str, page: &[u8]) {
        if self.said || !has(page, "http_server_requests_seconds_count") {
            return;
        }
        self.said = true;
        for says in lacks(page) {
            tracing::info!(service, "{says}");
        }
    }
}

fn lacks(page: &[u8]) -> Vec<&'static str> {
    let lessons = LESSONS.iter().filter(|(present, absent, _)| has(page, present) && !has(page, absent));
    let mut says: Vec<_> = lessons.map(|(.., says)| *says).collect();
    if !IN_FLIGHT.iter().any(|name| has(page, name)) {
        says.push(
            "it does not tell the requests in flight: Spring Boot 3.0 and later do, as http.server.requests.active",
        );
    }
    if memchr::memmem::find_iter(page, b"\nhttp_server_requests_seconds_count{").count() > URIS_MANY {
        says.push(
            "it tells requests by very many uris: they should be templates (/orders/{id}), which @PathVariable gives",
        );
    }
    says
}

fn has(page: &[u8], name: &str) -> bool {
    find(page, name.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_named_with_its_property() {
        let page = "\nhttp_server_requests_seconds_count{} 1\ntomcat_sessions_active_current_sessions 0\n";
        let said = lacks(page.as_bytes()).join("\n");
        assert!(said.contains("percentiles-histogram.http.server.requests=true"), "{said}");
        assert!(said.contains("server.tomcat.mbeanregistry.enabled=true") && said.contains("in flight"), "{said}");
        let whole = format!(
            "{page}http_server_requests_seconds_bucket{{}} 1\ntomcat_threads_busy_threads 1\nhttp_server_requests_active_seconds_gcount 0\n"
        );
        assert!(lacks(whole.as_bytes()).is_empty());
    }
}
