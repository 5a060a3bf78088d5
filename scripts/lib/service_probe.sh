#!/bin/bash
# Runs inside a booted container (scripts/soak.d/service.sh), as a unit of its systemd: tries stormglass.service as an
# operator would, writes what came of it to /probe/found, a line each, and switches the container off.
set -u
exec 2>/probe/errors
found() { printf '%s\t%s\n' "$1" "$2" >>/probe/found; }
shown() { systemctl show stormglass --value -p "$1"; }
journal() { journalctl -u stormglass --no-pager -o cat; }
# within SECONDS COMMAND...: waits until it succeeds.
within() {
    local left=$(($1 * 10))
    shift
    while ! "$@" >/dev/null 2>&1; do
        ((left-- > 0)) || return 1
        sleep 0.1
    done
}
says() { journal | grep -qF -- "$1"; }
milliseconds() { date +%s%3N; }
trap 'journal >/probe/journal; systemctl --force poweroff' EXIT

systemctl daemon-reload
systemctl start stormglass
found started "$(shown ActiveState) ($(shown SubState)), Type=$(shown Type), user $(ps -o user= -p "$(shown MainPID)")"
found 'no right at all' "$(grep -E '^Cap(Eff|Prm|Bnd)' "/proc/$(shown MainPID)/status" | tr -s '\t\n' ' ')"
within 90 grep -qs '"last_sent": [0-9]' /var/lib/stormglass/status.json
found 'what it says of itself' "$(stormglass status --config /etc/stormglass/stormglass.toml | head -1)"
status=$(shown StatusText)
found 'the status text' "${status:-none}"

sed -i 's/"first"/"second"/' /etc/stormglass/stormglass.toml
systemctl reload stormglass
within 10 says 'was read anew' && found 'reload with a sound configuration' "taken; $(shown ActiveState)"
cp /etc/stormglass/stormglass.toml /probe/sound.toml
echo '[hots]' >>/etc/stormglass/stormglass.toml
pid=$(shown MainPID)
systemctl reload stormglass
within 10 says 'the old configuration stays'
[ "$pid" = "$(shown MainPID)" ] && found 'reload with a fault' "refused: $(journal | grep -m1 -o 'stormglass.toml:[0-9]*:[0-9]*: .*'); $(shown ActiveState), the same process"
cp /probe/sound.toml /etc/stormglass/stormglass.toml

kill -STOP "$pid"
begun=$(milliseconds)
restarted() { [ "$(shown NRestarts)" -ge 1 ] && [ "$(shown SubState)" = running ]; }
within 90 restarted && found 'it hangs (SIGSTOP)' "killed by the watchdog and running again after $((($(milliseconds) - begun) / 1000)) s (WatchdogSec=20 here)"
within 10 says 'did not end well' && found 'the next start' "$(journal | grep -m1 -o 'the last run did not end well.*')"

within 30 grep -qs '"last_sent": [0-9]' /var/lib/stormglass/status.json
begun=$(milliseconds)
systemctl stop stormglass
found 'SIGTERM' "ended in $(($(milliseconds) - begun)) ms, result $(shown Result), $(grep -o '"ended": [a-z]*' /var/lib/private/stormglass/status.json), waiting $(grep -o '"points": [0-9]*' /var/lib/private/stormglass/status.json | head -1 | tr -dc 0-9)"
found 'exposure' "$(systemd-analyze security --no-pager stormglass.service | tail -1 | sed 's/.*exposure level for stormglass.service: //')"
