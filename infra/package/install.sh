#!/bin/sh
# Installs Stormglass from what lies beside this script, and says what it does. It fetches nothing: read it, then run it.
set -eu

usage="usage: install.sh [--dry-run] [--root FOLDER] [--sum SHA256] [FILE]

Installs FILE: stormglass_VERSION_amd64.deb, stormglass-VERSION-1.x86_64.rpm or stormglass-VERSION-x86_64-linux-gnu.tar.gz.
Without FILE the one beside this script that this host can take: a package where dpkg or rpm is, else the archive.

  --dry-run      say what would be done, and do nothing
  --root FOLDER  install the archive into a root file system that is not running
  --sum SHA256   the sum that FILE must have; else the one that SHA256SUMS beside it names

The program is installed and not started; a configuration that is there is left as it is."

dry=
root=
sum=
file=
say() { printf 'install: %s\n' "$*"; }
die() {
    printf 'install: %s\n' "$*" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) printf '%s\n' "$usage" && exit 0 ;;
    --dry-run) dry=yes ;;
    --root | --sum)
        [ $# -ge 2 ] || die "$1 needs a value"
        if [ "$1" = --root ]; then root=${2%/}; else sum=$2; fi
        shift
        ;;
    -*) die "there is no $1 (--help says what there is)" ;;
    *) [ -z "$file" ] || die "one file at a time" && file=$1 ;;
    esac
    shift
done

[ "$(uname -s)" = Linux ] || die "this is for Linux, and here is $(uname -s)"
has() { command -v "$1" >/dev/null 2>&1; }
has sha256sum || die "sha256sum is missing: nothing is installed that was not verified"
here=$(cd "$(dirname "$0")" && pwd)

# first PATTERN: the newest of that name beside this script.
first() { find "$here" -maxdepth 1 -name "$1" | sort | tail -1; }
if [ -z "$file" ]; then
    case $(uname -m) in
    x86_64) deb=amd64 machine=x86_64 ;;
    aarch64) deb=arm64 machine=aarch64 ;;
    *) die "nothing was built for $(uname -m)" ;;
    esac
    if [ -z "$root" ] && has dpkg; then file=$(first "stormglass_*_$deb.deb"); fi
    if [ -z "$file" ] && [ -z "$root" ] && has rpm && ! has dpkg; then file=$(first "stormglass-*.$machine.rpm"); fi
    [ -n "$file" ] || file=$(first "stormglass-*-$machine-linux-gnu.tar.gz")
    [ -n "$file" ] || die "no package and no archive beside this script"
fi
[ -f "$file" ] || die "$file is not there"

name=$(basename "$file")
if [ -z "$sum" ]; then
    sums=$(dirname "$file")/SHA256SUMS
    [ -f "$sums" ] || die "SHA256SUMS is not beside $name: give --sum"
    sum=$(awk -v name="$name" '{ sub(/^[*]?(\.\/)?/, "", $2) } $2 == name { print $1 }' "$sums")
    [ -n "$sum" ] || die "SHA256SUMS names no $name"
fi
found=$(sha256sum "$file" | cut -d' ' -f1)
[ "$found" = "$sum" ] || die "$name is not what it should be: its sum is $found, and $sum was promised. Nothing was done."
say "verified: $name has the sum $sum"

# run COMMAND...: says it, and does it unless this is a dry run.
run() {
    say "$*"
    [ -n "$dry" ] || "$@"
}
may() { [ -n "$dry" ] || [ -n "$root" ] || [ "$(id -u)" = 0 ] || die "run it as root (sudo), or with --dry-run to look first"; }

may
case $name in
*.deb) run dpkg --install "$file" ;;
*.rpm) run rpm --upgrade --replacepkgs "$file" ;;
*.tar.gz)
    unpacked=$(mktemp -d)
    trap 'rm -rf "$unpacked"' EXIT
    tar -xzf "$file" -C "$unpacked" --strip-components=1
    [ -x "$unpacked/bin/stormglass" ] || die "$name holds no bin/stormglass"
    run install -D -m 0755 "$unpacked/bin/stormglass" "$root/usr/bin/stormglass"
    run install -D -m 0644 "$unpacked/systemd/stormglass.service" "$root/etc/systemd/system/stormglass.service"
    run install -d "$root/usr/share/man/man1"
    run install -m 0644 "$unpacked"/man/*.1 "$root/usr/share/man/man1/"
    if [ -z "$root" ] && [ -d /run/systemd/system ]; then
        run systemctl daemon-reload
        run systemctl try-restart stormglass.service
    fi
    ;;
*) die "$name is neither .deb nor .rpm nor .tar.gz" ;;
esac
if [ -n "$dry" ]; then
    say "nothing was done: this was a dry run"
else
    say "installed, not started. Next: stormglass init, stormglass check, stormglass cost, systemctl enable --now stormglass"
fi
