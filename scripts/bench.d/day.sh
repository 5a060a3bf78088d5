# A day's publishing in 24 minutes: every series at one point a second, so that the 1,440 flushes, requests and syncs of a
# day pass through the program that ships, over TLS. STORMGLASS_DAY_MINUTES (default 24) says for how long.
# shellcheck shell=bash disable=SC2154
export minutes=${STORMGLASS_DAY_MINUTES:-24} processes=150 samples=$tables/day.samples interval=1s report=growth
export publish='high_resolution = ["*"]
high_resolution_period = "1s"'
alone bash -euo pipefail scripts/lib/agent_cost.sh
