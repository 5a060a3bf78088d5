# Minutes of fuzzing for each target; STORMGLASS_FUZZ_SECONDS (default 300) says how many seconds.
# shellcheck shell=bash
seconds=${STORMGLASS_FUZZ_SECONDS:-300}
closing=$(scripts/fuzz --seconds "$seconds" | tee /dev/stderr | tail -1)
row door asked found
row --- --- ---
row "every fuzz target, $seconds s each" 'nothing breaks' "${closing#*] }"
