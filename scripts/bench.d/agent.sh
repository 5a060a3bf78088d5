# What the agent costs: memory, processor and growth, with all host collectors every 10 s, published over TLS to the
# endpoint of the tests. STORMGLASS_BENCH_MINUTES (default 60) says for how long.
# shellcheck shell=bash
minutes=${STORMGLASS_BENCH_MINUTES:-60}
folder=$(mktemp -d)
children=()
end() {
    kill "${children[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap end EXIT

# A host of 150 processes, as the asked figure says.
running=$(find /proc -maxdepth 1 -regex '/proc/[0-9]+' | wc -l)
for ((count = running; count < 150; count++)); do
    sleep infinity &
    children+=($!)
done

"$CARGO_TARGET_DIR/ship/endpoint" --tls --ca "$folder/ca.pem" --counts >"$folder/endpoint.log" 2>&1 &
children+=($!)
for ((wait = 0; wait < 100; wait++)); do
    url=$(sed -n 's/^listening on //p' "$folder/endpoint.log")
    [ -n "$url" ] && break
    sleep 0.1
done
cat >"$folder/stormglass.toml" <<TOML
[agent]
state_dir = "$folder/state"

[cloudwatch]
region = "us-east-1"
endpoint = "$url"
TOML

SSL_CERT_FILE=$folder/ca.pem AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench AWS_EC2_METADATA_DISABLED=true \
    "$ship/stormglass" run --config "$folder/stormglass.toml" >"$folder/agent.log" 2>&1 &
agent=$!
children+=("$agent")

ticks() { awk '{ print $14 + $15 }' "/proc/$agent/stat"; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$agent/status"; }
sleep 60
first_ticks=$(ticks)
first_kb=$(resident)
peak_kb=$first_kb
for ((at = 1; at < minutes; at++)); do
    sleep 60
    now_kb=$(resident)
    ((now_kb > peak_kb)) && peak_kb=$now_kb
done
last_ticks=$(ticks)
last_kb=$(resident)
hertz=$(getconf CLK_TCK)
cpu=$(awk -v t=$((last_ticks - first_ticks)) -v hz="$hertz" -v m=$((minutes - 1)) 'BEGIN { printf "%.3f s", t / hz * 5 / m }')
mb() { awk -v kb="$1" 'BEGIN { printf "%.1f MB", kb / 1024 }'; }
row figure asked measured
row --- --- ---
row "resident after $minutes minutes, host collectors every 10 s, over TLS" 'at most 10 MB' "$(mb "$last_kb")"
row 'resident after the first minute' '' "$(mb "$first_kb")"
row 'the most seen' '' "$(mb "$peak_kb")"
row 'processor in 5 minutes, 150 processes' 'at most 0.1 s' "$cpu"
row 'threads' 'one where one will do' "$(awk '/^Threads/ { print $2 }' "/proc/$agent/status")"
