# What the presser can do beside wrk (and oha, and ab, where they are installed), with the program that ships and a server
# that does nothing, all on this machine: requests a second from 48 connections that wait for each answer; how late
# journeys start at 5,000 a second; and the p99 that is told of a server that stands still for one second in ten. At an
# even rate the true p99 of that server is 900 ms: of all who come, one in a hundred comes in the first tenth of a stall.
# shellcheck shell=bash disable=SC2154
. scripts/lib/table.sh
. scripts/lib/children.sh
program=$ship/stormglass

# nothing PORT [OPTION...]: the server that does nothing; then in null.
nothing() {
    local port=$1
    shift
    "$program" load null --listen "127.0.0.1:$port" "$@" >"$folder/null.$port" 2>&1 </dev/null &
    null=$!
    children+=("$null")
    for ((wait = 0; wait < 100; wait++)); do
        grep -q '^listening on' "$folder/null.$port" && return 0
        sleep 0.1
    done
    cat "$folder/null.$port" >&2
    return 1
}

# press NAME PORT MODEL [OPTION...]: leaves the report in $folder/NAME.json. What it says of the service is not asked here.
press() {
    local name=$1 port=$2 model=$3
    shift 3
    cat >"$folder/$name.toml" <<TOML
target = "http://127.0.0.1:$port"
$model
[[journey]]
name = "nothing"
[[journey.step]]
request = "GET /"
TOML
    "$program" load run --json "$@" "$folder/$name.toml" >"$folder/$name.json" 2>"$folder/$name.log" || true
}

# told NAME EXPRESSION: of a report, which is called r.
told() {
    python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$folder/$1.json" "$2"
}

# middle NUMBER...: the median of three.
middle() { printf '%s\n' "$@" | sort -g | sed -n "$((($# + 1) / 2))p"; }

rate_of_wrk() { wrk -t1 -c48 -d5s "http://127.0.0.1:$1/" | awk '/^Requests\/sec/ { print $2 }'; }
rate_of_oha() { oha --no-tui -c 48 -z 5s "http://127.0.0.1:$1/" | awk '/Requests\/sec/ { print $2 }'; }
rate_of_ours() {
    press rate "$1" 'users = { count = 48, for = "5s" }' --workers 1
    told rate 'r["total"]["per_s"]'
}

row what measured asked
row --- --- ---
nothing 18190
ours=() wrk=() oha=()
for _ in 1 2 3; do
    ours+=("$(rate_of_ours 18190)")
    command -v wrk >/dev/null && wrk+=("$(rate_of_wrk 18190)")
    command -v oha >/dev/null && oha+=("$(rate_of_oha 18190)")
done
mine=$(middle "${ours[@]}")
row 'requests a second, 48 connections, 1 worker' "$(printf '%.0f' "$mine")" ''
# beside NAME ASKED [RATE...]: its middle, and ours beside it.
beside() {
    local name=$1 asked=$2 other
    shift 2
    if [ $# -eq 0 ]; then
        row "$name in the same minutes" 'not installed here' "at least $asked"
        return
    fi
    other=$(middle "$@")
    row "$name in the same minutes" "$(awk -v o="$other" -v m="$mine" 'BEGIN { printf "%.0f: ours is %.2f of it", o, m / o }')" "at least $asked"
}
beside wrk 0.7 "${wrk[@]}"
beside oha 1.0 "${oha[@]}"
row 'most memory, MB' "$(told rate 'round(r["client"]["own"]["memory_peak"] / 1e6, 1)')" 'at most 60'
# What this machine can do at all: a thread that only sleeps until each of 5,000 moments a second.
slept() {
    python3 -c '
import time
begun, late = time.monotonic(), []
for at in range(25_000):
    due = begun + at / 5_000
    while (left := due - time.monotonic()) > 0:
        time.sleep(left)
    late.append(time.monotonic() - due)
print(f"{sorted(late)[24_750] * 1e3:.3f}")'
}
lags=() bare=() stolen=()
for _ in 1 2 3 4 5; do
    bare+=("$(slept)")
    press steady 18190 $'[[profile]]\nkind = "constant"\nrate = 5000\nfor = "10s"' --workers 1
    lags+=("$(told steady 'r["lag"]["p99_ms"]')")
    stolen+=("$(told steady 'round(100 * r["client"]["own"]["steal"], 1)')")
done
row 'started late at 5,000 a second, p99, ms: median of 5; the least and the most' "$(middle "${lags[@]}"); $(printf '%s\n' "${lags[@]}" | sort -g | sed -n '1p;$p' | paste -sd' ' | sed 's/ / to /')" 'below 1'
row 'a thread that only sleeps until each of those moments, p99, ms, median of 5' "$(middle "${bare[@]}")" ''
row 'of the machine, given to others meanwhile (steal), %' "${stolen[*]}" ''
kill "$null"

nothing 18191 --stall 1s --every 10s
press stalls 18191 $'[[profile]]\nkind = "constant"\nrate = 200\nfor = "40s"' --workers 1
row 'p99 of a stall of 1 s in 10, ms: the truth' 900 ''
row 'ours, open model' "$(told stalls 'r["total"]["latency"]["p99_ms"]')" '891 to 909'
if command -v wrk >/dev/null; then
    row 'wrk, closed model' "$(wrk -t1 -c10 -d40s --latency http://127.0.0.1:18191/ | awk '/ 99%/ { print $2 }')" ''
fi
if command -v ab >/dev/null; then
    row 'ab, closed model, ms' "$(ab -q -k -c 10 -t 40 -n 5000000 http://127.0.0.1:18191/ 2>/dev/null | awk '$1 == "99%" { print $2 }')" ''
fi
