#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The library has the probes that doc/operating.md lists, with as many arguments, and no others. Skips where it
# was built without.
set -u
build=$1
cd "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}" || exit 1
command -v readelf >/dev/null || { echo "needs readelf"; exit 77; }
notes=$(readelf -nW "$build/libreplsvc.so" 2>/dev/null)
grep -q 'Provider: replsvc' <<<"$notes" || { echo "built without probes: <sys/sdt.h> was not there, or REPLSVC_USDT is OFF"; exit 77; }
bad=0

# NAME COUNT of each, from the notes; a probe may be at several places.
found=$(awk '$1 == "Name:" { name = $2 } $1 == "Arguments:" { print name, NF - 1 }' <<<"$notes" | sort -u)
# An "io_end" has what "the same, and the result" says: the count of the line before, and one.
told=$(awk -F'|' '/^### Tracing/ { on = 1 } /^## What the service/ { on = 0 }
    on && $2 ~ /`/ { gsub(/[ `]/, "", $2); sub(/\([^)]*\)/, "", $3); gsub(/\([^)]*\)/, "", $3)
        n = split($3, parts, /,/); if ($3 ~ /the same, and/) n = before + 1; before = n; print $2, n }' doc/operating.md | sort -u)
if [ "$found" != "$told" ]; then
    echo "the library's probes and those of doc/operating.md differ:"
    diff <(echo "$found") <(echo "$told")
    bad=1
fi
exit $bad
