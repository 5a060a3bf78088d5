#!/bin/bash
# Runs inside a booted container (scripts/soak.d/package.sh), as a unit of its systemd: installs, upgrades, removes and purges the
# package as an operator would, writes what came of it to /probe/found, a line each, and switches the container off.
set -u
exec 2>/probe/errors
trap 'journalctl -u stormglass --no-pager >>/probe/errors; systemctl --force poweroff' EXIT
found() { printf '%s\t%s\n' "$1" "$2" >>/probe/found; }
shown() { systemctl show stormglass --value -p "$1"; }
export DEBIAN_FRONTEND=noninteractive
dpkg_() { dpkg "$@" >>/probe/dpkg.log 2>&1 || found "dpkg $1" "failed: $(tail -1 /probe/dpkg.log)"; }
left() { find / -xdev \( -path /proc -o -path /sys -o -path /probe \) -prune -o -name '*stormglass*' -print 2>/dev/null | grep -v '^/var/lib/dpkg/info' | tr '\n' ' '; }

dpkg_ -i /probe/stormglass_0.1.0_amd64.deb
found 'installed' "$(dpkg-query -W -f '${Status} ${Version}' stormglass); $(systemctl is-enabled stormglass 2>/dev/null), $(systemctl is-active stormglass)"
found 'files that differ from their sums' "$(dpkg --verify stormglass | wc -l)"

install -d /etc/stormglass /etc/credstore
printf '# ours\n[cloudwatch]\nregion = "us-east-1"\nendpoint = "http://127.0.0.1:9"\n' >/etc/stormglass/stormglass.toml
(umask 077 && printf '[default]\naws_access_key_id = AKIAOFTHECREDSTORE00\naws_secret_access_key = secret\n' >/etc/credstore/stormglass.aws)
install -d /etc/systemd/system/stormglass.service.d
printf '[Service]\nEnvironment=AWS_EC2_METADATA_DISABLED=true\n' >/etc/systemd/system/stormglass.service.d/trial.conf
systemctl daemon-reload
systemctl enable --now stormglass
found 'started' "$(systemctl is-enabled stormglass), $(systemctl is-active stormglass)"
found 'exposure' "$(systemd-analyze security --no-pager stormglass.service | tail -1 | grep -oE '[0-9]+\.[0-9]+ [A-Z]+')"
sleep 3
before=$(sha256sum /etc/stormglass/stormglass.toml)
pid=$(shown MainPID)
systemctl kill --signal=HUP stormglass
echo kept >/var/lib/private/stormglass/mark

dpkg_ -i /probe/stormglass_0.1.1_amd64.deb
sleep 1
[ "$pid" != "$(shown MainPID)" ] && anew='begun anew'
found 'upgraded' "$(dpkg-query -W -f '${Version}' stormglass); $(systemctl is-active stormglass), ${anew:-the same process}; configuration $([ "$before" = "$(sha256sum /etc/stormglass/stormglass.toml)" ] && echo unchanged || echo changed), state $(cat /var/lib/private/stormglass/mark)"

dpkg_ -r stormglass
found 'removed' "$(systemctl is-active stormglass); program $([ -e /usr/bin/stormglass ] && echo there || echo gone), configuration $([ -e /etc/stormglass/stormglass.toml ] && echo kept), state $(cat /var/lib/private/stormglass/mark)"
dpkg_ -i /probe/stormglass_0.1.1_amd64.deb
systemctl start stormglass
found 'installed again' "$(systemctl is-active stormglass), with the configuration and the state of before: $(cat /var/lib/private/stormglass/mark)"
dpkg_ -P stormglass
found 'purged' "$(systemctl is-active stormglass); left: $(left)"
