# What the agent costs: memory, processor and growth, with all host collectors every 10 s, published over TLS to the
# endpoint of the tests. STORMGLASS_BENCH_MINUTES (default 60) says for how long.
# shellcheck shell=bash disable=SC2154
export minutes=${STORMGLASS_BENCH_MINUTES:-60} processes=150 samples=$tables/agent.samples
export interval=10s publish='' report=cost
alone bash -euo pipefail scripts/lib/agent_cost.sh
