# Kills of the agent through an outage and after it; STORMGLASS_KILLS (default 200) says how many.
# shellcheck shell=bash
export STORMGLASS_KILLS=${STORMGLASS_KILLS:-200}
cargo test --workspace --locked --test house -- --exact kills::no_closed_second_is_lost_and_none_comes_twice >&2
row trial asked found
row --- --- ---
row "$STORMGLASS_KILLS times kill -9, half of them in an outage" 'no closed second lost, none doubled but in flight' 'held'
