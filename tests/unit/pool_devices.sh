#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A pool of block devices, on loop devices (root only): which device a target takes, that it never shows what
# the device held before, and that it is free again afterwards.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"
[ "$(id -u)" = 0 ] || { echo "loop devices need root"; exit 77; }

loops=()
attach() # NAME SIZE
{
    head -c "$2" /dev/urandom >"$dir/$1" # what a device held before
    loop=$(losetup -f --show "$dir/$1" 2>/dev/null) || { echo "there are no loop devices here"; exit 77; }
    loops+=("$loop")
}
trap 'umount "$dir/mnt" 2>/dev/null; for l in ${loops[@]+"${loops[@]}"}; do losetup -d "$l"; done; rm -rf "$dir"' EXIT

attach small 16M && small=$loop
attach middle 24M && middle=$loop
attach large 32M && large=$loop
head -c 10M /dev/urandom >"$dir/a.img"
head -c 20M /dev/urandom >"$dir/b.img"
truncate -s 22M "$dir/b.img"
for name in a b; do
    expect 0 '' element add $name "$dir/$name.img"
done
expect 0 '' group create both a b
device_of() { property locator element show "$1" | sed 's/^block://'; }

# What cannot be a pool is told.
expect 5 'block device' pool add p "block:/dev/null"
expect 5 'nosuch' pool add p "block:$small,/dev/nosuch"
expect 5 'one device' pool add p "block:$small,$middle,$small"
ln -s "$small" "/dev/replsvc-test-$$"
expect 5 'one device' pool add p "block:$small,/dev/replsvc-test-$$"
rm "/dev/replsvc-test-$$"
expect 5 'names of devices' pool add p 'block:,'
expect 1 'format' pool add p "block:$small" --format vhdx
expect 0 '' pool add p "block:$large,$small,$middle"
expect 6 "$small" pool add q "block:$small"
[ "$(property total_managed_space pool show p)" = $((72 << 20)) ] || wrong "the total space"
[ "$(property remaining_managed_space pool show p)" = $((72 << 20)) ] || wrong "the free space"

# Each of a group takes the smallest that will do, in whatever order.
expect 0 '' replica create --group both --type clone --name c --pool p --wait-for synchronized
[ "$(device_of c_1)" = "$small" ] || wrong "10 MiB went to $(device_of c_1)"
[ "$(device_of c_2)" = "$middle" ] || wrong "22 MiB went to $(device_of c_2)"
[ "$(property remaining_managed_space pool show p)" = $((32 << 20)) ] || wrong "the space that is left"
cmp -n $((10 << 20)) "$dir/a.img" "$dir/small" || wrong "the first clone"
cmp -n $((22 << 20)) "$dir/b.img" "$dir/middle" || wrong "the second clone, with its hole"
cmp -n $((6 << 20)) -i $((10 << 20)):0 "$dir/small" /dev/zero || wrong "beyond the first clone is what the device held"
cmp -n $((2 << 20)) -i $((22 << 20)):0 "$dir/middle" /dev/zero || wrong "beyond the second clone is what the device held"

# A snapshot keeps its regions on one; a mirror follows; there is none left, and what is held is not taken.
expect 0 '' replica create b --type snapshot --name s --pool p
[ "$(device_of s)" = "$large" ] || wrong "the snapshot went to $(device_of s)"
head -c 1M /dev/urandom >"$dir/new"
expect 0 '' element write b "$dir/new" --offset 3M
expect 0 '' element read s "$dir/s.img"
cmp -n $((22 << 20)) "$dir/s.img" "$dir/middle" || wrong "the snapshot is not what b was"
expect 4 'no free device' replica create a --type mirror --name m --pool p
expect 6 '' pool remove p
expect 0 '' replica return s
expect 0 '' replica detach c
expect 6 '' element remove c_1
expect 0 '' group delete c
expect 0 '' element remove c_1 --data
expect 0 '' element remove c_2 --data
[ "$(property remaining_managed_space pool show p)" = $((72 << 20)) ] || wrong "devices were not given back"
cmp -n $((10 << 20)) "$dir/a.img" "$dir/small" || wrong "giving a device back changed it"

mkfs.ext4 -q "$small" && mkdir "$dir/mnt" && mount "$small" "$dir/mnt" || wrong "the small device cannot be mounted"
[ "$(property remaining_managed_space pool show p)" = $((56 << 20)) ] || wrong "a mounted device is called free"
expect 0 '' replica create a --type mirror --name m --pool p --wait-for synchronized
[ "$(device_of m)" = "$middle" ] || wrong "the mirror went to $(device_of m)"
expect 0 '' element write a "$dir/new" --offset 1M
cmp -n $((10 << 20)) "$dir/a.img" "$dir/middle" || wrong "the mirror does not follow"

# An element of its own: it has the device's size, and reads as zeroes.
expect 0 '' element create scratch --size 30M --pool p
[ "$(property size element show scratch)" = $((32 << 20)) ] || wrong "the size of an element on a device"
cmp -n $((32 << 20)) "$dir/large" /dev/zero || wrong "a new element shows what its device held"
expect 4 'mounted' element create more --size 1M --pool p
exit $bad
