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

mkdir "$dir/pool1"
{ head -c 3M /dev/urandom; head -c 1M /dev/zero; head -c 1M /dev/urandom; } >"$dir/image"

try "$examples/load_backend" "$examples/ram.so" "file:$dir/image" "file:$dir/copy"
cmp "$dir/image" "$dir/copy" || bad=1

try "$examples/first_replica" "$dir/state1" "$dir/image" "$dir/pool1"
cmp "$dir/image" "$(find "$dir/pool1" -type f)" || bad=1

mkdir "$dir/pools"
for name in agent client_day group_snapshot volume_life failover_drill appliance; do
    mkdir "$dir/pools/$name"
    try "$examples/$name" "$dir/$name.state" "$dir/pools/$name"
done
# What an appliance had made is found again.
try "$examples/appliance" "$dir/appliance.state" "$dir/pools/appliance"
exit $bad
