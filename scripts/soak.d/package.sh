# The Debian package: installed, upgraded, removed and purged in a booted Debian, and what is left after each.
# shellcheck shell=bash disable=SC2154
. scripts/lib/booted.sh
row what found
row --- ---
can_boot || {
    row 'a booted container' "not tried here: $why"
    exit 0
}
folder=$(mktemp -d)
trap 'rm -rf --one-file-system "$folder"' EXIT

# The programs of the build, without what only a debugger reads.
mkdir "$folder/programs"
for program in stormglass bootstrap; do strip -o "$folder/programs/$program" "$CARGO_TARGET_DIR/debug/$program"; done
for version in 0.1.0 0.1.1; do scripts/package --fast --programs "$folder/programs" --version "$version" "$folder/$version" >&2; done

root=$folder/root
a_debian "$root"
mkdir -p "$root/probe"
cp "$folder"/0.1.*/stormglass_*.deb "$root/probe/"
booted "$root" scripts/lib/package_probe.sh 300 "$folder/boot.log" --private-network
while IFS=$'\t' read -r what result; do row "$what" "$result"; done <"$root/probe/found"

# The other package holds the same files, by rpm's own word.
rpm=$(find "$folder/0.1.0" -name '*.rpm')
if [ -n "$rpm" ]; then
    files() { sort | grep -vE '/$|^/usr/lib/\.build-id|DEBIAN' | sed 's,^\./,/,'; }
    of_deb=$(dpkg-deb --fsys-tarfile "$folder/0.1.0/stormglass_0.1.0_amd64.deb" | tar -t | files)
    of_rpm=$(rpm -qlp "$rpm" 2>/dev/null | while read -r file; do [ "$file" = /usr/share/doc/stormglass ] || echo "$file"; done | files)
    missing=$(comm -23 <(echo "$of_deb") <(echo "$of_rpm") | wc -l)
    row 'the .rpm' "$(rpm -K "$rpm" 2>/dev/null | sed 's/.*: //'); $(echo "$of_deb" | wc -l) files of the .deb, $missing of them missing; needs $(rpm -qp --requires "$rpm" 2>/dev/null | grep -oE 'GLIBC_[0-9.]+' | sort -V | tail -1)"
else
    row 'the .rpm' 'not made here: no rpmbuild'
fi
# Again from the same tree.
scripts/package --fast --programs "$folder/programs" --version 0.1.0 "$folder/again" >&2
row 'made twice from one tree' "$(cmp -s "$folder/0.1.0/SHA256SUMS" "$folder/again/SHA256SUMS" && echo 'the same bytes' || diff "$folder/0.1.0/SHA256SUMS" "$folder/again/SHA256SUMS" | awk '/^>/ { print $3 }' | tr '\n' ' ')"
