# How large what is shipped is.
# shellcheck shell=bash
megabytes() { awk -v bytes="$(stat -c %s "$1")" 'BEGIN { printf "%.2f MB", bytes / 1e6 }'; }
row figure asked measured
row --- --- ---
row '`stormglass`, stripped' 'at most 16 MB' "$(megabytes "$ship/stormglass")"
row '`bootstrap`, stripped' '' "$(megabytes "$ship/bootstrap")"
row 'packages in the lock file' '' "$(grep -c '^name = ' Cargo.lock)"
