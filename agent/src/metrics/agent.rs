//! What Stormglass says of itself (namespace `Stormglass`): its vitals, and what it counts in logs.

use super::table;

table! {
    Own;
    HEARTBEAT "heartbeat" Count [] Basic
        "1 at each look at ourselves: silence means that the agent or its host is gone. The budget never refuses it.";
    AGENT_READINGS_COLLECTED "agent_readings_collected" Count [] Standard
        "Readings that the sources gave since the last look.";
    AGENT_POINTS_SPOOLED "agent_points_spooled" Count [] Full
        "Points given to the spool since the last look.";
    AGENT_POINTS_SENT "agent_points_sent" Count [] Standard
        "Points that CloudWatch took since the last look.";
    AGENT_POINTS_WAITING "agent_points_waiting" Count [] Standard
        "Points in the spool.";
    AGENT_SPOOL_BYTES "agent_spool_bytes" Bytes [] Full
        "Bytes that the spool takes on the disk.";
    AGENT_OLDEST_AGE "agent_oldest_age" Seconds [] Basic
        "Age of the oldest point in the spool; 0 where none waits.";
    AGENT_LOST "agent_lost" Count ["reason"] Basic
        "What was lost since the last look, by its reason; begins when a reason first occurs (docs/errors.md names them).";
    AGENT_REQUESTS "agent_requests" Count [] Full
        "Requests to CloudWatch since the last look.";
    AGENT_REQUESTS_FAILED "agent_requests_failed" Count [] Standard
        "Requests that CloudWatch refused or did not answer.";
    AGENT_SERIES "agent_series" Count [] Full
        "Series published: what is billed.";
    AGENT_SERIES_REFUSED "agent_series_refused" Count [] Standard
        "Series that the budget refuses.";
    AGENT_MEMORY "agent_memory" Bytes [] Standard
        "Resident memory of the agent.";
    AGENT_CPU "agent_cpu" Milliseconds [] Standard
        "Processor time that the agent used since the last look.";
    LOCAL_STORE_BYTES "local_store_bytes" Bytes [] Standard
        "Size of the file in which local mode keeps its points.";
    LOCAL_STORE_FAILING "local_store_failing" Count [] Standard
        "1 while local mode cannot write its points to the disk, else 0.";
    LOCAL_SERIES "local_series" Count [] Standard
        "Series that local mode keeps.";
    ERRORS "errors" Count ["kind", "level", "service"] Basic
        "Errors in logs, by kind; the 20 first of a period each have a series, the rest are the kind `other`.";
    NEW_ERROR_KINDS "new_error_kinds" Count ["service"] Basic
        "Kinds of error that this host never met before.";
    LOG_BYTES_READ "log_bytes_read" Count [] Standard
        "Bytes read of logs.";
    LOG_EVENTS "log_events" Count [] Standard
        "Events found in logs: lines, or stack traces joined.";
    LOG_EVENTS_SHIPPED "log_events_shipped" Count [] Standard
        "Events that CloudWatch Logs acknowledged.";
    LOG_BYTES_SHIPPED "log_bytes_shipped" Count [] Standard
        "Bytes that CloudWatch Logs acknowledged, as it bills them.";
    LOG_EVENTS_STAYED "log_events_stayed" Count [] Standard
        "Events that were not selected and stay on the host.";
    LOG_EVENTS_FOLDED "log_events_folded" Count [] Standard
        "Repeats of an error, counted in a line that says how many.";
    LOG_REDACTIONS "log_redactions" Count [] Standard
        "Secrets and personal data taken out.";
    LOG_EVENTS_CUT "log_events_cut" Count [] Standard
        "Events longer than may be, cut in pieces; nothing of them is lost.";
    LOG_INVALID_UTF8 "log_invalid_utf8" Count [] Standard
        "Bytes that were no UTF-8, replaced.";
    LOG_NUL_BYTES "log_nul_bytes" Bytes [] Standard
        "NUL bytes, left out.";
    LOG_TIMES_MENDED "log_times_mended" Count [] Standard
        "Times far in the future, for which the time of reading was taken.";
    LOG_REQUESTS "log_requests" Count [] Standard
        "Requests to CloudWatch Logs.";
    LOG_REQUESTS_FAILED "log_requests_failed" Count [] Standard
        "Requests that CloudWatch Logs refused or did not answer.";
    LOG_CONNECTIONS_REFUSED "log_connections_refused" Count [] Standard
        "Connections to a log socket beyond those that may be open.";
}
