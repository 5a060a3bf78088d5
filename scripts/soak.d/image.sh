# The image: a Debian root as it comes, and the same with infra/image applied, each booted; the limits in force are read of
# a running service and of a login session. STORMGLASS_ROOT names a root file system with systemd, procps and login; else
# mmdebstrap makes one.
# shellcheck shell=bash disable=SC2154
if [ "$(id -u)" != 0 ] || ! command -v systemd-nspawn >/dev/null; then
    row what before after
    row --- --- ---
    row 'a booted container' 'not tried here: needs root and systemd-nspawn (Debian: systemd-container)' ''
    exit 0
fi
source=${STORMGLASS_ROOT:-$tables/root}
if [ ! -x "$source/usr/lib/systemd/systemd" ]; then
    mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,procps,login,passwd,libpam-systemd,dbus bookworm "$source" >&2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# boots NAME: runs the probe in $folder/NAME and keeps what it found.
boots() {
    local root=$folder/$1
    install -D -m 0755 scripts/lib/image_probe.sh "$root/probe/probe.sh"
    cat >"$root/etc/systemd/system/probe.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/probe/probe.sh
TimeoutStartSec=120
UNIT
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
    ln -sf ../probe.service "$root/etc/systemd/system/multi-user.target.wants/probe.service"
    # A network of its own: the kernel's settings of it are the container's, not this machine's.
    timeout 300 systemd-nspawn -q -D "$root" --register=no --keep-unit --private-network --resolv-conf=off --console=pipe \
        --boot </dev/null >"$folder/$1.log" 2>&1 || tail -5 "$folder/$1.log" >&2
    cat "$root/probe/errors" >&2 2>/dev/null || true
    [ -s "$root/probe/found" ] || { tail -20 "$folder/$1.log" >&2 && return 1; }
    cp "$root/probe/found" "$folder/$1.found"
}

cp -a --reflink=auto "$source" "$folder/before"
boots before
cp -a --reflink=auto "$source" "$folder/after"
agent=$folder/agent
mkdir -p "$agent/bin"
cp "$CARGO_TARGET_DIR/debug/stormglass" "$agent/bin/"
cp -r examples infra/systemd "$agent/"
install -D -m 0755 infra/image/tune "$folder/after/probe/tune"
install -m 0644 infra/image/settings "$folder/after/probe/settings"
# Nobody in a container can have more than the machine gives it.
most=$(ulimit -Hn)
meant=$(. infra/image/settings && echo "$NOFILE_SOFT:$NOFILE_HARD")
if [ "$most" != unlimited ] && [ "$most" -lt "${meant#*:}" ]; then
    sed -i "s/^NOFILE_SOFT=.*/NOFILE_SOFT=$((most / 2))/; s/^NOFILE_HARD=.*/NOFILE_HARD=$most/" "$folder/after/probe/settings"
    meant="$meant; $((most / 2)):$most in this trial, the machine gives no more"
fi
"$folder/after/probe/tune" apply --root "$folder/after" --agent "$agent" >&2
boots after

row what before after
row --- --- ---
while IFS=$'\t' read -r what after; do
    row "$what" "$(awk -F'\t' -v what="$what" '$1 == what { print $2 }' "$folder/before.found")" "$after"
done <"$folder/after.found"
row 'open files that the settings mean' '' "$meant"
infra/image/tune revert --root "$folder/after" >&2
row 'files left after revert' '' "$(find "$folder/after/etc" -name '*90-stormglass*' | wc -l)"
