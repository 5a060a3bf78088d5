//! What the official agent does not have (namespace `Stormglass`).

use super::table;

table! {
    Own;
    LOAD_1 "load_1" None [] Standard
        "Load average of 1 minute: threads that run, wait to run, or wait for a disk.";
    LOAD_5 "load_5" None [] Standard
        "Load average of 5 minutes: threads that run, wait to run, or wait for a disk.";
    LOAD_15 "load_15" None [] Full
        "Load average of 15 minutes: threads that run, wait to run, or wait for a disk.";
    LOAD_1_PER_CPU "load_1_per_cpu" None [] Standard
        "Load average of 1 minute for each processor; above 1 somebody waits.";
    PRESSURE_CPU_SOME "pressure_cpu_some" Percent [] Standard
        "Time in which at least one thread waited for a processor (PSI).";
    PRESSURE_MEMORY_SOME "pressure_memory_some" Percent [] Standard
        "Time in which at least one thread waited for memory (PSI).";
    PRESSURE_MEMORY_FULL "pressure_memory_full" Percent [] Standard
        "Time in which every thread waited for memory: nothing got done (PSI).";
    PRESSURE_IO_SOME "pressure_io_some" Percent [] Standard
        "Time in which at least one thread waited for I/O (PSI).";
    PRESSURE_IO_FULL "pressure_io_full" Percent [] Standard
        "Time in which every thread waited for I/O: nothing got done (PSI).";
    SWAP_IN_PAGES "swap_in_pages" Count [] Standard
        "Pages read back from swap; a steady flow means that memory is too small.";
    SWAP_OUT_PAGES "swap_out_pages" Count [] Standard
        "Pages written to swap.";
    OOM_KILLS "oom_kills" Count [] Basic
        "Processes that the kernel killed because memory ran out.";
    MAJOR_FAULTS "major_faults" Count [] Full
        "Page faults that had to read a disk.";
    DISK_INODES_USED_PERCENT "disk_inodes_used_percent" Percent ["path", "fstype", "device"] Basic
        "Inodes in use; at 100 no file can be made though space is free.";
    DISK_READ_ONLY "disk_read_only" Count ["path", "fstype", "device"] Standard
        "1 where the file system itself is read-only (as ext4 makes itself after an error), else 0.";
    DISK_HUNG "disk_hung" Count ["path", "fstype", "device"] Standard
        "1 where a file system did not answer in time (a dead NFS server, a stuck volume), else 0.";
    DISKIO_USED_PERCENT "diskio_used_percent" Percent ["name"] Standard
        "Time in which the device was busy.";
    DISKIO_AWAIT "diskio_await" Milliseconds ["name"] Standard
        "Mean time of a request, queue included; no reading when there was none.";
    TCP_RETRANSMITS "tcp_retransmits" Count [] Standard
        "TCP segments sent again.";
    TCP_RETRANSMIT_PERCENT "tcp_retransmit_percent" Percent [] Standard
        "TCP segments sent again, of all sent; no reading when none was sent.";
    TCP_LISTEN_OVERFLOWS "tcp_listen_overflows" Count [] Basic
        "Connections refused because a program's queue of new connections was full.";
    TCP_LISTEN_DROPS "tcp_listen_drops" Count [] Standard
        "Connections dropped while being opened, overflows included.";
    TCP_RESETS_SENT "tcp_resets_sent" Count [] Full
        "TCP connections refused or reset by this host.";
    TCP_ORPHANS "tcp_orphans" Count [] Full
        "TCP sockets that no program holds any more.";
    TCP_MEMORY "tcp_memory" Bytes [] Full
        "Memory in the buffers of TCP.";
    CONNTRACK_USED_PERCENT "conntrack_used_percent" Percent [] Standard
        "Entries of the kernel's connection tracking in use; at 100 new connections are dropped.";
    FILES_USED "files_used" Count [] Full
        "Descriptors open on the host.";
    FILES_USED_PERCENT "files_used_percent" Percent [] Standard
        "Descriptors open on the host, of fs.file-max.";
    THREADS_USED_PERCENT "threads_used_percent" Percent [] Standard
        "Threads, of the smaller of kernel.threads-max and kernel.pid_max.";
    UPTIME_SECONDS "uptime_seconds" Seconds [] Standard
        "Time since the host started.";
    CLOCK_OFFSET "clock_offset" Milliseconds [] Full
        "What the kernel still has to correct of the clock, as its time service told it.";
    CLOCK_ERROR_MAX "clock_error_max" Milliseconds [] Standard
        "How far the clock can be off at most, as the kernel reckons; grows while nothing keeps it.";
    CLOCK_SYNCHRONIZED "clock_synchronized" Count [] Standard
        "1 where a time service keeps the clock, else 0.";
    PROCESS_UP "process_up" Count ["process"] Basic
        "1 where at least one process matches, else 0.";
    PROCESS_FDS_USED_PERCENT "process_fds_used_percent" Percent ["process"] Standard
        "Descriptors open, of LimitNOFILE, in the fullest process that matches; needs permission for another user's.";
    UNIT_UP "unit_up" Count ["unit"] Basic
        "1 where the systemd unit has a running process, else 0.";
    UNIT_CPU_USAGE "unit_cpu_usage" Percent ["unit"] Basic
        "Processor time of the unit, in percent of one core.";
    UNIT_CPU_THROTTLED "unit_cpu_throttled" Percent ["unit"] Full
        "Time in which the unit was held back by its CPUQuota.";
    UNIT_MEMORY_USED "unit_memory_used" Bytes ["unit"] Basic
        "Memory charged to the unit, its page cache included.";
    UNIT_MEMORY_USED_PERCENT "unit_memory_used_percent" Percent ["unit"] Standard
        "Memory charged to the unit, of its MemoryMax.";
    UNIT_OOM_KILLS "unit_oom_kills" Count ["unit"] Basic
        "Processes of the unit killed because memory ran out.";
    UNIT_TASKS_USED "unit_tasks_used" Count ["unit"] Standard
        "Threads of the unit.";
    UNIT_TASKS_USED_PERCENT "unit_tasks_used_percent" Percent ["unit"] Basic
        "Threads of the unit, of its TasksMax (pids.max): at 100 a JVM can start no thread.";
    UNIT_PROCESSES "unit_processes" Count ["unit"] Full
        "Processes of the unit.";
    UNIT_FDS_USED "unit_fds_used" Count ["unit"] Standard
        "Descriptors open in the fullest process of the unit; needs permission for another user's.";
    UNIT_FDS_USED_PERCENT "unit_fds_used_percent" Percent ["unit"] Basic
        "Descriptors open, of LimitNOFILE, in the fullest process of the unit; needs permission for another user's.";
    UNIT_RESTARTS "unit_restarts" Count ["unit"] Standard
        "1 where the unit was begun anew since the last reading, else 0.";
    ALLOWANCE_BW_IN_EXCEEDED "allowance_bw_in_exceeded" Count ["interface"] Standard
        "Packets queued or dropped since the last reading because the instance's inbound bandwidth was used up.";
    ALLOWANCE_BW_OUT_EXCEEDED "allowance_bw_out_exceeded" Count ["interface"] Standard
        "Packets queued or dropped since the last reading because the instance's outbound bandwidth was used up.";
    ALLOWANCE_PPS_EXCEEDED "allowance_pps_exceeded" Count ["interface"] Standard
        "Packets queued or dropped since the last reading because the instance's packets a second were used up.";
    ALLOWANCE_CONNTRACK_EXCEEDED "allowance_conntrack_exceeded" Count ["interface"] Standard
        "Packets queued or dropped since the last reading because the instance's connection tracking was full: new connections fail.";
    ALLOWANCE_LINKLOCAL_EXCEEDED "allowance_linklocal_exceeded" Count ["interface"] Standard
        "Packets queued or dropped since the last reading because DNS, instance metadata and time were asked too often.";
}
