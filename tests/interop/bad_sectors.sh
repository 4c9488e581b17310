#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Block devices that answer EIO for single sectors: loop devices over FUSE over an NBD server that refuses them.
# A source's error is the reader's and its copy's, and names the place; a target's error breaks the relationship
# and leaves the source alone; when the sector is well again, only what is missing is copied.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"
[ "$(id -u)" = 0 ] || { echo "loop devices need root"; exit 77; }
for program in nbdkit nbdfuse fusermount3 losetup; do
    command -v $program >/dev/null || { echo "$program is not installed"; exit 77; }
done
[ -e /dev/fuse ] || { echo "there is no FUSE here"; exit 77; }

declare -A loops
end_all()
{
    local name
    for name in "${!loops[@]}"; do
        losetup -d "${loops[$name]}"
        fusermount3 -u "$dir/$name"
        kill "$(cat "$dir/$name.pid")"
    done
    rm -rf "$dir"
}
trap end_all EXIT

# A device over $dir/NAME.img; while there is a file $dir/NAME.bad, requests that touch its 4096 bytes from
# offset 5 MiB on fail.
bad_at=$((5 << 20))
device() # NAME SIZE
{
    local name=$1
    local image="$dir/$name.img" bad="$dir/$name.bad" i
    local check="[ ! -e $bad ] || [ \$4 -ge $((bad_at + 4096)) ] || [ \$((\$4 + \$3)) -le $bad_at ] || { echo 'EIO the sector is bad' >&2; exit 1; }"
    nbdkit -U "$dir/$name.sock" -P "$dir/$name.pid" eval get_size="echo $2" can_write=: can_flush=: flush=: \
        pread="$check; dd if=$image iflag=skip_bytes,count_bytes bs=64k skip=\$4 count=\$3 status=none" \
        pwrite="$check; dd of=$image oflag=seek_bytes conv=notrunc bs=64k seek=\$4 status=none" || exit 1
    mkdir "$dir/$name"
    nbdfuse "$dir/$name" --unix "$dir/$name.sock" >"$dir/$name.log" 2>&1 &
    for i in $(seq 100); do
        [ -e "$dir/$name/nbd" ] && break
        sleep 0.05
    done
    loops[$name]=$(losetup -f --show "$dir/$name/nbd" 2>/dev/null) ||
        { echo "there are no loop devices over FUSE here"; fusermount3 -u "$dir/$name"; unset "loops[$name]"; exit 77; }
}

head -c 16M /dev/urandom >"$dir/sick.img"
head -c 16M /dev/urandom >"$dir/well.img"
truncate -s 16M "$dir/target.img" "$dir/copy.img"
device sick $((16 << 20))
device target $((16 << 20))
expect 0 '' element add sick "block:${loops[sick]}"
expect 0 '' element add well "$dir/well.img"
expect 0 '' element add target "block:${loops[target]}"
expect 0 '' element add copy "$dir/copy.img"

# A source.
touch "$dir/sick.bad"
"$client" element read sick "$dir/out" >"$dir/said" 2>&1 && wrong "a bad sector was read"
expect 4 "offset" replica create sick --type clone --target copy --name c --wait-for synchronized
expect 0 'broken' replica show c
expect 0 'nput/output error' replica show c
rm "$dir/sick.bad"
expect 0 '' replica resync c --wait-for synchronized
cmp "$dir/sick.img" "$dir/copy.img" || wrong "the clone of a source that is well again"
expect 0 '' replica detach c

# A target.
expect 0 '' replica create well --type mirror --target target --name m --wait-for synchronized
touch "$dir/target.bad"
head -c 64k /dev/urandom >"$dir/new"
expect 0 '' element write well "$dir/new" --offset 5M
cmp -n 65536 -i 0:$bad_at "$dir/new" "$dir/well.img" || wrong "the source did not take the write"
expect 0 'broken' replica show m
head -c 64k /dev/urandom >"$dir/newer"
expect 0 '' element write well "$dir/newer" --offset 9M
rm "$dir/target.bad"
expect 0 '' replica resync m --wait-for synchronized
expect 0 '' replica split m
expect 0 '' element read target "$dir/out"
cmp "$dir/well.img" "$dir/out" || wrong "the mirror of a target that is well again"
exit $bad
