# Runs two agents on a host of $processes processes for $minutes minutes, one with the default metrics and one with every
# metric there is, and prints what each cost. A program of its own, so that scripts/bench.d can give it a PID namespace.
# It takes $ship (the programs), $samples (where each reading is kept), $processes, $minutes, $interval (between two looks
# at the host), $publish (more of [cloudwatch]) and $report (cost, or growth alone).
# shellcheck shell=bash disable=SC2154
. scripts/lib/table.sh
endpoint_program=$ship/endpoint
. scripts/lib/children.sh
serve "$folder" --counts
# As after a boot: the program comes into the page cache as it is run, and not as the linker wrote it, in pieces of which a
# kernel from 6.18 on maps the whole where one page is touched.
as_after_a_boot "$ship/stormglass"

# watch NAME TIER: starts an agent; its process id is then in agent_NAME.
watch() {
    mkdir "$folder/$1"
    cat >"$folder/$1.toml" <<TOML
[agent]
state_dir = "$folder/$1"
[host]
metrics = "$2"
interval = "$interval"
[cloudwatch]
region = "us-east-1"
endpoint = "$url"
logs_endpoint = "$url"
spread = "0s"
$publish
TOML
    SSL_CERT_FILE=$folder/ca.pem AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench AWS_EC2_METADATA_DISABLED=true \
        "$ship/stormglass" run --config "$folder/$1.toml" >"$folder/$1.log" 2>&1 &
    declare -g "agent_$1=$!"
    children+=($!)
}
watch standard standard
watch full full

count() { find /proc -maxdepth 1 -regex '/proc/[0-9]+' | wc -l; }
# Less the two that count.
for ((running = $(count) - 2; running < processes; running++)); do
    sleep infinity &
    children+=($!)
done

# sample NAME: seconds, resident, anonymous, of files (KB), clock ticks of all threads since the start.
sample() {
    local pid=agent_$1
    pid=${!pid}
    [ -e "/proc/$pid/stat" ] || {
        cat "$folder/$1.log" >&2
        exit 1
    }
    printf '%s\t%s' "$1" "$SECONDS"
    awk '/^(VmRSS|RssAnon|RssFile)/ { printf "\t%s", $2 }' "/proc/$pid/status"
    # The name in brackets has no blank: it is ours.
    awk '{ printf "\t%s\n", $14 + $15 }' "/proc/$pid/stat"
}
mkdir -p "$(dirname "$samples")"
: >"$samples"
for ((at = 0; at < minutes; at++)); do
    sleep 60
    sample standard >>"$samples"
    sample full >>"$samples"
done
saw=$(($(count) - 2))

hertz=$(getconf CLK_TCK)
# figure NAME AWK: a figure from the samples of an agent, an array a column, rows counted from 1 to n.
figure() {
    awk -F'\t' -v name="$1" -v hz="$hertz" -v minutes="$minutes" '
        function mb(kb) { return sprintf("%.1f MB", kb / 1024) }
        # Five minutes of processor time, from each minute that has five after it: the median, or the most.
        function five(which,    i, j, k, held, n5) {
            n5 = 0
            for (i = 1; i + 5 <= n; i++) {
                held = (ticks[i + 5] - ticks[i]) / hz / (seconds[i + 5] - seconds[i]) * 300
                for (j = ++n5; j > 1 && sorted[j - 1] > held; j--) sorted[j] = sorted[j - 1]
                sorted[j] = held
            }
            if (n5 == 0) return "-"
            return sprintf("%.3f s", which == "most" ? sorted[n5] : sorted[int((n5 + 1) / 2)])
        }
        $1 == name { n++; seconds[n] = $2; rss[n] = $3; anon[n] = $4; file[n] = $5; ticks[n] = $6
                     if ($3 > most) most = $3 }
        END { '"$2"' }' "$samples"
}
both() { row "$1" "$2" "$(figure standard "print $3")" "$(figure full "print $3")"; }
# told NAME KEY: a number of what the agent says of itself.
told() { sed -n "s/^ *\"$2\": \([0-9]*\).*/\1/p" "$folder/$1/status.json" | head -1; }
lost() { awk '/"lost": \{/ { inside = 1 } inside && /"count"/ { gsub(/[^0-9]/, ""); n += $0 } /^  }/ { inside = 0 } END { print n + 0 }' "$folder/$1/status.json"; }

row figure asked 'the defaults' 'every metric'
row --- --- --- ---
if [ "$report" = growth ]; then
    row 'requests sent over TLS' '' "$(told standard requests)" "$(told full requests)"
    both "resident after a quarter of the time; at its end" '' 'mb(rss[int((n + 3) / 4)]) "; " mb(rss[n])'
    both 'own (anonymous) memory grown meanwhile' 'nothing' 'sprintf("%d KB", anon[n] - anon[int((n + 3) / 4)])'
    exit 0
fi
both "resident after $minutes minutes, host collectors every 10 s, over TLS" 'at most 10 MB' 'mb(rss[n])'
both 'of that its own (anonymous) memory' '' 'mb(anon[n])'
both 'of that pages of the program and its libraries' '' 'mb(file[n])'
both 'resident after the first minute; the most seen' '' 'mb(rss[1]) "; " mb(most)'
both 'own memory grown in the second half of the time' 'nothing' 'sprintf("%d KB", anon[n] - anon[int((n + 1) / 2)])'
both "processor time in 5 minutes, $saw processes, median" 'at most 0.1 s' 'five("median")'
both 'the same, the worst 5 minutes' '' 'five("most")'
row 'threads' 'one where one will do' "$(awk '/^Threads/ { print $2 }' "/proc/$agent_standard/status")" "$(awk '/^Threads/ { print $2 }' "/proc/$agent_full/status")"
row 'series; points sent; points lost' '; ; 0' "$(told standard series); $(told standard points_sent); $(lost standard)" \
    "$(told full series); $(told full points_sent); $(lost full)"
