# What the store of local mode takes for real readings of this host, and how long a week of one series takes to read.
# shellcheck shell=bash
cargo build --quiet --locked --profile ship --workspace --example store
"$CARGO_TARGET_DIR/ship/examples/store" "${STORMGLASS_LOOKS:-1200}"
