# A store that is killed while it writes, at random moments: nothing that was confirmed may be lost.
# STORMGLASS_KILLS (default 200) says how often.
# shellcheck shell=bash
export STORMGLASS_KILLS=${STORMGLASS_KILLS:-200}
test=local::store::writer::tests::a_kill_at_any_moment_loses_nothing_that_was_confirmed
row kills promise
row --- ---
# All libraries, or cargo would build the SDK anew with fewer features.
if cargo test --locked --workspace --lib -- --exact "$test" 2>&1 | tee /dev/stderr | grep -q '^test result: ok. 1 passed'; then
    row "$STORMGLASS_KILLS" 'kept: every confirmed point was there'
else
    row "$STORMGLASS_KILLS" 'fell short'
fi
