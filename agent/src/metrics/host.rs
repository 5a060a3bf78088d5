//! What the official CloudWatch agent has too, under its names, units and dimensions (namespace `CWAgent`).
//!
//! `exe|pattern|pidfile` stands for one of the three: how the process was chosen.

use super::table;

table! {
    Host;
    CPU_USAGE_ACTIVE "cpu_usage_active" Percent ["cpu"] Basic
        "Time in which the processor was not idle (waiting for I/O counts as active, as the official agent counts it).";
    CPU_USAGE_USER "cpu_usage_user" Percent ["cpu"] Standard
        "Time in programs, guests excluded.";
    CPU_USAGE_SYSTEM "cpu_usage_system" Percent ["cpu"] Standard
        "Time in the kernel.";
    CPU_USAGE_IOWAIT "cpu_usage_iowait" Percent ["cpu"] Standard
        "Time in which the processor had nothing to do but wait for I/O.";
    CPU_USAGE_STEAL "cpu_usage_steal" Percent ["cpu"] Basic
        "Time in which the hypervisor gave the processor to others, or throttled a burstable instance.";
    CPU_USAGE_IDLE "cpu_usage_idle" Percent ["cpu"] Standard
        "Time in which the processor had nothing to do.";
    CPU_USAGE_NICE "cpu_usage_nice" Percent ["cpu"] Full
        "Time in programs of low priority, guests excluded.";
    CPU_USAGE_IRQ "cpu_usage_irq" Percent ["cpu"] Full
        "Time in hardware interrupts.";
    CPU_USAGE_SOFTIRQ "cpu_usage_softirq" Percent ["cpu"] Full
        "Time in software interrupts; the network's share of the processor.";
    CPU_USAGE_GUEST "cpu_usage_guest" Percent ["cpu"] Full
        "Time in virtual machines.";
    CPU_USAGE_GUEST_NICE "cpu_usage_guest_nice" Percent ["cpu"] Full
        "Time in virtual machines of low priority.";
    MEM_USED_PERCENT "mem_used_percent" Percent [] Basic
        "Memory in use, without what the kernel can give back (buffers, page cache, reclaimable slab).";
    MEM_AVAILABLE_PERCENT "mem_available_percent" Percent [] Standard
        "Memory that programs can still get without swapping.";
    MEM_AVAILABLE "mem_available" Bytes [] Standard
        "Memory that programs can still get without swapping.";
    MEM_USED "mem_used" Bytes [] Standard
        "Memory in use, without what the kernel can give back.";
    MEM_TOTAL "mem_total" Bytes [] Full
        "Memory that the kernel has.";
    MEM_FREE "mem_free" Bytes [] Full
        "Memory that nobody uses at all; small on a healthy host.";
    MEM_CACHED "mem_cached" Bytes [] Full
        "Page cache and reclaimable slab.";
    MEM_BUFFERED "mem_buffered" Bytes [] Full
        "Buffers of block devices.";
    MEM_ACTIVE "mem_active" Bytes [] Full
        "Memory used recently.";
    MEM_INACTIVE "mem_inactive" Bytes [] Full
        "Memory not used recently: reclaimed first.";
    MEM_SHARED "mem_shared" Bytes [] Full
        "Memory of tmpfs and shared between processes: it counts as cache, but cannot be given back.";
    SWAP_USED_PERCENT "swap_used_percent" Percent [] Basic
        "Swap in use.";
    SWAP_USED "swap_used" Bytes [] Full
        "Swap in use.";
    SWAP_FREE "swap_free" Bytes [] Full
        "Swap not in use.";
    DISK_USED_PERCENT "disk_used_percent" Percent ["path", "fstype", "device"] Basic
        "Space in use, of what ordinary users may use: the figure of `df`.";
    DISK_INODES_FREE "disk_inodes_free" Count ["path", "fstype", "device"] Standard
        "Files that can still be made.";
    DISK_FREE "disk_free" Bytes ["path", "fstype", "device"] Standard
        "Space that ordinary users can still use.";
    DISK_USED "disk_used" Bytes ["path", "fstype", "device"] Standard
        "Space in use.";
    DISK_TOTAL "disk_total" Bytes ["path", "fstype", "device"] Full
        "Size of the file system.";
    DISK_INODES_USED "disk_inodes_used" Count ["path", "fstype", "device"] Full
        "Inodes in use.";
    DISK_INODES_TOTAL "disk_inodes_total" Count ["path", "fstype", "device"] Full
        "Inodes there are; 0 where the file system makes them as needed.";
    DISKIO_IO_TIME "diskio_io_time" Milliseconds ["name"] Standard
        "Time in which the device was busy.";
    DISKIO_READS "diskio_reads" Count ["name"] Standard
        "Reads that were completed.";
    DISKIO_WRITES "diskio_writes" Count ["name"] Standard
        "Writes completed.";
    DISKIO_READ_BYTES "diskio_read_bytes" Bytes ["name"] Standard
        "Bytes read.";
    DISKIO_WRITE_BYTES "diskio_write_bytes" Bytes ["name"] Standard
        "Bytes written.";
    DISKIO_READ_TIME "diskio_read_time" Milliseconds ["name"] Full
        "Time that reads took, summed over the reads.";
    DISKIO_WRITE_TIME "diskio_write_time" Milliseconds ["name"] Full
        "Time that writes took, summed over the writes.";
    DISKIO_IOPS_IN_PROGRESS "diskio_iops_in_progress" Count ["name"] Full
        "Requests under way at the moment of the reading.";
    NET_BYTES_RECV "net_bytes_recv" Bytes ["interface"] Standard
        "Bytes received.";
    NET_BYTES_SENT "net_bytes_sent" Bytes ["interface"] Standard
        "Bytes sent.";
    NET_PACKETS_RECV "net_packets_recv" Count ["interface"] Full
        "Packets received.";
    NET_PACKETS_SENT "net_packets_sent" Count ["interface"] Full
        "Packets sent.";
    NET_DROP_IN "net_drop_in" Count ["interface"] Standard
        "Received packets dropped by this host.";
    NET_DROP_OUT "net_drop_out" Count ["interface"] Standard
        "Packets to send dropped by this host.";
    NET_ERR_IN "net_err_in" Count ["interface"] Full
        "Receive errors.";
    NET_ERR_OUT "net_err_out" Count ["interface"] Full
        "Send errors.";
    NETSTAT_TCP_ESTABLISHED "netstat_tcp_established" Count [] Standard
        "TCP connections established.";
    NETSTAT_TCP_TIME_WAIT "netstat_tcp_time_wait" Count [] Standard
        "TCP connections that linger after they closed; very many use up the local ports.";
    NETSTAT_TCP_CLOSE_WAIT "netstat_tcp_close_wait" Count [] Standard
        "TCP connections that the peer closed and a program here did not: a leak when it grows.";
    NETSTAT_TCP_LISTEN "netstat_tcp_listen" Count [] Full
        "TCP sockets that listen.";
    NETSTAT_TCP_SYN_SENT "netstat_tcp_syn_sent" Count [] Full
        "TCP connections being opened from here.";
    NETSTAT_TCP_SYN_RECV "netstat_tcp_syn_recv" Count [] Full
        "TCP connections being opened from outside.";
    NETSTAT_TCP_FIN_WAIT1 "netstat_tcp_fin_wait1" Count [] Full
        "TCP connections closed here, not yet acknowledged.";
    NETSTAT_TCP_FIN_WAIT2 "netstat_tcp_fin_wait2" Count [] Full
        "TCP connections closed here, the peer's end still open.";
    NETSTAT_TCP_LAST_ACK "netstat_tcp_last_ack" Count [] Full
        "TCP connections closed by both, the last acknowledgement missing.";
    NETSTAT_TCP_CLOSING "netstat_tcp_closing" Count [] Full
        "TCP connections closed by both at once.";
    NETSTAT_TCP_CLOSE "netstat_tcp_close" Count [] Full
        "TCP sockets in no connection.";
    NETSTAT_TCP_NONE "netstat_tcp_none" Count [] Full
        "TCP sockets in a state unknown to us.";
    NETSTAT_UDP_SOCKET "netstat_udp_socket" Count [] Full
        "UDP sockets in use.";
    ETHTOOL_BW_IN_ALLOWANCE_EXCEEDED "ethtool_bw_in_allowance_exceeded" None ["interface", "driver"] Full
        "Packets queued or dropped because the instance's inbound bandwidth was used up; counted since the interface came up.";
    ETHTOOL_BW_OUT_ALLOWANCE_EXCEEDED "ethtool_bw_out_allowance_exceeded" None ["interface", "driver"] Full
        "Packets queued or dropped because the instance's outbound bandwidth was used up; counted since the interface came up.";
    ETHTOOL_PPS_ALLOWANCE_EXCEEDED "ethtool_pps_allowance_exceeded" None ["interface", "driver"] Full
        "Packets queued or dropped because the instance's packets a second were used up; counted since the interface came up.";
    ETHTOOL_CONNTRACK_ALLOWANCE_EXCEEDED "ethtool_conntrack_allowance_exceeded" None ["interface", "driver"] Full
        "Packets dropped because the instance's connection tracking was full: new connections fail; counted since the interface came up.";
    ETHTOOL_LINKLOCAL_ALLOWANCE_EXCEEDED "ethtool_linklocal_allowance_exceeded" None ["interface", "driver"] Full
        "Packets dropped on their way to DNS, instance metadata and time: too many a second; counted since the interface came up.";
    ETHTOOL_CONNTRACK_ALLOWANCE_AVAILABLE "ethtool_conntrack_allowance_available" None ["interface", "driver"] Full
        "Connections that the instance can still track before new ones fail.";
    PROCESSES_TOTAL "processes_total" Count [] Standard
        "All processes.";
    PROCESSES_BLOCKED "processes_blocked" Count [] Standard
        "Processes in uninterruptible sleep, mostly waiting for a disk (state D).";
    PROCESSES_ZOMBIES "processes_zombies" Count [] Standard
        "Processes that ended and whose parent did not ask how (state Z).";
    PROCESSES_TOTAL_THREADS "processes_total_threads" Count [] Standard
        "Threads of all processes.";
    PROCESSES_RUNNING "processes_running" Count [] Full
        "Processes running or ready to run (state R).";
    PROCESSES_SLEEPING "processes_sleeping" Count [] Full
        "Processes asleep (state S).";
    PROCESSES_IDLE "processes_idle" Count [] Full
        "Idle threads of the kernel (state I).";
    PROCESSES_STOPPED "processes_stopped" Count [] Full
        "Processes stopped by a signal or a debugger (states T and t).";
    PROCESSES_PAGING "processes_paging" Count [] Full
        "Processes that are paging (state W, kernels before 2.6).";
    PROCESSES_DEAD "processes_dead" Count [] Full
        "Processes being removed (state X).";
    PROCSTAT_CPU_USAGE "procstat_cpu_usage" Percent ["exe|pattern|pidfile", "process_name"] Basic
        "Processor time of a named process, in percent of one core.";
    PROCSTAT_MEMORY_RSS "procstat_memory_rss" Bytes ["exe|pattern|pidfile", "process_name"] Basic
        "Resident memory of a named process.";
    PROCSTAT_NUM_THREADS "procstat_num_threads" Count ["exe|pattern|pidfile", "process_name"] Standard
        "Threads of a named process.";
    PROCSTAT_NUM_FDS "procstat_num_fds" Count ["exe|pattern|pidfile", "process_name"] Standard
        "Descriptors open in a named process; needs permission for another user's.";
    PROCSTAT_RLIMIT_NUM_FDS_SOFT "procstat_rlimit_num_fds_soft" Count ["exe|pattern|pidfile", "process_name"] Full
        "The descriptors a named process may open (soft LimitNOFILE).";
    PROCSTAT_RLIMIT_NUM_FDS_HARD "procstat_rlimit_num_fds_hard" Count ["exe|pattern|pidfile", "process_name"] Full
        "The descriptors a named process may raise itself to (hard LimitNOFILE).";
    PROCSTAT_MEMORY_VMS "procstat_memory_vms" Bytes ["exe|pattern|pidfile", "process_name"] Full
        "Virtual memory of a named process.";
    PROCSTAT_MEMORY_SWAP "procstat_memory_swap" Bytes ["exe|pattern|pidfile", "process_name"] Full
        "Swap used by a named process.";
    PROCSTAT_MEMORY_DATA "procstat_memory_data" Bytes ["exe|pattern|pidfile", "process_name"] Full
        "Memory of a named process for data.";
    PROCSTAT_MEMORY_STACK "procstat_memory_stack" Bytes ["exe|pattern|pidfile", "process_name"] Full
        "Memory of a named process for its first stack.";
    PROCSTAT_MEMORY_LOCKED "procstat_memory_locked" Bytes ["exe|pattern|pidfile", "process_name"] Full
        "Memory that a named process has locked.";
    PROCSTAT_CPU_TIME_USER "procstat_cpu_time_user" Count ["exe|pattern|pidfile", "process_name"] Full
        "Processor time of a named process in its own code since it began, in hundredths of a second.";
    PROCSTAT_CPU_TIME_SYSTEM "procstat_cpu_time_system" Count ["exe|pattern|pidfile", "process_name"] Full
        "Processor time of a named process in the kernel since it began, in hundredths of a second.";
    PROCSTAT_VOLUNTARY_CONTEXT_SWITCHES "procstat_voluntary_context_switches" Count ["exe|pattern|pidfile", "process_name"] Full
        "Times a named process gave the processor up, since it began.";
    PROCSTAT_INVOLUNTARY_CONTEXT_SWITCHES "procstat_involuntary_context_switches" Count ["exe|pattern|pidfile", "process_name"] Full
        "Times the processor was taken from a named process, since it began.";
    PROCSTAT_READ_BYTES "procstat_read_bytes" Bytes ["exe|pattern|pidfile", "process_name"] Full
        "Bytes a named process read from disks since it began; needs permission for another user's.";
    PROCSTAT_WRITE_BYTES "procstat_write_bytes" Bytes ["exe|pattern|pidfile", "process_name"] Full
        "Bytes a named process wrote to disks since it began; needs permission for another user's.";
    PROCSTAT_READ_COUNT "procstat_read_count" Count ["exe|pattern|pidfile", "process_name"] Full
        "Reads by a named process since it began; needs permission for another user's.";
    PROCSTAT_WRITE_COUNT "procstat_write_count" Count ["exe|pattern|pidfile", "process_name"] Full
        "Writes by a named process since it began; needs permission for another user's.";
    PROCSTAT_LOOKUP_PID_COUNT "procstat_lookup_pid_count" Count ["exe|pattern|pidfile", "pid_finder"] Basic
        "Processes that a name matched; 0 when none runs.";
}
