# What judging costs against the number of hosts: ten rules (examples/alarms/ten.toml), a day. Calls and money are counted by
# the plan that the Lambda asks by; seconds and memory of a shard are measured, over as many series as a shard of that fleet
# has. One shard for each 10,000 series, and 16 at most.
# shellcheck shell=bash disable=SC2154
need jq jq
python=$venv/bin/python
row hosts series shards 'calls of GetMetricData a day' '$ a month' 'of it GetMetricData' 'processor time of a round of one shard' 'its memory'
row ---: ---: ---: ---: ---: ---: ---: ---:
for hosts in 10 100 1000 10000 100000; do
    bill=$("$ship/stormglass" cost --rules examples/alarms/ten.toml --hosts "$hosts" --json)
    read -r series shards < <(jq -r '[.series, ([((.series / 10000) | ceil), 16] | min)] | @tsv' <<<"$bill")
    bill=$("$ship/stormglass" cost --rules examples/alarms/ten.toml --hosts "$hosts" --shards "$shards" --json)
    read -r calls money reads < <(jq -r '[(.calls_of_get_metric_data / 30 | round), (.monthly_usd | round), (.lines[0].usd | round)] | @tsv' <<<"$bill")
    measured=$("$python" scripts/lib/fleet.py "$ship/bootstrap" round $((series / shards)) 2)
    read -r seconds peak _ <<<"$measured"
    row "$hosts" "$series" "$shards" "$calls" "$money" "$reads" "$seconds s" "$peak MB"
done
