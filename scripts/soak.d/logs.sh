# Numbered lines at 5,000 a second through rotations, kills and outages, and what the ledger says of them: a row a trial.
# STORMGLASS_LOG_KILLS (default 40) says how many kills each of the eight kinds of trial has, STORMGLASS_OUTAGE_S
# (default 60) how long an outage lasts. A trial that is done is not repeated.
# shellcheck shell=bash
export STORMGLASS_LOG_KILLS=${STORMGLASS_LOG_KILLS:-40} STORMGLASS_OUTAGE_S=${STORMGLASS_OUTAGE_S:-60}
export STORMGLASS_LOG_ROWS=$CARGO_TARGET_DIR/soak/logs.rows
[ -z "${again:-}" ] || rm -rf "$STORMGLASS_LOG_ROWS"
mkdir -p "$STORMGLASS_LOG_ROWS"
house() { cargo test --workspace --locked --quiet --test house -- "$@"; }
for trial in $(house --list logs::modes:: | sed -n 's/: test$//p'); do
    short=${trial##*::}
    short=${short%%_*}
    [ ! -f "$STORMGLASS_LOG_ROWS/$short" ] || continue
    # A trial that falls short says so in its row: the table is printed as it came.
    house --exact "$trial" >&2 || printf '%s fell short\n' "$trial" >&2
    [ -f "$STORMGLASS_LOG_ROWS/$short" ] || row "$trial" '' '' '' '' '' '' '' 'came to no end' >"$STORMGLASS_LOG_ROWS/$short"
done
row trial lines rotations kills lost doubled 'in doubt, the bound of doubled' 'out of order' promise
row --- --- --- --- --- --- --- --- ---
cat "$STORMGLASS_LOG_ROWS"/*
