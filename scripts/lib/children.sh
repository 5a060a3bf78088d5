# What a measurement starts and leaves behind: a folder of its own and child processes, gone when it ends.
# shellcheck shell=bash disable=SC2034,SC2154
folder=$(mktemp -d)
children=()
end() {
    kill "${children[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf --one-file-system "$folder"
}
trap end EXIT

# serve FOLDER [OPTION...]: starts $endpoint_program over TLS, its authority in FOLDER/ca.pem; then in url and endpoint.
serve() {
    local at=$1
    shift
    mkdir -p "$at"
    "$endpoint_program" --tls --ca "$at/ca.pem" "$@" >"$at/endpoint.log" 2>&1 </dev/null &
    endpoint=$!
    children+=("$endpoint")
    url=
    for ((wait = 0; wait < 100; wait++)); do
        url=$(sed -n 's/^listening on //p' "$at/endpoint.log" 2>/dev/null || true)
        [ -n "$url" ] && return 0
        sleep 0.1
    done
    cat "$at/endpoint.log" >&2
    return 1
}

# observe FOLDER CONFIG: starts the agent that ships against that endpoint, its words in FOLDER/log; then in agent.
observe() {
    SSL_CERT_FILE=$1/ca.pem AWS_ENDPOINT_URL=$url AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench \
        AWS_EC2_METADATA_DISABLED=true "$ship/stormglass" run --config "$2" >"$1/log" 2>&1 &
    agent=$!
    children+=("$agent")
}

# ticks PID: what it has used of the processors, user and system; $hertz of them are a second.
hertz=$(getconf CLK_TCK)
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# most_memory PID: the most that was resident.
most_memory() { awk '/^VmHWM/ { printf "%.1f MB", $2 / 1024 }' "/proc/$1/status"; }

# as_after_a_boot FILE: takes it out of the page cache.
as_after_a_boot() {
    sync "$1"
    dd if="$1" iflag=nocache count=0 of=/dev/null status=none
}
