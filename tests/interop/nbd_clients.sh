#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# NBD clients as hosts of the service, through the nbdkit plugin: what they see of the exports, and that what
# they write is there for the others, for the image's reader, and after the server was killed.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/nbd.sh" "$1"
needs nbdinfo nbdcopy qemu-img qemu-io

mkdir "$dir/pool"
truncate -s 64M "$dir/a.img" "$dir/b.img" "$dir/small.img"
expect 0 '' pool add main "$dir/pool"
for name in a b; do
    expect 0 '' element add $name "$dir/$name.img"
done
expect 0 '' element create thin --size 64M --pool main

# Wrong parameters are told before nbdkit goes to the background.
refused()
{
    local pattern=$1 output
    shift
    output=$(timeout 10 nbdkit -U - "$plugin" "$@" --run true 2>&1) && wrong "nbdkit $*: no error"
    grep -q -- "$pattern" <<<"$output" || wrong "nbdkit $*: no \`$pattern\` in: $output"
}
refused 'state=DIRECTORY is required'
refused 'nowhere' state="$dir/nowhere"
refused 'unknown parameter' state="$REPLSVC_STATE" colour=red
refused 'octal' state="$REPLSVC_STATE" control-mode=rw
refused 'nothing' state="$REPLSVC_STATE" element=nothing

serve
list=$(nbdinfo --list "$(uri '')")
for name in a b thin; do
    grep -q "export=\"$name\":" <<<"$list" || wrong "no export $name in: $list"
done
grep -q 'description: file, 67108864 bytes' <<<"$list" || wrong "no description in: $list"
[ "$(nbdinfo --size "$(uri a)")" = 67108864 ] || wrong "the size of a"
nbdinfo "$(uri a)" | grep -q 'can_multi_conn: true' || wrong "multi-conn is not offered"
nbdinfo "$(uri '')" >/dev/null 2>&1 && wrong "a client that names no export among three gets one"
grep -q 'which element' "$dir/nbdkit.log" || wrong "why it gets none is not told"
nbdinfo "$(uri nothing)" >/dev/null 2>&1 && wrong "there is no element nothing"
expect 6 '' element list # the state directory is the server's now

# One client's write is another's read; holes stay holes.
head -c 40M /dev/urandom >"$dir/content"
truncate -s 64M "$dir/content"
nbdcopy --flush "$dir/content" "$(uri thin)" || wrong "nbdcopy to thin"
qemu-img compare -f raw -F raw "$dir/content" "$(uri thin)" >/dev/null || wrong "qemu-img finds another content"
nbdcopy "$(uri thin)" "$dir/back" && cmp "$dir/content" "$dir/back" || wrong "nbdcopy reads another content"
qemu-img convert -n -f raw -O raw "$(uri thin)" "$(uri a)" || wrong "qemu-img convert"
cmp "$dir/content" "$dir/a.img" || wrong "the image of a has another content"
nbdinfo --map "$(uri a)" | grep -q 'hole,zero' || wrong "no hole in the map of a"
qemu-img bench -w -c 2000 -d 16 -s 4096 -f raw "$(uri b)" >/dev/null || wrong "qemu-img bench"

# Zeroes, discards, forced unit access, requests of any alignment.
qemu-io -f raw -c 'write -P 1 0 1M' -c 'write -z 4k 8k' -c 'discard 512k 64k' -c 'write -f -P 2 3 7' \
    -c 'read -P 1 0 3' -c 'read -P 2 3 7' -c 'read -P 1 10 4086' -c 'read -P 0 4k 8k' -c 'read -P 1 12k 500k' \
    -c 'read -P 0 512k 64k' -c 'read -P 1 576k 448k' "$(uri b)" | grep -i 'fail' && wrong "qemu-io on b"
qemu-io -r -f raw -c 'write 0 4k' "$(uri b)" 2>&1 | grep -qi 'read-only\|not permitted' ||
    wrong "a read-only client can write"

# A data verifier, with flushes; and what it flushed is there when the server dies by SIGKILL.
if command -v fio >/dev/null && fio --enghelp 2>/dev/null | grep -qw nbd; then
    fio --name=verify --ioengine=nbd --uri="$(uri b)" --rw=randrw --bsrange=512-128k --bs_unaligned=1 --iodepth=16 \
        --fsync=20 --size=64M --io_size=48M --verify=crc32c --verify_fatal=1 --verify_state_save=0 --randseed=7 >"$dir/fio" 2>&1 ||
        wrong "fio: $(cat "$dir/fio")"
    fio --name=kill --ioengine=nbd --uri="$(uri a)" --rw=write --bs=64k --iodepth=8 --end_fsync=1 --size=32M \
        --verify=pattern --verify_pattern=0xdeadbeef --do_verify=0 --verify_state_save=0 >"$dir/fio" 2>&1 || wrong "fio: $(cat "$dir/fio")"
    end_serving -KILL
    serve
    fio --name=kill --ioengine=nbd --uri="$(uri a)" --rw=read --bs=64k --iodepth=8 --size=32M \
        --verify=pattern --verify_pattern=0xdeadbeef --verify_fatal=1 --verify_state_save=0 >"$dir/fio" 2>&1 ||
        wrong "after a kill: $(cat "$dir/fio")"
else
    echo "without: fio and its nbd engine"
fi

# Roles: a mirror's target can only be read; a snapshot and a detached copy can be written.
end_serving
expect 0 '' replica create a --type mirror --name m --pool main --wait-for synchronized
expect 0 '' replica create a --type snapshot --name s --pool main
serve
nbdinfo "$(uri m)" | grep -q 'is_read_only: true' || wrong "a mirror's target is writable"
nbdinfo --list "$(uri '')" | grep -q "a mirror's target" || wrong "the list does not tell roles"
qemu-io -f raw -c 'write -P 9 1M 64k' "$(uri a)" >/dev/null
qemu-img compare -f raw -F raw "$(uri a)" "$(uri m)" >/dev/null || wrong "the mirror does not follow"
qemu-io -r -f raw -c 'read -P 9 1M 64k' "$(uri s)" | grep -qi fail || wrong "the snapshot follows"
qemu-io -f raw -c 'write -P 8 2M 64k' "$(uri s)" | grep -qi fail && wrong "the snapshot is not writable"
end_serving
[ "$(property copy_state replica show s)" = skewed ] || wrong "a written snapshot is not Skewed"
exit $bad
