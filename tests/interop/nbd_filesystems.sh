#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# File systems on exports, written to without a pause, while snapshots and mirrors of them are made, split,
# resynchronised and restored over the control socket. Each replica is what a power cut at that instant would have
# left: the file system is repaired by its journal alone, and every file that was durable before is there, whole.
# REPLSVC_LONG: many rounds.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/nbd.sh" "$1"
[ "$(id -u)" = 0 ] || { echo "mounting needs root"; exit 77; }
needs nbdfuse nbdcopy fusermount3 mkfs.ext4 python3
[ -e /dev/fuse ] || { echo "there is no FUSE here"; exit 77; }
source=${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}
rounds=1
[ -n "${REPLSVC_LONG:-}" ] && rounds=100

kinds=(ext4)
command -v mkfs.xfs >/dev/null && kinds+=(xfs)
command -v mkfs.btrfs >/dev/null && kinds+=(btrfs)
declare -A size=([ext4]=128M [xfs]=320M [btrfs]=256M)

mkdir "$dir/pool"
expect 0 '' pool add main "$dir/pool"
for kind in "${kinds[@]}"; do
    expect 0 '' element create "$kind" --size "${size[$kind]}" --pool main
done
expect 0 '' group create hosts "${kinds[@]}"
serve control="$dir/control"
export REPLSVC_SOCKET=$dir/control
unset REPLSVC_STATE

writers=()
end_writers()
{
    [ ${#writers[@]} = 0 ] && return
    kill "${writers[@]}" 2>/dev/null
    wait "${writers[@]}" 2>/dev/null
    writers=()
}
trap 'end_writers; end_all' EXIT

for kind in "${kinds[@]}"; do
    as_file "$kind"
    case $kind in
    ext4) mkfs.ext4 -q -F "$dir/fuse.$kind/nbd" ;;
    xfs) mkfs.xfs -q -f "$dir/fuse.$kind/nbd" ;;
    btrfs) mkfs.btrfs -q -f "$dir/fuse.$kind/nbd" ;;
    esac >"$dir/mkfs" 2>&1 || wrong "mkfs.$kind: $(cat "$dir/mkfs")"
    mkdir "$dir/mount.$kind"
    mount -o loop "$dir/fuse.$kind/nbd" "$dir/mount.$kind" || { echo "$kind cannot be mounted here"; exit 77; }
    : >"$dir/log.$kind"
    python3 "$source/tests/support/file_writer.py" write "$dir/mount.$kind" "$dir/log.$kind" &
    writers+=($!)
done
durable() { for kind in "${kinds[@]}"; do last[$kind]=$(tail -n 1 "$dir/log.$kind"); done; }
declare -A last
for kind in "${kinds[@]}"; do
    until durable; [ "${last[$kind]:-0}" -gt 20 ]; do sleep 0.1; done
done

# An export that is a point in time of a file system: check NAME KIND LAST
check()
{
    nbdcopy "$(uri "$1")" "$dir/copy.img" || { wrong "$1 cannot be read"; return; }
    mkdir -p "$dir/mount.check"
    mount -o "loop$([ "$2" = xfs ] && echo ,nouuid)" "$dir/copy.img" "$dir/mount.check" ||
        { wrong "$1: the $2 cannot be mounted"; return; }
    python3 "$source/tests/support/file_writer.py" check "$dir/mount.check" "$3" >"$dir/checked" ||
        wrong "$1: $(cat "$dir/checked")"
    umount "$dir/mount.check"
    case $2 in
    ext4) e2fsck -fn "$dir/copy.img" ;;
    xfs) xfs_repair -n "$dir/copy.img" ;;
    btrfs) btrfs check --readonly "$dir/copy.img" ;;
    esac >"$dir/fsck" 2>&1 || wrong "$1: $(cat "$dir/fsck")"
    rm -f "$dir/copy.img"
}
check_all() # PREFIX: of the group's replicas
{
    local i=0
    for kind in "${kinds[@]}"; do
        i=$((i + 1))
        check "$1_$i" "$kind" "${last[$kind]}"
    done
}

for round in $(seq $rounds); do
    durable
    expect 0 '' replica create --group hosts --type snapshot --consistent --name "s$round" --pool main
    check_all "s$round"
done
durable
expect 0 '' replica create --group hosts --type mirror --consistent --name m --pool main --wait-for synchronized
for round in $(seq $rounds); do
    durable
    expect 0 '' replica split m
    check_all m
    expect 0 '' replica resync m --wait-for synchronized
done
expect 0 '' replica reset-to-async m
durable
expect 0 '' replica split m
check_all m
end_writers

# What was there at the first snapshot comes back, while the server goes on.
for kind in "${kinds[@]}"; do
    umount "$dir/mount.$kind"
    end_file "$kind"
done
expect 0 '' replica dissolve m
expect 0 '' replica restore s1
for i in $(seq ${#kinds[@]}); do
    nbdcopy "$(uri "${kinds[i - 1]}")" "$dir/a" && nbdcopy "$(uri "s1_$i")" "$dir/b" && cmp "$dir/a" "$dir/b" ||
        wrong "${kinds[i - 1]} was not restored"
    rm -f "$dir/a" "$dir/b"
done
exit $bad
