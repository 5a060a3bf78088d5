# What it costs to read a page of a Spring Boot service of 5,000 lines, in the release build: the reading of the page alone,
# again and again with counters that grow, on one thread.
# shellcheck shell=bash disable=SC2154
. scripts/lib/table.sh
cargo build --quiet --profile "${STORMGLASS_BENCH_PROFILE:-ship}" --workspace --example page --locked
row page asked 'CPU milliseconds a page' 'series told'
row --- --- --- ---
for preset in spring none; do
    # shellcheck disable=SC2046
    set -- $("$ship/examples/page" "$preset")
    row "$1 lines, $2 KB, preset \`$preset\`" 'at most 3' "$3" "$4"
done
