#!/bin/bash
# Runs inside a booted container (scripts/soak.d/image.sh), as a unit of its systemd: reads the limits in force of a service
# and of a login session, writes them to /probe/found, a line each (WHAT, then the value), and switches the container off.
set -u
exec 2>/probe/errors
trap 'systemctl --force poweroff' EXIT
found() { printf '%s\t%s\n' "$1" "$2" >>/probe/found; }
of() { awk -v name="$1" 'index($0, name) == 1 { print $(NF - 2) ":" $(NF - 1) }' "/proc/$2/limits"; }

# tasks UNIT: pids.max of its group, and where the machine gives a container none, what systemd would write there.
tasks() {
    local group
    group=$(systemctl show --value -p ControlGroup "$1")
    cat "/sys/fs/cgroup$group/pids.max" 2>/dev/null || cat "/sys/fs/cgroup/pids$group/pids.max" 2>/dev/null ||
        echo "$(systemctl show --value -p TasksMax "$1") (TasksMax; no pids.max on this machine)"
}

# A service that says nothing of limits, as most do.
systemd-run --quiet --unit plain sleep 600
pid=$(systemctl show --value -p MainPID plain)
found 'open files of a service (soft:hard)' "$(of 'Max open files' "$pid")"
found 'tasks of a service' "$(tasks plain)"

id kim >/dev/null 2>&1 || useradd -m kim
session=$(su - kim -c 'cat /proc/self/limits')
limit() { awk -v name="$1" 'index($0, name) == 1 { print $(NF - 2) ":" $(NF - 1) }' <<<"$session"; }
found 'open files of a login (soft:hard)' "$(limit 'Max open files')"
found 'processes of a login (soft:hard)' "$(awk '/^Max processes/ { print $3 ":" $4 }' <<<"$session")"
found 'tasks of a user (TasksMax of its slice)' "$(systemctl show --value -p TasksMax "user-$(id -u kim).slice")"

found 'backlog (somaxconn)' "$(cat /proc/sys/net/core/somaxconn)"
found 'half-open connections' "$(cat /proc/sys/net/ipv4/tcp_max_syn_backlog)"
found 'ports for connections out' "$(tr '\t' ' ' </proc/sys/net/ipv4/ip_local_port_range)"
found 'the journal at most' "$(journalctl -u systemd-journald -o cat | grep -o 'max [0-9.]*[KMG]' | tail -1)"
if [ -x /probe/tune ]; then
    found 'applied again' "$(bash /probe/tune apply --settings /probe/settings | tail -1)"
    found 'proved by itself' "$(bash /probe/tune prove --settings /probe/settings >/probe/prove && echo yes || grep -m3 'was meant' /probe/prove | tr '\n' ' ')"
fi
if [ -x /usr/bin/stormglass ]; then
    pid=$(systemctl show --value -p MainPID stormglass)
    found 'the agent' "$(systemctl is-active stormglass), open files $(of 'Max open files' "$pid"), tasks $(tasks stormglass)"
    found 'exposure of the agent' "$(systemd-analyze security --no-pager stormglass.service | tail -1 | grep -oE '[0-9]+\.[0-9]+ [A-Z]+')"
fi
