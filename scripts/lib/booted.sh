# A Debian that is booted: a real systemd, run in a container, with one probe that is a unit of it. Needs root and
# systemd-nspawn. STORMGLASS_ROOT names a root file system; else mmdebstrap makes one, once.
# shellcheck shell=bash disable=SC2154

# can_boot: else $why says what is missing.
can_boot() {
    why="needs root and systemd-nspawn (Debian: systemd-container)"
    [ "$(id -u)" = 0 ] && command -v systemd-nspawn >/dev/null || return 1
    debian=${STORMGLASS_ROOT:-$tables/root}
    [ -x "$debian/usr/lib/systemd/systemd" ] && return 0
    why="no root file system in $debian, and mmdebstrap cannot make one"
    mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,procps,login,passwd,libpam-systemd,dbus,ca-certificates bookworm "$debian" >&2
}

# a_debian ROOT: a copy of it.
a_debian() { cp -a --reflink=auto "$debian" "$1"; }

# booted ROOT PROBE SECONDS LOG [OPTION...]: boots it with that program as a unit, which writes what it found to /probe/found and
# switches off; fails when it found nothing.
booted() {
    local root=$1 probe=$2 seconds=$3 log=$4
    shift 4
    install -D -m 0755 "$probe" "$root/probe/probe.sh"
    cat >"$root/etc/systemd/system/probe.service" <<UNIT
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/probe/probe.sh
TimeoutStartSec=$seconds
UNIT
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
    ln -sf ../probe.service "$root/etc/systemd/system/multi-user.target.wants/probe.service"
    timeout "$((seconds + 120))" systemd-nspawn -q -D "$root" --register=no --keep-unit --resolv-conf=off --console=pipe "$@" --boot \
        </dev/null >"$log" 2>&1 || tail -20 "$log" >&2
    cat "$root/probe/errors" >&2 2>/dev/null || true
    [ -s "$root/probe/found" ]
}
