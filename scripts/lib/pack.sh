# Makes the packages of one target from its programs. $version, $stamp, $packing (1 to 9), $folder (where they go), $staging
# (where they are put together).
# shellcheck shell=bash disable=SC2154

# The oldest glibc that the program runs with: the highest version that its symbols ask for.
needed_glibc() {
    objdump -T "$1" | grep -oE 'GLIBC_[0-9]+\.[0-9]+(\.[0-9]+)?' | sed 's/GLIBC_//' | sort -uV | tail -1
}

# Times of the commit: the same tree gives the same bytes.
packed() { tar --sort=name --mtime="@$stamp" --owner=0 --group=0 --numeric-owner -C "$1" -c "$2" | gzip -"${packing}"n; }

# assemble PROGRAM: the folder of the archive, in $staging/stormglass-VERSION.
assemble() {
    local stage=$staging/stormglass-$version
    rm -rf "$stage" && mkdir -p "$stage"/{bin,completions,man}
    install -m 0755 "$1" "$stage/bin/stormglass"
    # Its words are the same on every machine; a program for another one does not run here.
    "$native" man "$stage/man"
    for shell in bash zsh fish; do "$native" completions "$shell" >"$stage/completions/stormglass.$shell"; done
    cp -r examples infra/systemd LICENSE README.md README.ko.md CHANGELOG.md "$stage/"
}

# tree: the files of a package, as they lie on a host, in $staging/tree.
tree() {
    local stage=$staging/stormglass-$version tree=$staging/tree
    rm -rf "$tree"
    install -D -m 0755 "$stage/bin/stormglass" "$tree/usr/bin/stormglass"
    install -D -m 0644 infra/systemd/stormglass.service "$tree/usr/lib/systemd/system/stormglass.service"
    install -D -m 0644 "$stage/completions/stormglass.bash" "$tree/usr/share/bash-completion/completions/stormglass"
    install -D -m 0644 "$stage/completions/stormglass.zsh" "$tree/usr/share/zsh/site-functions/_stormglass"
    install -D -m 0644 "$stage/completions/stormglass.fish" "$tree/usr/share/fish/vendor_completions.d/stormglass.fish"
    local page
    for page in "$stage"/man/*.1; do
        install -d "$tree/usr/share/man/man1"
        gzip -9n <"$page" >"$tree/usr/share/man/man1/$(basename "$page").gz"
    done
    install -d "$tree/usr/share/doc/stormglass"
    cp -r "$stage/examples" "$stage/README.md" "$stage/README.ko.md" "$stage/CHANGELOG.md" infra/systemd/drop-ins "$tree/usr/share/doc/stormglass/"
    install -m 0644 LICENSE "$tree/usr/share/doc/stormglass/copyright"
    chmod -R u=rwX,go=rX "$tree"
    find "$tree" -exec touch -h -d "@$stamp" {} +
}

# deb ARCHITECTURE: of $staging/tree.
deb() {
    local root=$staging/deb
    rm -rf "$root" && cp -a "$staging/tree" "$root"
    install -d "$root/DEBIAN"
    install -m 0755 infra/package/deb/{postinst,prerm,postrm} "$root/DEBIAN/"
    sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$1/; s/@SIZE@/$(du -sk "$staging/tree" | cut -f1)/; s/@GLIBC@/$glibc/" \
        infra/package/deb/control.in >"$root/DEBIAN/control"
    (cd "$staging/tree" && find . -type f -printf '%P\n' | sort | xargs -d '\n' md5sum) >"$root/DEBIAN/md5sums"
    local kind=xz
    [ "$packing" = 9 ] || kind=gzip
    SOURCE_DATE_EPOCH=$stamp dpkg-deb --root-owner-group "-Z$kind" "-z$packing" --build "$root" "$folder/stormglass_${version}_$1.deb" >/dev/null
}

# rpm ARCHITECTURE: of $staging/tree.
rpm_package() {
    rm -rf "$staging/rpm"
    SOURCE_DATE_EPOCH=$stamp rpmbuild -bb --quiet --target "$1" --define "_topdir $staging/rpm" --define "_version $version" \
        --define "_staged $staging/tree" --define "_rpmdir $folder" --define "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" \
        --define "_binary_payload w$packing.gzdio" --define "_buildhost stormglass" --define "use_source_date_epoch_as_buildtime 1" \
        --define "clamp_mtime_to_source_date_epoch 1" infra/package/rpm/stormglass.spec
}
