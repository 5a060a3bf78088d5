# Runs the parts of a table of measurements: one file a part, each prints rows of Markdown.
# shellcheck shell=bash

# parts FOLDER: the names of the parts, in order.
parts() {
    local file
    for file in "$1"/*.sh; do
        [ -e "$file" ] || continue
        basename "$file" .sh
    done
}

# row COLUMN...: one row of the table that is being made.
row() {
    local cell
    printf '|'
    for cell in "$@"; do printf ' %s |' "$cell"; done
    printf '\n'
}

# alone COMMAND...: in a PID namespace where there is one, so that the command sees the processes that it started and no
# others, whatever else this machine is doing, and nothing that it started outlives it.
alone() {
    if unshare --pid --fork --mount-proc true 2>/dev/null; then
        unshare --pid --fork --mount-proc --kill-child "$@"
    else
        "$@"
    fi
}

# publish FILE DOCUMENT NAME: puts the rows between the marks of NAME in a document.
publish() {
    python3 - "$@" <<'PYTHON'
import re, sys
rows, document, name = open(sys.argv[1]).read().strip(), sys.argv[2], sys.argv[3]
text = open(document).read()
begin, end = f"<!-- made by {name} -->\n", "<!-- end -->"
if begin not in text:
    sys.exit(f"{document} has no place for {name}: {begin.strip()} ... {end}")
head, rest = text.split(begin, 1)
tail = rest.split(end, 1)[1]
open(document, "w").write(f"{head}{begin}{rows}\n{end}{tail}")
PYTHON
}
