# The real unit under a real systemd: a Debian booted in a container, the agent as stormglass.service with its key by
# LoadCredential=, publishing over TLS to the endpoint of the tests on loopback.
# shellcheck shell=bash disable=SC2154
. scripts/lib/booted.sh
row what found
row --- ---
can_boot || {
    row 'a booted container' "not tried here: $why"
    exit 0
}
bin=$CARGO_TARGET_DIR/debug
endpoint_program=$bin/endpoint
. scripts/lib/children.sh
serve "$folder" --ledger "$folder/ledger"

root=$folder/root
a_debian "$root"
install -m 0755 "$bin/stormglass" "$root/usr/bin/stormglass"
install -D -m 0644 infra/systemd/stormglass.service "$root/etc/systemd/system/stormglass.service"
install -d "$root/etc/stormglass" "$root/etc/systemd/system/stormglass.service.d" "$root/probe"
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
if ! booted "$root" scripts/lib/service_probe.sh 300 "$folder/boot.log"; then
    cp "$folder/boot.log" "$tables/service.boot.log"
    row 'a booted container' 'did not come up here; its console is in target/soak/service.boot.log'
    exit 0
fi
cp "$root/probe/journal" "$tables/service.journal" 2>/dev/null || true
while IFS=$'\t' read -r what result; do row "$what" "$result"; done <"$root/probe/found"
keys=$(grep -o '"key":"[^"]*"' "$folder/ledger" | sort -u | tr '\n' ' ')
row 'what arrived over TLS' "$(grep -c '^{"datum"' "$folder/ledger") points, signed by ${keys//\"/}"
