# What an access log costs with the program that ships: lines appended to a log that it follows, processor time from /proc.
# STORMGLASS_BENCH_ACCESS_LINES (default 2,000,000, half a gigabyte) says how many.
# shellcheck shell=bash disable=SC2154
. scripts/lib/table.sh
lines=${STORMGLASS_BENCH_ACCESS_LINES:-2000000}
endpoint_program=$ship/endpoint
. scripts/lib/children.sh
serve "$folder" --counts
: >"$folder/access.log"
cat >"$folder/stormglass.toml" <<TOML
[agent]
state_dir = "$folder/state"
[cloudwatch]
region = "us-east-1"
[suspects]
enabled = false
[host]
interval = "5m"
[[access]]
service = "shop"
paths = ["$folder/access.log"]
TOML
write() {
    python3 - "$folder/access.log" "$lines" <<'PYTHON'
import sys
path, count = sys.argv[1], int(sys.argv[2])
agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36"
paths = ["/api/v1/orders/%d", "/api/v1/users/%d/cart", "/products/%d?sort=price", "/assets/app.%d.js", "/health?%d", "/search?q=shoes&page=%d"]
with open(path, "a") as log:
    for n in range(count):
        status = 500 if n % 97 == 0 else 404 if n % 31 == 0 else 200
        took = (n * 7919 % 1000) / 1000
        log.write(f'10.0.{n % 256}.{n % 251} - - [21/Nov/2026:10:{n // 60 % 60:02}:{n % 60:02} +0000] "GET {paths[n % 6] % n} HTTP/1.1" {status} {n % 5000} "https://shop.example/" "{agent}" {took:.3f} {took:.3f}\n')
PYTHON
}
observe "$folder" "$folder/stormglass.toml"
sleep 5
from=$(ticks "$agent")
write
# It is done when its processor time rests, for longer than a busy machine may keep it waiting.
before=-1 rests=0
while [ "$rests" -lt 3 ] && sleep 2; do
    now=$(ticks "$agent")
    if [ "$((now - before))" -le 1 ]; then rests=$((rests + 1)); else rests=0; fi
    before=$now
done
row figure asked measured
row --- --- ---
row "$lines lines of nginx with times, six routes: lines a CPU second" 'at least 1 million' \
    "$(awk -v n="$lines" -v t="$((before - from))" -v hz="$hertz" 'BEGIN { printf "%.2f million", n / (t / hz) / 1e6 }')"
row 'most memory' '' "$(most_memory "$agent")"
