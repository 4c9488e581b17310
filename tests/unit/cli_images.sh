#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The client's stand-alone commands on images. No state directory is made.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"
unset REPLSVC_STATE
cd "$dir" || exit 1

{ head -c 1M /dev/urandom; head -c 2M /dev/zero; head -c 1M /dev/urandom; } >a.img
expect 0 'done' copy a.img b.img
cmp -s a.img b.img || wrong "the copy differs"
expect 6 'hint' copy a.img b.img
expect 0 '' copy a.img b.img --overwrite --verify
expect 0 '"bytes_total": 4194304' copy a.img c.img --json
expect 0 'method' copy a.img d.img --statistics
expect 5 'hint: nothing is at that path' copy missing.img e.img
[ ! -e e.img ] || wrong "a failed copy leaves a target"
[ -z "$("$client" --quiet copy a.img f.img 2>&1)" ] || wrong "--quiet says something"
expect 0 'size  *4.0 MiB (4194304 bytes)' info a.img
json info a.img
expect 5 'hint: nothing is at that path' info missing.img
expect 64 '--size' create g.img
expect 0 '' create g.img --size 3M
[ "$(stat -c %s g.img)" = 3145728 ] || wrong "create makes another size"
expect 6 'exists' create g.img --size 3M

# VHDX: made, filled, looked at, checked, a child merged into it.
expect 0 '' create vhdx:v.vhdx --size 4M --block-size 1M
expect 0 '' copy a.img "vhdx:$dir/v.vhdx" --existing
expect 0 'type  *dynamic' info vhdx:v.vhdx
json info vhdx:v.vhdx
expect 0 'errors  *0' check v.vhdx
json check v.vhdx
expect 0 '' create vhdx:child.vhdx --parent "$dir/v.vhdx"
expect 0 'parent_path' info vhdx:child.vhdx
expect 0 '' merge child.vhdx
expect 0 '' copy vhdx:v.vhdx back.img
cmp -s a.img back.img || wrong "what comes back from VHDX differs"
printf 'garbage' | dd of=v.vhdx bs=1 seek=196608 conv=notrunc 2>/dev/null
printf 'garbage' | dd of=v.vhdx bs=1 seek=262144 conv=notrunc 2>/dev/null
expect 4 'damage' check v.vhdx
expect 4 'no VHDX image' merge a.img
[ ! -e "$dir/state" ] || wrong "a state directory was made"
exit $bad
