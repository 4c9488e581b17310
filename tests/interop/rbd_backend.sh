#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Images of a Ceph cluster as sources and targets, by the module "rbd": a cluster of one monitor and one OSD is
# made for the test.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"
for program in ceph-mon ceph-osd ceph rbd monmaptool; do
    command -v $program >/dev/null || { echo "$program is not installed"; exit 77; }
done
[ -f "$1/backends/replsvc-rbd.so" ] || { echo "the module rbd was not built (is librbd-dev installed?)"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "a cluster's daemons want root here"; exit 77; }
export REPLSVC_BACKENDS=$1/backends
d=$dir/ceph
conf=$d/ceph.conf
trap 'for p in osd mon; do [ -f "$d/$p.pid" ] && kill "$(cat "$d/$p.pid")" 2>/dev/null; done; rm -rf "$dir"' EXIT

start_cluster()
{
    local port=$((20000 + RANDOM % 20000)) fsid uuid
    fsid=$(cat /proc/sys/kernel/random/uuid) uuid=$(cat /proc/sys/kernel/random/uuid)
    mkdir -p "$d/mon" "$d/osd"
    cat >"$conf" <<C
[global]
fsid = $fsid
mon_host = [v2:127.0.0.1:$port/0,v1:127.0.0.1:$((port + 1))/0]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
osd_crush_chooseleaf_type = 0
bluestore_block_size = 2147483648
osd_memory_target = 1073741824
run_dir = $d
admin_socket = $d/\$name.\$pid.asok
log_file = $d/\$name.log
mon_data = $d/mon
osd_data = $d/osd
mon_data_avail_warn = 2
mon_data_avail_crit = 1
C
    monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$port,v1:127.0.0.1:$((port + 1))]" "$d/monmap" &&
        ceph-mon -c "$conf" -i a --mkfs --monmap "$d/monmap" && ceph-mon -c "$conf" -i a --pid-file "$d/mon.pid" &&
        timeout 60 ceph -c "$conf" osd new "$uuid" && ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$uuid" &&
        ceph-osd -c "$conf" -i 0 --pid-file "$d/osd.pid" || return
    for _ in $(seq 60); do
        timeout 10 ceph -c "$conf" osd stat | grep -q '1 up' && break
        sleep 1
    done
    timeout 60 ceph -c "$conf" osd pool create vols 8 && timeout 60 ceph -c "$conf" osd pool application enable vols rbd
}
start_cluster >"$dir/started" 2>&1 || { echo "a cluster cannot be started here: $(tail -n 3 "$dir/started")"; exit 77; }
rbd()
{
    [ "$1" != export ] || rm -f "$3"
    command rbd -c "$conf" "$@" 2>>"$dir/rbd.log"
}
at="[conf=$conf]"

head -c 24M /dev/urandom >"$dir/s.img"
truncate -s 64M "$dir/s.img" "$dir/back.img"
rbd create vols/v --size 64M || wrong "rbd create"
mkdir "$dir/pool"
expect 0 '' pool add main "$dir/pool"
expect 0 '' pool add cluster "rbd:${at}vols"
expect 0 '' element add s "$dir/s.img"
expect 0 '' element add back "$dir/back.img"
expect 0 '' element add v "rbd:${at}vols/v"
[ "$(property size element show v)" = $((64 << 20)) ] || wrong "the size of an image"

# Clones there and back, holes as holes; read by Ceph's own tool.
expect 0 '' replica create s --type clone --name c --pool cluster --wait-for synchronized
image=$(property locator element show c | sed 's/.*vols/vols/')
rbd export "$image" "$dir/out" && cmp "$dir/s.img" "$dir/out" || wrong "the clone in the cluster"
[ "$(rbd du "$image" --format json | sed 's/.*"used_size":\([0-9]*\).*/\1/')" -lt $((40 << 20)) ] || wrong "a hole was filled"
expect 0 '' replica detach c
expect 0 '' replica create c --type clone --target back --name b --wait-for synchronized
cmp "$dir/s.img" "$dir/back.img" || wrong "the clone of an image"
expect 0 '' replica detach b
expect 0 '' element remove c --data
rbd ls vols | grep -q '^c' && wrong "a removed image is still there"

# Snapshots of it, kept in a file; a mirror to it, of a mixed group; what others write is refused meanwhile.
head -c 3000001 /dev/urandom >"$dir/new"
expect 0 '' element write v "$dir/s.img"
expect 0 '' replica create v --type snapshot --name sn --pool main
expect 0 '' element write v "$dir/new" --offset 12345
expect 0 '' element read sn "$dir/out"
cmp "$dir/s.img" "$dir/out" || wrong "the snapshot of an image"
expect 0 '' replica restore sn
rbd export vols/v "$dir/out" && cmp "$dir/s.img" "$dir/out" || wrong "the image was not restored"
expect 0 '' replica return sn
expect 0 '' group create mixed s back
expect 0 '' replica create --group mixed --type mirror --consistent --name m --pool cluster --wait-for synchronized
expect 0 '' element write s "$dir/new" --offset 1M
expect 0 '' element write back "$dir/new" --offset 2M
expect 0 '' replica split m
for pair in s:m_1 back:m_2; do
    image=$(property locator element show "${pair#*:}" | sed 's/.*vols/vols/')
    rbd export "$image" "$dir/out" && cmp "$dir/${pair%:*}.img" "$dir/out" || wrong "the mirror of ${pair%:*}"
    rm -f "$dir/out"
done

# What is wrong is told.
expect 5 'POOL/IMAGE' element add w "rbd:${at}vols"
expect 5 'rbd:' element add w "rbd:[colour=red]vols/v"
expect 5 '' element add w "rbd:${at}vols/nosuch"
expect 5 '' element add w "rbd:${at}nosuch/v"
expect 5 '' element add w "rbd:[conf=$dir/nosuch.conf]vols/v"
exit $bad
