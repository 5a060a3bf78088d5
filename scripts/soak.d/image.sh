# The image: a Debian root as it comes, and the same with infra/image applied, each booted; the limits in force are read of
# a running service and of a login session.
# shellcheck shell=bash disable=SC2154
. scripts/lib/booted.sh
row what before after
row --- --- ---
can_boot || {
    row 'a booted container' "not tried here: $why" ''
    exit 0
}
folder=$(mktemp -d)
trap 'rm -rf --one-file-system "$folder"' EXIT

# A network of its own: the kernel's settings of it are the container's, not this machine's.
tried() { booted "$folder/$1" scripts/lib/image_probe.sh 120 "$folder/$1.log" --private-network; }

a_debian "$folder/before"
tried before
a_debian "$folder/after"
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
"$folder/after/probe/tune" apply --root "$folder/after" --agent "$agent" --settings "$folder/after/probe/settings" >&2
tried after

while IFS=$'\t' read -r what after; do
    row "$what" "$(awk -F'\t' -v what="$what" '$1 == what { print $2 }' "$folder/before/probe/found")" "$after"
done <"$folder/after/probe/found"
row 'open files that the settings mean' '' "$meant"
infra/image/tune revert --root "$folder/after" >&2
row 'files left after revert' '' "$(find "$folder/after/etc" -name '*90-stormglass*' | wc -l)"
