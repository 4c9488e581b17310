#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Exports of NBD servers as sources and targets, by the module "nbd": clone, mirror, snapshot; TLS; a server that
# dies, lies, refuses or never answers.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"
for program in nbdkit nbdcopy qemu-nbd; do
    command -v $program >/dev/null || { echo "$program is not installed"; exit 77; }
done
[ -f "$1/backends/replsvc-nbd.so" ] || { echo "the module nbd was not built (is libnbd-dev installed?)"; exit 77; }
export REPLSVC_BACKENDS=$1/backends
pids=()
trap 'kill ${pids[@]+"${pids[@]}"} 2>/dev/null; rm -rf "$dir"' EXIT

# An image as an export: qemu NAME; it survives SIGKILL of the server as a disk does. pid in $pid.
qemu()
{
    rm -f "$dir/$1.sock"
    qemu-nbd -f raw -x "$1" -k "$dir/$1.sock" -t -e 8 "$dir/$1.img" &
    pid=$!
    pids+=($pid)
    wait_for "$dir/$1.sock"
}
kit() # SOCKET WORD…
{
    local socket=$dir/$1.sock
    shift
    nbdkit -f -U "$socket" "$@" 2>>"$dir/nbdkit.log" &
    pid=$!
    pids+=($pid)
    wait_for "$socket"
}
wait_for()
{
    local i
    for i in $(seq 200); do
        [ -S "$1" ] && return
        sleep 0.05
    done
    wrong "no server on $1: $(cat "$dir/nbdkit.log" 2>/dev/null)"
}
uri() { printf 'nbd+unix:///%s?socket=%s%s' "${3-$1}" "$dir/$1.sock" "${2-}"; }

head -c 24M /dev/urandom >"$dir/s.img"
truncate -s 64M "$dir/s.img" "$dir/t.img" "$dir/back.img"
mkdir "$dir/pool"
expect 0 '' pool add main "$dir/pool"
expect 0 '' element add s "$dir/s.img"
expect 0 '' element add back "$dir/back.img"
qemu t
expect 0 '' element add t "$(uri t '&timeout=5')"
[ "$(property size element show t)" = $((64 << 20)) ] || wrong "the size of an export"

# Clone there, snapshot of it, clone back; holes travel as holes.
expect 0 '' replica create s --type clone --target t --name c --wait-for synchronized
cmp "$dir/s.img" "$dir/t.img" || wrong "the clone on a server"
[ "$(stat -c %b "$dir/t.img")" -lt 60000 ] || wrong "a hole was filled"
expect 0 '' replica detach c
expect 0 '' replica create t --type snapshot --name sn --pool main
head -c 3000001 /dev/urandom >"$dir/new"
expect 0 '' element write t "$dir/new" --offset 12345
expect 0 '' element read sn "$dir/out"
cmp "$dir/s.img" "$dir/out" || wrong "the snapshot of an export"
expect 0 '' replica return sn
expect 0 '' replica create t --type clone --target back --name b --wait-for synchronized
cmp "$dir/t.img" "$dir/back.img" || wrong "the clone of an export"
expect 0 '' replica detach b

# A mirror whose server dies: the source goes on, and only differences are copied when it is back.
expect 0 '' replica create s --type mirror --target t --name m --wait-for synchronized
expect 0 '' element write s "$dir/new" --offset 1M
cmp "$dir/s.img" "$dir/t.img" || wrong "the mirror does not follow"
kill -KILL $pid
wait $pid 2>/dev/null
expect 0 '' element write s "$dir/new" --offset 9M
expect 0 'partitioned' replica show m
cmp -s "$dir/s.img" "$dir/t.img" && wrong "nothing is different"
qemu t
expect 0 '' replica resume m --wait-for synchronized
cmp "$dir/s.img" "$dir/t.img" || wrong "the mirror was not made whole"
expect 0 '' replica detach m

# Connections that are encrypted.
if command -v psktool >/dev/null && nbdkit --dump-config | grep -q 'tls=yes'; then
    psktool -u replsvc -p "$dir/keys.psk" >/dev/null 2>&1
    kit tls --tls=require --tls-psk="$dir/keys.psk" memory 16M
    expect 0 '' element add tls "nbds+unix://replsvc@/?socket=$dir/tls.sock&tls-psk-file=$dir/keys.psk"
    expect 0 '' element write tls "$dir/new"
    expect 1 'TLS' element add plain "nbd+unix:///?socket=$dir/tls.sock"
else
    echo "without: TLS (psktool is not installed, or nbdkit has none)"
fi

# What is wrong is told, and soon.
expect 5 'NBD URI' element add w nbd:host
expect 5 'timeout must be a number' element add w "$(uri t '&timeout=soon')"
expect 5 '' element add w "$(uri t '' nosuch)"
expect 5 '' element add w "nbd+unix:///t?socket=$dir/nosuch.sock"
kit mute eval get_size='sleep 5; echo 16M' pread='head -c $3 /dev/zero'
expect 3 'does not answer' element add w "$(uri mute '&timeout=1' mute)"
kit read --readonly memory 16M
expect 0 '' element add r "$(uri read '' read)"
expect 4 'Read-only' element write r "$dir/new"
kit noflush eval get_size='echo 16M' can_write='exit 0' pread='head -c $3 /dev/zero' pwrite='cat >/dev/null'
expect 0 '' element add noflush "$(uri noflush '' noflush)"
expect 1 'no flush' element write noflush "$dir/new"
exit $bad
