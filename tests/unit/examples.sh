#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The examples of doc/examples run and show what they say.
set -u
examples=$1/examples
[ -x "$examples/first_replica" ] || { echo "the examples were not built"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0
try()
{
    "$@" >"$dir/out" 2>&1 || { echo "$(basename "$1") fails:"; cat "$dir/out"; bad=1; }
}

mkdir "$dir/pool1" "$dir/pool2" "$dir/pool3"
{ head -c 3M /dev/urandom; head -c 1M /dev/zero; head -c 1M /dev/urandom; } >"$dir/image"

try "$examples/load_backend" "$examples/ram.so" "file:$dir/image" "file:$dir/copy"
cmp "$dir/image" "$dir/copy" || bad=1

try "$examples/first_replica" "$dir/state1" "$dir/image" "$dir/pool1"
cmp "$dir/image" "$(find "$dir/pool1" -type f)" || bad=1

if "$1/bin/replsvc" --state "$dir/state4" capabilities >/dev/null 2>&1; then
    try "$examples/client_day" "$dir/state2" "$dir/pool2"
else
    echo "client_day is not tried: the capabilities are not there yet"
fi
try "$examples/group_snapshot" "$dir/state3" "$dir/pool3"
exit $bad
