# What StatsD costs with the program that ships, beside collectd and netdata where they are installed: a million samples in
# packets of ten lines (200 series with tags, timers among them), and what is lost at 80,000 packets a second for ten
# seconds with the default buffer of a socket. Processor time is that of the whole process, user and system, from /proc;
# loss is what the kernel dropped, from /proc/net/udp.
# shellcheck shell=bash disable=SC2154
. scripts/lib/table.sh
endpoint_program=$ship/endpoint
. scripts/lib/children.sh
cargo build --quiet --profile "${STORMGLASS_BENCH_PROFILE:-ship}" --workspace --example blast --locked
blast=$ship/examples/blast
# drops PORT: of the socket that listens there.
drops() { awk -v port="$(printf ':%04X' "$1")" 'index($2, port) { print $NF; exit }' /proc/net/udp; }
listens() {
    for ((wait = 0; wait < 200; wait++)); do
        [ -n "$(drops "$1")" ] && return 0
        sleep 0.1
    done
    return 1
}

# press PID PORT: leaves $cost (CPU seconds for a million samples), $lost (percent), $pace (packets a second), $peak (MB).
press() {
    local pid=$1 port=$2 from before
    "$blast" "127.0.0.1:$port" 5000 5000 >/dev/null
    sleep 12
    from=$(ticks "$pid")
    "$blast" "127.0.0.1:$port" 100000 20000 >/dev/null
    sleep 12
    cost=$(awk -v t="$(($(ticks "$pid") - from))" -v hz="$hertz" 'BEGIN { printf "%.2f", t / hz }')
    before=$(drops "$port")
    pace=$("$blast" "127.0.0.1:$port" 800000 80000)
    sleep 1
    lost=$(awk -v n="$(($(drops "$port") - before))" 'BEGIN { printf "%.3f %%", n / 8000 }')
    peak=$(most_memory "$pid")
}

# peer NAME PORT COMMAND...: the same of another's server, started here, if it listens in time.
peer() {
    local name=$1 port=$2 pid
    shift 2
    "$@" >"$folder/$1.log" 2>&1 &
    pid=$!
    children+=("$pid")
    if listens "$port"; then
        press "$pid" "$port"
        row "$name" "$cost" "$lost" "$pace" "$peak"
    else
        row "$name" 'it did not start' '' '' ''
    fi
    kill "$pid" 2>/dev/null || true
}

serve "$folder" --counts
cat >"$folder/stormglass.toml" <<TOML
[agent]
state_dir = "$folder/state"
[cloudwatch]
region = "us-east-1"
[suspects]
enabled = false
[statsd]
listen = "127.0.0.1:18125"
TOML
observe "$folder" "$folder/stormglass.toml"
row program 'CPU seconds for a million samples' 'lost at 80,000 packets a second' 'packets a second sent' 'most memory'
row --- --- --- --- ---
row asked 'at most 0.3' 'below 0.1 %' '' 'at most 15 MB'
listens 18125
press "$agent" 18125
row 'Stormglass, with all host collectors' "$cost" "$lost" "$pace" "$peak"

if command -v collectd >/dev/null; then
    cat >"$folder/collectd.conf" <<CONF
BaseDir "$folder"
PIDFile "$folder/collectd.pid"
Interval 10
LoadPlugin statsd
<Plugin statsd>
  Host "127.0.0.1"
  Port "18126"
  TimerPercentile 99
</Plugin>
CONF
    peer 'collectd, which knows no tags' 18126 collectd -f -C "$folder/collectd.conf"
fi
if command -v netdata >/dev/null; then
    mkdir -p "$folder"/netdata/{conf,cache,lib,log}
    cat >"$folder/netdata/conf/netdata.conf" <<CONF
[global]
    run as user = $(id -un)
[directories]
    config = $folder/netdata/conf
    cache = $folder/netdata/cache
    lib = $folder/netdata/lib
    log = $folder/netdata/log
[db]
    mode = ram
[web]
    mode = none
[ml]
    enabled = no
[health]
    enabled = no
[plugins]
    proc = no
    diskspace = no
    cgroups = no
    tc = no
    idlejitter = no
    timex = no
    apps = no
    go.d = no
    python.d = no
    charts.d = no
    statsd = yes
[statsd]
    bind to = udp:127.0.0.1:18127
CONF
    peer 'netdata' 18127 netdata -D -c "$folder/netdata/conf/netdata.conf" -P "$folder/netdata/pid"
fi
