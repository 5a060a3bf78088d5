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
    UP "up" Count ["source", "name"] Basic
        "1 where a target that is asked answered as it should (scrape, redis, sql, exec), else 0.";
    HTTP_REQUESTS "http_requests" Count ["service"] Basic
        "Requests that a Spring Boot service counted since the last look, those below /actuator left out.";
    HTTP_REQUEST_TIME "http_request_time" Milliseconds ["service", "method", "route"] Basic
        "How long they took, of the service and of each route that has a place; percentiles want the histogram.";
    HTTP_REQUEST_FAILURES "http_request_failures" Count ["service", "class"] Basic
        "Those that failed, by class: 4xx, 5xx; begins with the first.";
    HTTP_REQUEST_FAILURE_PERCENT "http_request_failure_percent" Percent ["service"] Basic
        "Those that ended with 5xx, of all; the average is weighted by requests.";
    HTTP_REQUEST_ERRORS "http_request_errors" Count ["service", "exception", "route"] Standard
        "Those that ended with an exception, by its kind and where it arose; five kinds, the rest is `other`.";
    HTTP_REQUESTS_ACTIVE "http_requests_active" Count ["service"] Basic
        "Requests in flight.";
    HIKARICP_CONNECTIONS_ACTIVE "hikaricp_connections_active" Count ["service", "pool"] Basic
        "Connections of the pool in use.";
    HIKARICP_CONNECTIONS_IDLE "hikaricp_connections_idle" Count ["service", "pool"] Standard
        "Connections of the pool at rest.";
    HIKARICP_CONNECTIONS_PENDING "hikaricp_connections_pending" Count ["service", "pool"] Basic
        "Threads that wait for a connection: above 0 while active is the most, the service is about to stall.";
    HIKARICP_CONNECTIONS_MAX "hikaricp_connections_max" Count ["service", "pool"] Standard
        "The most connections of the pool.";
    HIKARICP_TIMEOUTS "hikaricp_timeouts" Count ["service", "pool"] Basic
        "Threads that waited for a connection in vain.";
    LOGBACK_EVENTS "logback_events" Count ["service", "level"] Standard
        "Lines that the service logged as error or warn.";
    JVM_HEAP_USED_BYTES "jvm_heap_used_bytes" Bytes ["service"] Standard
        "Heap of the JVM in use.";
    JVM_HEAP_USED_PERCENT "jvm_heap_used_percent" Percent ["service"] Basic
        "Heap of the JVM in use, of its most.";
    JVM_NONHEAP_USED_BYTES "jvm_nonheap_used_bytes" Bytes ["service"] Standard
        "Memory of the JVM beside its heap: classes, compiled code.";
    JVM_GC_PAUSE "jvm_gc_pause" Milliseconds ["service"] Standard
        "Mean pause for garbage, with as many counts as there were pauses.";
    JVM_GC_PAUSE_MAX "jvm_gc_pause_max" Milliseconds ["service"] Standard
        "The longest pause for garbage of late.";
    JVM_THREADS "jvm_threads" Count ["service"] Standard
        "Threads of the JVM.";
    JVM_FILES_OPEN "jvm_files_open" Count ["service"] Standard
        "Descriptors open in the JVM.";
    JVM_CPU_USED_PERCENT "jvm_cpu_used_percent" Percent ["service"] Standard
        "Processor time of the JVM, of all processors.";
    TOMCAT_THREADS_BUSY "tomcat_threads_busy" Count ["service"] Standard
        "Threads of Tomcat at work; under virtual threads it misleads.";
    TOMCAT_THREADS_MAX "tomcat_threads_max" Count ["service"] Standard
        "The most threads of Tomcat.";
    EXECUTOR_QUEUED_TASKS "executor_queued_tasks" Count ["service"] Standard
        "Tasks that wait in the service's executors.";
    REDIS_MEMORY_USED_BYTES "redis_memory_used_bytes" Bytes ["redis"] Standard
        "Memory that Redis uses for its data.";
    REDIS_MEMORY_RSS_BYTES "redis_memory_rss_bytes" Bytes ["redis"] Standard
        "Resident memory of Redis.";
    REDIS_MEMORY_USED_PERCENT "redis_memory_used_percent" Percent ["redis"] Basic
        "Memory in use, of maxmemory; no reading where that is not set.";
    REDIS_FRAGMENTATION "redis_fragmentation" None ["redis"] Standard
        "Resident memory by memory used: well above 1 it is fragmented, below 1 it is swapped.";
    REDIS_OPERATIONS "redis_operations" CountPerSecond ["redis"] Standard
        "Commands a second.";
    REDIS_COMMANDS "redis_commands" Count ["redis"] Full
        "Commands since the last look.";
    REDIS_HIT_PERCENT "redis_hit_percent" Percent ["redis"] Standard
        "Lookups that found their key; the average is weighted by lookups.";
    REDIS_EXPIRED "redis_expired" Count ["redis"] Full
        "Keys whose time was up.";
    REDIS_EVICTED "redis_evicted" Count ["redis"] Basic
        "Keys thrown out because memory was full.";
    REDIS_CLIENTS "redis_clients" Count ["redis"] Standard
        "Clients connected.";
    REDIS_CLIENTS_USED_PERCENT "redis_clients_used_percent" Percent ["redis"] Standard
        "Clients connected, of maxclients.";
    REDIS_CLIENTS_BLOCKED "redis_clients_blocked" Count ["redis"] Standard
        "Clients that wait in a blocking command.";
    REDIS_REJECTED "redis_rejected" Count ["redis"] Basic
        "Connections refused because maxclients was reached.";
    REDIS_FORK_TIME "redis_fork_time" Milliseconds ["redis"] Standard
        "How long the last fork held everybody up.";
    REDIS_SAVE_OK "redis_save_ok" Count ["redis"] Basic
        "1 where the last save of a snapshot went well, else 0.";
    REDIS_APPEND_OK "redis_append_ok" Count ["redis"] Standard
        "1 where the last write to the append-only file went well, else 0.";
    REDIS_REPLICAS "redis_replicas" Count ["redis"] Standard
        "Replicas connected.";
    REDIS_REPLICATION_UP "redis_replication_up" Count ["redis"] Basic
        "Of a replica: 1 where its master is connected, else 0.";
    REDIS_REPLICATION_LAG_BYTES "redis_replication_lag_bytes" Bytes ["redis"] Standard
        "What the replica furthest behind has not confirmed; of a replica, what it has not applied.";
    REDIS_SLOW_COMMANDS "redis_slow_commands" Count ["redis", "command"] Standard
        "Commands that look at every key or member while everybody waits: KEYS, HGETALL, SMEMBERS, FLUSHALL and their like.";
    DATABASE_CONNECTIONS "database_connections" Count ["database"] Standard
        "Clients connected to the server of the database.";
    DATABASE_CONNECTIONS_USED_PERCENT "database_connections_used_percent" Percent ["database"] Basic
        "The same, of the most that are allowed to who is no superuser.";
    DATABASE_LOCK_WAITS "database_lock_waits" Count ["database"] Standard
        "Sessions that wait for a lock.";
    DATABASE_IDLE_IN_TRANSACTION "database_idle_in_transaction" Count ["database"] Standard
        "Sessions that hold a transaction open and do nothing.";
    DATABASE_LONGEST_TRANSACTION_SECONDS "database_longest_transaction_seconds" Seconds ["database"] Basic
        "Age of the oldest transaction that is open; it holds up the cleaning of every table.";
    DATABASE_COMMITS "database_commits" Count ["database"] Standard
        "Transactions that were committed since the last look, each statement of ours among them.";
    DATABASE_ROLLBACKS "database_rollbacks" Count ["database"] Standard
        "Transactions that were rolled back.";
    DATABASE_DEADLOCKS "database_deadlocks" Count ["database"] Standard
        "Transactions that were ended because they waited for each other.";
    DATABASE_REPLICAS "database_replicas" Count ["database"] Standard
        "Replicas connected.";
    DATABASE_REPLICATION_UP "database_replication_up" Count ["database"] Basic
        "Of a replica: 1 where it is fed, else 0.";
    DATABASE_REPLICATION_LAG_SECONDS "database_replication_lag_seconds" Seconds ["database"] Basic
        "How far the replica furthest behind is; of a replica, how old its last transaction is while more waits.";
    DATABASE_REPLICATION_LAG_BYTES "database_replication_lag_bytes" Bytes ["database"] Standard
        "What the replica furthest behind has not applied; of a replica, what it was sent and has not applied.";
    DATABASE_SIZE_BYTES "database_size_bytes" Bytes ["database"] Standard
        "Size of the database.";
    DATABASE_DAILY_GROWTH_BYTES "database_daily_growth_bytes" Bytes ["database"] Standard
        "What it grows by in a day, by the sizes of up to the last day; begins after an hour.";
    TABLE_SIZE_BYTES "table_size_bytes" Bytes ["database", "table"] Standard
        "Size of each of the five largest tables, indexes and all.";
    TABLE_DAILY_GROWTH_BYTES "table_daily_growth_bytes" Bytes ["database", "table"] Standard
        "What it grows by in a day; begins after an hour.";
    TABLE_NEWEST_ROW_AGE_SECONDS "table_newest_row_age_seconds" Seconds ["database", "table"] Basic
        "Age of the newest row of a table that `fresh` names: that it grows means that nothing arrives.";
    PROBE_UP "probe_up" Count ["probe"] Basic
        "1 where the target answered as it should, else 0.";
    PROBE_TIME "probe_time" Milliseconds ["probe"] Standard
        "How long the answer took, name, connection and TLS included; no reading where it failed.";
    PROBE_CERTIFICATE_DAYS "probe_certificate_days" None ["probe"] Basic
        "Days until the certificate ends; below 0 since.";
    HEALTHY_TARGETS "healthy_targets" Count ["group"] Basic
        "Targets of the group whose last probe was well.";
    HEALTHY_TARGETS_PERCENT "healthy_targets_percent" Percent ["group"] Standard
        "The same, of all targets of the group.";
}
