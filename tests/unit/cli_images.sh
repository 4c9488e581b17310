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

# A plain path is told by its name; what lies in a raw image does not count.
expect 0 '' create w.vhdx --size 8M --block-size 1M
expect 0 'backend  *vhdx' info w.vhdx
expect 0 'done' copy a.img w2.avhdx
expect 0 'done' copy w2.avhdx back2.img --verify
cmp -s a.img back2.img || wrong "what comes back from a plain .avhdx differs"
cp w.vhdx guest.img
expect 0 'backend  *file' info guest.img

# A chain: collapsed, refused while others depend on it, removed.
expect 0 '' create base.vhdx --size 8M --block-size 1M
expect 0 '' copy a.img base.vhdx --existing
expect 0 '' create one.avhdx --parent vhdx:base.vhdx
expect 0 '' create two.avhdx --parent one.avhdx
expect 0 '' copy d.img two.avhdx --existing
expect 0 '' create other.avhdx --parent base.vhdx
expect 6 'other.avhdx is another child of' collapse two.avhdx
expect 6 'other.avhdx is another child of' merge one.avhdx
rm other.avhdx
expect 5 'no ancestor' collapse one.avhdx --into two.avhdx
expect 5 'no parent' collapse base.vhdx
expect 64 'CHILD' collapse
expect 0 '' collapse two.avhdx --into one.avhdx
expect 0 '' collapse two.avhdx --remove
[ ! -e one.avhdx ] && [ ! -e two.avhdx ] || wrong "--remove leaves images"
expect 0 'done' copy base.vhdx flat.img
cmp -s -n 4194304 d.img flat.img || wrong "what was collapsed differs"

# A parent in another folder must be allowed.
mkdir sub
expect 5 'outside the allowed folders' create sub/c.vhdx --parent base.vhdx
REPLSVC_ROOTS="/nowhere:$dir" expect 0 '' create sub/c.vhdx --parent base.vhdx
expect 5 'REPLSVC_ROOTS' info sub/c.vhdx
REPLSVC_ROOTS=$dir expect 0 'type  *differencing' info sub/c.vhdx
REPLSVC_ROOTS=here expect 5 'absolute' info sub/c.vhdx
rm -r sub

# Bad input.
expect 5 'whole sectors' create bad.vhdx --size 1000
expect 5 'whole sectors' create bad.vhdx --size 65T
expect 5 'power of two' create bad.vhdx --size 1G --block-size 3M
expect 5 'sectors of 1024' create bad.vhdx --size 1G --logical-sector 1024
expect 5 'cannot be opened' create bad.vhdx --parent missing.vhdx
expect 5 'cannot be preallocated' create bad.vhdx --parent base.vhdx --preallocate
[ ! -e bad.vhdx ] || wrong "a refused image is there"
expect 5 'hint: nothing is at that path' check missing.vhdx
out=$("$client" check missing.vhdx 2>&1)
case $out in *damage*) wrong "a check that was not made tells sums" ;; esac
expect 4 'no VHDX image' check a.img
expect 4 'no VHDX image' info vhdx:a.img
expect 4 'no VHDX image' copy vhdx:a.img x.img
[ ! -e x.img ] || wrong "a failed copy leaves a target"

# Told with its offset, and repaired.
printf 'garbage' | dd of=base.vhdx bs=1 seek=65600 conv=notrunc 2>/dev/null
expect 4 'error *at 65536: header 1 at offset 65536: wrong checksum' check base.vhdx
expect 0 'repaired  *yes' check base.vhdx --repair
expect 0 'errors  *0' check base.vhdx
[ ! -e "$dir/state" ] || wrong "a state directory was made"
exit $bad
