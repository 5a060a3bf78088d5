# What every script shares: where the house is, how it speaks, and its one closing line.
# shellcheck shell=bash
set -euo pipefail

house=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$house"
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
# One target directory for everything: a second one would compile the AWS SDK again.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$house/target}
venv=${STORMGLASS_VENV:-$house/.venv}

name=$(basename "$0")
passed=()
skipped=()

say() { printf '\033[1m[%s]\033[0m %s\n' "$name" "$*"; }
die() {
    printf '[%s] %s\n' "$name" "$*" >&2
    exit 1
}

# help TEXT "$@": prints the text and ends when help was asked for.
help() {
    local text=$1
    shift
    for word in "$@"; do
        case $word in
        -h | --help)
            printf '%s\n' "$text"
            exit 0
            ;;
        esac
    done
}

# step NAME COMMAND...: runs it, says how long it took, and remembers that it passed.
step() {
    local what=$1 begun=$SECONDS
    shift
    say "$what ..."
    # Not `"$@" || die`: bash would then overlook every failure inside a function but the last.
    set +e
    (
        set -e
        "$@"
    )
    local failed=$?
    set -e
    [ "$failed" = 0 ] || die "$what: failed ($*)"
    passed+=("$what")
    say "$what: ok ($((SECONDS - begun)) s)"
}

# skip NAME REASON: in CI only what tests/skips.txt allows may be skipped.
skip() {
    local what=$1 why=$2
    if [ -n "${CI:-}" ] && ! grep -q "^$what:" "$house/tests/skips.txt"; then
        die "$what is skipped ($why), and tests/skips.txt does not allow that in CI"
    fi
    say "$what: skipped ($why)"
    skipped+=("$what ($why)")
}

join() {
    local IFS=,
    local line="$*"
    printf '%s' "${line//,/, }"
}

closing() {
    say "passed: $(join "${passed[@]:-nothing}"); skipped: $(join "${skipped[@]:-nothing}")"
}

# need COMMAND PACKAGE...: installs Debian packages for a command that is missing, where that may be done unasked.
need() {
    local command=$1
    shift
    command -v "$command" >/dev/null 2>&1 && return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        return 1
    fi
    say "installing $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

need_rust() {
    command -v cargo >/dev/null 2>&1 || die "cargo is not on the PATH: install Rust with rustup (https://rustup.rs), then run this again"
    command -v cc >/dev/null 2>&1 || need cc gcc libc6-dev || die "no C compiler: install one (Debian, Ubuntu: apt-get install gcc libc6-dev; Amazon Linux: dnf install gcc)"
}
