#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A target that cannot be opened for a while (another program has it locked), and hosts that write to the source
# meanwhile: nothing that was known before may be believed afterwards.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }
head -c 1M /dev/urandom >"$dir/new"

# Locks an image as another program would, until unlock: the image itself is not changed.
lock()
{
    coproc locker { exec python3 -c '
import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLKW is 38
print("locked", flush=True)
sys.stdin.read()' "$1"; }
    local said
    read -r said <&"${locker[0]}"
    [ "$said" = locked ] || wrong "the image could not be locked"
}
unlock()
{
    local pid=$locker_PID
    exec {locker[1]}>&-
    wait "$pid"
}

# Images s and t as elements of a new service.
begin()
{
    rm -rf "$dir/state" "$dir"/?.img
    head -c 16M /dev/urandom >"$dir/s.img"
    truncate -s 16M "$dir/t.img" "$dir/u.img"
    for name in s t u; do
        expect 0 '' element add $name "$dir/$name.img"
    done
    cp "$dir/s.img" "$dir/point.img"
}
state() { property copy_state replica show "$1"; }
meanwhile() # IMAGE ELEMENT: the image is away, and a host writes to the element
{
    lock "$dir/$1.img"
    expect 0 '' element write "$2" "$dir/new" --offset "${3:-5M}"
    unlock
}

for operation in resync resume; do
    begin
    expect 0 '' replica create s --type mirror --target t --name m --wait-for synchronized
    meanwhile t s
    [ "$(state m)" = broken ] || wrong "a mirror without its target is $(state m)"
    expect 0 '' replica $operation m --wait-for synchronized
    cmp "$dir/s.img" "$dir/t.img" || wrong "after $operation the mirror is called synchronized, and differs"
done

# Parted, it stays parted, whichever side is away; both directions copy what the other wrote unseen.
begin
expect 0 '' replica create s --type mirror --target t --name m --wait-for synchronized
expect 0 '' replica fracture m
meanwhile t s
[ "$(state m)" = fractured ] || wrong "a fractured mirror without its target is $(state m)"
expect 0 '' replica resync m --wait-for synchronized
cmp "$dir/s.img" "$dir/t.img" || wrong "the resync of a fractured mirror left differences"
expect 0 '' replica failover m
meanwhile s t 3M
[ "$(state m)" = failedover ] || wrong "a failed-over mirror without its source is $(state m)"
expect 0 '' replica failback m --wait-for synchronized
cmp "$dir/s.img" "$dir/t.img" || wrong "the failback left differences"
cmp -n $((1 << 20)) -i $((3 << 20)):0 "$dir/s.img" "$dir/new" || wrong "what was written after the failover is lost"

# A group of mirrors parts as one: no target goes on without the others.
begin
expect 0 '' element create v --size 16M --pool "$(mkdir "$dir/pool"; "$client" pool add p "$dir/pool" >/dev/null; echo p)"
expect 0 '' group create both s v
expect 0 '' group create copies t u
expect 0 '' replica create --group both --target-group copies --type mirror --name g --wait-for synchronized
lock "$dir/u.img"
expect 0 '' element write s "$dir/new" --offset 1M
cmp -s -n $((1 << 20)) -i 0:$((1 << 20)) "$dir/new" "$dir/t.img" && wrong "one of a group went on alone"
unlock
[ "$(state g_1) $(state g_2)" = "suspended broken" ] || wrong "the pairs are $(state g_1), $(state g_2)"
expect 0 '' replica resume g --wait-for synchronized
cmp "$dir/s.img" "$dir/t.img" || wrong "the group was not made whole"

# A clone that was not finished has lost its point in time; only a new one can be had.
begin
expect 0 '' replica create s --type clone --target t --name c --wait-for initialized
expect 0 '' replica activate c --no-wait
expect 0 '' replica suspend c
meanwhile t s
[ "$(state c)" = broken ] || wrong "a clone without its target is $(state c)"
"$client" replica resume c --wait-for synchronized >/dev/null 2>&1
[ "$(state c)" = synchronized ] && ! cmp -s "$dir/point.img" "$dir/t.img" &&
    wrong "a clone that is not its point in time is called synchronized"
expect 0 '' replica resync c --wait-for synchronized
cmp "$dir/s.img" "$dir/t.img" || wrong "the clone's new point in time"

# A finished one knows what differs only if it was watched.
meanwhile t s 9M
expect 0 '' replica resync c --wait-for synchronized
cmp "$dir/s.img" "$dir/t.img" || wrong "the resync of a clone left differences"

# Snapshots: the one whose store was away, and the older ones that read what it kept.
begin
expect 0 '' replica create s --type snapshot --target t --name old
expect 0 '' replica create s --type snapshot --target u --name new
expect 0 '' element write s "$dir/new" --offset 1M
meanwhile u s 7M
for name in old new; do
    [ "$(state $name)" = broken ] || wrong "snapshot $name, whose neighbour's store was away, is $(state $name)"
    "$client" element read $name "$dir/out" >/dev/null 2>&1 && ! cmp -s "$dir/out" "$dir/point.img" &&
        wrong "snapshot $name shows what never was"
done
expect 0 '' replica resync new
expect 0 '' element write s "$dir/new" --offset 2M
expect 0 '' replica return old --force
exit $bad
