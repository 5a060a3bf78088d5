# What the agent costs: memory, processor and growth, with all host collectors every 10 s, published over TLS to the
# endpoint of the tests. STORMGLASS_BENCH_MINUTES (default 60) says for how long.
# shellcheck shell=bash
export minutes=${STORMGLASS_BENCH_MINUTES:-60} processes=150 samples=$tables/agent.samples
# A host of exactly so many processes, whatever else this machine is doing: in a PID namespace the agent sees no others,
# and nothing that is started there outlives it.
if unshare --pid --fork --mount-proc true 2>/dev/null; then
    unshare --pid --fork --mount-proc --kill-child bash -euo pipefail scripts/lib/agent_cost.sh
else
    bash -euo pipefail scripts/lib/agent_cost.sh
fi
