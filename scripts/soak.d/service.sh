# The real unit under a real systemd: a Debian booted in a container, the agent as stormglass.service with its key by
# LoadCredential=, publishing over TLS to the endpoint of the tests on loopback. STORMGLASS_ROOT names a root file system
# with systemd and procps; else mmdebstrap makes one.
# shellcheck shell=bash disable=SC2154
row what found
row --- ---
if [ "$(id -u)" != 0 ] || ! command -v systemd-nspawn >/dev/null; then
    row 'a booted container' 'not tried here: needs root and systemd-nspawn (Debian: systemd-container)'
    exit 0
fi
source=${STORMGLASS_ROOT:-$tables/root}
if [ ! -x "$source/usr/lib/systemd/systemd" ]; then
    command -v mmdebstrap >/dev/null || {
        row 'a booted container' "not tried here: no root file system in $source, and no mmdebstrap to make one"
        exit 0
    }
    mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,procps bookworm "$source" >&2
fi
bin=$CARGO_TARGET_DIR/debug
endpoint_program=$bin/endpoint
. scripts/lib/children.sh
serve "$folder" --ledger "$folder/ledger"

root=$folder/root
cp -a --reflink=auto "$source" "$root"
install -m 0755 "$bin/stormglass" "$root/usr/bin/stormglass"
install -D -m 0644 infra/systemd/stormglass.service "$root/etc/systemd/system/stormglass.service"
install -d "$root/etc/stormglass" "$root/etc/systemd/system/stormglass.service.d" "$root/etc/systemd/system/multi-user.target.wants" "$root/probe"
install -m 0644 "$folder/ca.pem" "$root/etc/stormglass/ca.pem"
install -d -m 0700 "$root/etc/credstore"
cat >"$root/etc/stormglass/stormglass.toml" <<TOML
[cloudwatch]
region = "us-east-1"
endpoint = "$url"
spread = "0s"
high_resolution = ["*"]
high_resolution_period = "1s"
[dimensions]
Life = "first"
TOML
# What differs from a host: the authority of the endpoint, no metadata, and a shorter patience of the watchdog.
cat >"$root/etc/systemd/system/stormglass.service.d/trial.conf" <<'UNIT'
[Service]
Environment=SSL_CERT_FILE=/etc/stormglass/ca.pem AWS_EC2_METADATA_DISABLED=true
WatchdogSec=20
UNIT
(umask 077 && printf '[default]\naws_access_key_id = AKIAOFTHECREDSTORE00\naws_secret_access_key = secret\n' >"$root/etc/credstore/stormglass.aws")
install -m 0755 scripts/lib/service_probe.sh "$root/probe/probe.sh"
cat >"$root/etc/systemd/system/probe.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/probe/probe.sh
TimeoutStartSec=300
UNIT
ln -s /etc/systemd/system/probe.service "$root/etc/systemd/system/multi-user.target.wants/probe.service"

if ! timeout 400 systemd-nspawn -q -D "$root" --register=no --keep-unit --resolv-conf=off --console=pipe --boot </dev/null >"$folder/boot.log" 2>&1; then
    tail -20 "$folder/boot.log" >&2
fi
cp "$root/probe/journal" "$tables/service.journal" 2>/dev/null || true
cat "$root/probe/errors" >&2 2>/dev/null || true
[ -s "$root/probe/found" ] || {
    cp "$folder/boot.log" "$tables/service.boot.log"
    row 'a booted container' 'did not come up here; its console is in target/soak/service.boot.log'
    exit 0
}
while IFS=$'\t' read -r what result; do row "$what" "$result"; done <"$root/probe/found"
keys=$(grep -o '"key":"[^"]*"' "$folder/ledger" | sort -u | tr '\n' ' ')
row 'what arrived over TLS' "$(grep -c '^{"datum"' "$folder/ledger") points, signed by ${keys//\"/}"
