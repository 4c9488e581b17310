#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The client's operations on relationships: a snapshot's and a clone's life, alone and in a group.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"

head -c 2M /dev/urandom >"$dir/a.img"
head -c 2M /dev/urandom >"$dir/b.img"
cp "$dir/a.img" "$dir/monday.img"
mkdir "$dir/pool"
expect 0 '' pool add main "$dir/pool"
expect 0 '' element add a "$dir/a.img"
expect 0 '' element add b "$dir/b.img"
expect 0 '' group create both a b

state() { property copy_state replica show "$1"; }
shows() { "$client" element read "$1" | cmp -s - "$2" || wrong "$1 does not show $2"; }

# A snapshot keeps its point in time, is written, reset, restored from and deleted.
expect 0 '' replica create a --type snapshot --name monday --pool main
[ "$(state monday)" = synchronized ] || wrong "a snapshot is $(state monday)"
head -c 64k /dev/urandom | "$client" element write a --offset 1M
shows monday "$dir/monday.img"
head -c 4k /dev/urandom | "$client" element write monday
[ "$(state monday)" = skewed ] || wrong "a snapshot that was written is $(state monday)"
expect 0 '' replica reset monday
[ "$(state monday)" = synchronized ] || wrong "a snapshot that was reset is $(state monday)"
shows monday "$dir/monday.img"
expect 0 '' replica restore monday
shows a "$dir/monday.img"
[ "$(state monday)" = restored ] || wrong "a snapshot that was restored from is $(state monday)"
expect 0 'restored' replica show monday
expect 1 'hint' replica failover monday
expect 5 '' replica dissolve monday
expect 0 '' replica return monday --force --wait-for not-applicable
expect 5 '' replica show monday
expect 5 '' replica detach monday

# A clone is split, resynchronised and detached.
expect 0 '' replica create b --type clone --name b2 --pool main
expect 0 '' replica split b2 --wait-for split
[ "$(state b2)" = split ] || wrong "a clone that was split is $(state b2)"
head -c 4k /dev/urandom | "$client" element write b2
expect 0 '' replica resync b2 --force
[ "$(state b2)" = synchronized ] || wrong "a clone that was resynchronised is $(state b2)"
shows b2 "$dir/b.img"
expect 0 '' replica detach b2
expect 5 '' replica show b2
expect 0 '' element show b2

# A mirror follows its source; it is split, brought together, failed over and back.
for mode in synchronous asynchronous; do
    expect 0 '' replica create b --type mirror --mode $mode --name m --pool main --wait-for synchronized
    head -c 8k /dev/urandom | "$client" element write b --offset 512k
    expect 0 '' replica split m --wait-for split
    shows m "$dir/b.img"
    head -c 8k /dev/urandom | "$client" element write b --offset 768k
    expect 0 '' replica resync m --wait-for synchronized
    expect 0 '' replica split m --wait-for split
    shows m "$dir/b.img"
    expect 0 '' replica resync m --wait-for synchronized
    expect 0 '' replica failover m --wait-for failedover
    echo x | "$client" element write b 2>/dev/null && wrong "a source that was failed over is writable"
    head -c 8k /dev/urandom | "$client" element write m --offset 1M
    expect 0 '' replica failback m --wait-for synchronized
    expect 0 '' replica split m --wait-for split
    "$client" element read b >"$dir/b.read"
    shows m "$dir/b.read"
    expect 0 '' replica detach m
    expect 0 '' element remove m --data
done

# A group as one; a list.
expect 0 '' replica create --group both --type snapshot --consistent --name g --pool main
[ "$(state g)" = synchronized ] || wrong "a group's snapshot is $(state g)"
shows g_1 "$dir/a.img"
expect 0 '' replica return g --force --wait-for not-applicable
expect 0 '' replica create a b --type clone --pool main
names=$("$client" --json replica list | sed -n 's/^    "target": "\(.*\)",$/\1/p')
expect 0 '' replica detach $names
expect 0 '^NAME' replica list
[ "$("$client" replica list | wc -l)" = 1 ] || wrong "relationships are left"
exit $bad
