# Kills of the agent through an outage and while it sends, a poison in each position of a request, and a simulated day
# without the service. STORMGLASS_KILLS (default 200) says how many kills each trial has. A trial that is done is not
# repeated.
# shellcheck shell=bash
export STORMGLASS_KILLS=${STORMGLASS_KILLS:-200} STORMGLASS_ROWS=$CARGO_TARGET_DIR/soak/kills.rows
[ -z "${again:-}" ] || rm -rf "$STORMGLASS_ROWS"
mkdir -p "$STORMGLASS_ROWS"
house() { cargo test --workspace --locked --quiet --test house -- --exact "$1" >&2; }
trial() { [ -f "$STORMGLASS_ROWS/$1" ] || house "$2" || row "$1" '' '' '' '' 'fell short' >"$STORMGLASS_ROWS/$1"; }
trial outage kills::what_an_outage_left_in_the_spool_arrives_whole_and_once
trial sending kills::no_spooled_second_is_lost_and_none_comes_twice
trial poison publish::a_poison_costs_itself_alone_and_is_named
simulated=publish::simulation::a_day_without_the_service_and_kills_lose_nothing_and_double_only_what_was_in_flight
if cargo test --workspace --locked --quiet --lib -- --exact "$simulated" >&2; then
    row 'day (simulated clock and service, real spool)' '250 in 24 hours of outage' '14,700 points' 0 'none but in flight' 0 >"$STORMGLASS_ROWS/day"
else
    row 'day (simulated clock and service, real spool)' '' '' '' '' 'fell short' >"$STORMGLASS_ROWS/day"
fi
row trial 'kill -9' 'given to the spool' lost doubled 'given up'
row --- --- --- --- --- ---
cat "$STORMGLASS_ROWS"/*
