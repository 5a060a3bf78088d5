# What the Lambda costs: its start, and a round over 10,000 series of three hours, against an interface of the Lambda
# service and a CloudWatch of our own on loopback. STORMGLASS_BENCH_SERIES (default 10000) says over how many.
# shellcheck shell=bash disable=SC2154
series=${STORMGLASS_BENCH_SERIES:-10000}
python=$venv/bin/python
fleet() { "$python" scripts/lib/fleet.py "$ship/bootstrap" "$@"; }
zip=$("$python" -c 'import io, sys, zipfile
held = io.BytesIO()
with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zip: zip.write(sys.argv[1], "bootstrap")
print(f"{len(held.getvalue()) / 1e6:.2f}")' "$ship/bootstrap")
read -r median slowest < <(fleet start 20)
read -r first peak threads later < <(fleet round "$series" 3)
row figure asked measured
row --- --- ---
row 'start of the process until it asks for its first event, median of 20; the slowest' 'at most 30 ms' "$median ms; $slowest ms"
row "a round over $series series of three hours, nothing known yet: processor time" '' "$first s"
row 'a round of the same minute: nothing is due to be read, all of it is judged again' 'under 1 s' "$later s"
row 'most memory meanwhile' 'at most 40 MB' "$peak MB"
row 'threads' 'one' "$threads"
row 'zip' 'at most 4 MB' "$zip MB"
