# The page of local mode over a month of 200 series: how soon it is there, what it weighs, and what it costs to have it open.
# shellcheck shell=bash
cargo build --quiet --locked --workspace --bins --example month >&2
folder=$(mktemp -d)
port=$((20000 + RANDOM % 10000))
page=http://127.0.0.1:$port
# Nobody's configuration and nobody's account: an empty file, a store of our own.
: >"$folder/stormglass.toml"
# The caller says where the program that ships is.
: "${ship:?}"
up() { AWS_EC2_METADATA_DISABLED=true exec "$ship/stormglass" up --config "$folder/stormglass.toml" --listen "127.0.0.1:$port" --store "$1"; }
ends() { kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; }
trap 'ends; rm -rf "$folder"' EXIT

row what is asked
row --- --- ---

begun=$(date +%s%N)
up "$folder/new.redb" >/dev/null 2>"$folder/said" &
pid=$!
until curl --silent --max-time 1 "$page/host" 2>/dev/null | grep -q data-lines; do sleep 0.02; done
row 'from the start to a page with live data' "$((($(date +%s%N) - begun) / 1000000)) ms" '3,000 ms'
ends

"$CARGO_TARGET_DIR/debug/examples/month" "$folder/month.redb" 200
row 'a month of 200 series, a point every five minutes, on the disk' "$(($(stat -c %s "$folder/month.redb") / 1024)) KiB" ''
up "$folder/month.redb" >/dev/null 2>"$folder/said" &
pid=$!
until curl --silent --max-time 1 "$page/health" >/dev/null 2>&1; do sleep 0.02; done
sleep 15
if read -r paint bytes < <("$CARGO_TARGET_DIR/debug/browser" paint "$page/host?range=30d"); then
    row 'first paint of /host over 30 days in Chromium, median of 9' "$paint ms" '200 ms'
    row 'what travelled for the first visit' "$((bytes / 1000)) kB" '150 kB'
fi
curl --silent --no-buffer "$page/live" >/dev/null &
news=$!
for range in 1h 24h 7d 30d; do curl --silent "$page/host?range=$range" >/dev/null; done
sleep 60
row 'resident memory with the page open, after a minute' "$(awk '/^VmRSS/ { printf "%.1f MB", $2 * 1024 / 1e6 }' "/proc/$pid/status")" '20 MB'
row 'of that private to it (RssAnon)' "$(awk '/^RssAnon/ { printf "%.1f MB", $2 * 1024 / 1e6 }' "/proc/$pid/status")" ''
kill "$news"
ends

# The recorded bad day: each step of it is looked for in what it said.
begun=$(date +%s%N)
"$ship/stormglass" demo --listen "127.0.0.1:$port" >"$folder/demo" 2>&1
took=$((($(date +%s%N) - begun) / 1000000000))
steps=
for step in 'checkout-slow' 'disk-full' 'error-kinds' 'burst-running-out' 'upper-department' 'kim has it' OVER '# Incident'; do
    grep -q "$step" "$folder/demo" || steps="$steps, no $step"
done
row 'the demo, from its start to its reports' "$took s; $(grep -c '| All fine |' "$folder/demo") of $(grep -c '^# Incident' "$folder/demo") incidents over$steps" '120 s, all'
trap - EXIT
rm -rf "$folder"
