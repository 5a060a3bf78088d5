# What the logs' way costs with the program that ships, over TLS to the endpoint of the tests: a large file at once, and
# 5,000 lines a second for a while. Processor time is the agent's own, user and system, from /proc.
# STORMGLASS_BENCH_LOG_MIB (default 1024) says how large the file is, STORMGLASS_BENCH_LOG_MINUTES (default 5) how long
# the lines come. Each large run is made three times, for a shared machine is a third slower from one to the next.
# shellcheck shell=bash disable=SC2154
mib=${STORMGLASS_BENCH_LOG_MIB:-1024} minutes=${STORMGLASS_BENCH_LOG_MINUTES:-5}
endpoint_program=$ship/endpoint
. scripts/lib/children.sh
cargo build --quiet --profile ship --workspace --example sift --locked

# follow NAME FORMAT LEVEL: an endpoint and an agent of that name; the log is $folder/NAME/app.log.
follow() {
    serve "$folder/$1" --counts
    cat >"$folder/$1/stormglass.toml" <<TOML
[agent]
state_dir = "$folder/$1/state"
[cloudwatch]
region = "us-east-1"
[logs]
format = "$2"
[[logs.file]]
service = "shop"
paths = ["$folder/$1/app.log"]
start = "beginning"
level = "$3"
fold = false
TOML
    observe "$folder/$1" "$folder/$1/stormglass.toml"
}
memory() { awk -v what="$1" '$1 == what ":" { printf "%.1f", $2 / 1024 }' "/proc/$agent/status"; }
# How far the checkpoint says that the log is done with.
done_with() { grep -o '"offset":[0-9]*' "$folder/$1/state/logs/logs.json" 2>/dev/null | head -1 | cut -d: -f2; }
total() { curl --silent --cacert "$folder/$1/ca.pem" "$url/_stand/totals" | grep -o "\"$2\":[0-9]*" | cut -d: -f2; }
finish() {
    kill "$agent" "$endpoint" 2>/dev/null || true
    wait "$agent" "$endpoint" 2>/dev/null || true
}

# whole NAME FORMAT LEVEL: reads the large file to its end; MB a CPU second are then in $rate.
whole() {
    mkdir -p "$folder/$1"
    ln "$folder/sample.log" "$folder/$1/app.log"
    local size
    size=$(stat -c %s "$folder/sample.log")
    follow "$@"
    for ((wait = 0; wait < 6000; wait++)); do
        [ "$(done_with "$1")" = "$size" ] && break
        sleep 0.1
    done
    rate=$(awk -v t="$(ticks "$agent")" -v hz="$hertz" -v bytes="$size" 'BEGIN { printf "%.0f", bytes / 1e6 / (t / hz) }')
    events=$(total "$1" events) bytes=$(total "$1" event_bytes) peak=$(memory VmHWM)
    [ "$(done_with "$1")" = "$size" ] || rate="$rate (not read to its end)"
    finish
}

# thrice NAME FORMAT LEVEL: three such runs; $rate is then the median, with the least and the most.
thrice() {
    local rates=()
    for run in 1 2 3; do
        whole "$1-$run" "$2" "$3"
        rates+=("$rate")
    done
    mapfile -t rates < <(printf '%s\n' "${rates[@]}" | sort -n)
    rate="${rates[1]} (${rates[0]} to ${rates[2]})"
}

sift=$("$ship/examples/sift" "$mib" "$folder/sample.log")
expected=$(sed -n 's/.*all kept:.* \([0-9]*\) events.*/\1/p' <<<"$sift")
size=$(stat -c %s "$folder/sample.log")

row figure asked measured
row --- --- ---
thrice stays text fatal
row "$mib MiB of nginx and Java, a tenth of the lines in traces: read, grouped, nothing selected" '200 MB a CPU second' "$rate"
thrice text text all
row 'the same read, grouped, redacted, batched, acknowledged over TLS, everything selected, no folding' '80 MB a CPU second' "$rate"
# A line break ends each event and is not sent; there is nothing in the file to redact.
row 'the ledger of that: events; bytes with a line break each' "$expected; $size" "$events; $((bytes + events))"
row 'most memory meanwhile' '' "$peak MB"
thrice json json all
row 'the same as JSON with level, service, source, kind and ids (the default form)' '' "$rate"
row 'events in its ledger' "$expected" "$events"

follow steady text all
python3 - "$folder/steady/app.log" "$((minutes * 60 + 20))" <<'PYTHON' &
import sys, time
path, seconds = sys.argv[1], int(sys.argv[2])
begun, number = time.time(), 0
with open(path, "ab", buffering=0) as log:
    while time.time() - begun < seconds:
        while number < (time.time() - begun) * 5000:
            now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
            log.write(f"{now},000 INFO  [worker-{number % 8}] c.a.shop.Orders - loaded order {number} of customer {number % 10007} in {number % 40} ms\n".encode())
            number += 1
        time.sleep(0.01)
PYTHON
children+=($!)
sleep 20
from=$(ticks "$agent") begun=$SECONDS before=$(total steady events)
sleep $((minutes * 60))
spent=$(($(ticks "$agent") - from)) took=$((SECONDS - begun)) lines=$(($(total steady events) - before))
row "$((lines / took)) lines a second for $minutes minutes, over TLS, checkpoint synced: processor" 'at most 3 % of a core' \
    "$(awk -v t="$spent" -v hz="$hertz" -v s="$took" 'BEGIN { printf "%.1f %%", t / hz / s * 100 }')"
row 'the same: resident; the most seen; of it own (anonymous)' 'at most 15 MB' "$(memory VmRSS); $(memory VmHWM); $(memory RssAnon) MB"
finish
