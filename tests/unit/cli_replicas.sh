#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The client on relationships and jobs.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"

head -c 3M /dev/urandom >"$dir/a.img"
head -c 2M /dev/urandom >"$dir/b.img"
truncate -s 4M "$dir/a.img" "$dir/b.img" "$dir/c.img"
mkdir "$dir/pool"
expect 0 '' pool add main "$dir/pool"
for name in a b c; do
    expect 0 '' element add $name "$dir/$name.img"
done
expect 0 '' group create both a b

image_of() { property locator element show "$1" | sed 's/^file://'; }

# What is missing or wrong is said, and nothing is changed.
expect 64 'needs --type' replica create a --pool main
expect 64 'clone, snapshot or mirror' replica create a --type copy
expect 64 'either elements or --group' replica create --type clone
expect 64 'no copy state' replica create a --type clone --wait-for done
expect 64 'no PROPERTY=VALUE' replica create a --type clone --set Colour=red
expect 64 'exact-order' replica create a --type clone --set Pairing=best
expect 5 'hint: .*replica list' replica show nothing
expect 5 '' replica detach nothing

# One element, to a pool; and to an element that exists.
expect 0 '' replica create a --type clone --name a2 --pool main --wait-for synchronized
cmp -s "$dir/a.img" "$(image_of a2)" || wrong "the clone in the pool differs"
expect 0 '' replica create b --type clone --target c
cmp -s "$dir/b.img" "$dir/c.img" || wrong "the clone in an element differs"
expect 6 'hint' replica create b --type clone --target c
expect 0 'synchronized' replica show a2
expect 0 'b -> c' replica list
json replica list
json replica show c

# A group; several copies of one element; a list; settings.
expect 0 '' replica create --group both --type clone --consistent --name g --pool main --set CopyPriority=low
cmp -s "$dir/a.img" "$(image_of g_1)" || wrong "the first member's clone differs"
cmp -s "$dir/b.img" "$(image_of g_2)" || wrong "the second member's clone differs"
expect 0 'both -> ' replica list
[ "$(property copy_state replica show g)" = synchronized ] || wrong "the group is not synchronized"
json replica show g
expect 0 'g -> .*clone, synchronized .*100%' group show both
expect 0 '' replica create a --count 2 --type clone --name many --pool main
cmp -s "$dir/a.img" "$(image_of many_2)" || wrong "the second copy differs"
expect 0 '' replica create a b --type clone --pool main --json
printf 'instance of CIM_ReplicationSettingData { OnGroupOrListError = 3; };' >"$dir/settings"
expect 0 '' replica create a --type clone --pool main --settings "$dir/settings"
printf 'nonsense' >"$dir/settings"
expect 5 'settings' replica create a --type clone --pool main --settings "$dir/settings"

# Work that is left to the next opener is done by it.
expect 0 '' replica create a --type clone --name later --pool main --no-wait
for _ in $(seq 100); do
    [ "$(property copy_state replica show later)" = synchronized ] && break
    "$client" events --seconds 1 >/dev/null
done
cmp -s "$dir/a.img" "$(image_of later)" || wrong "the clone that was left is not complete"
expect 0 '' job list
json job list
expect 5 'hint: .*job list' job show nothing

# Progress is a matter of standard error; with --quiet there is none.
[ -z "$("$client" --quiet replica create a --type clone --pool main 2>&1)" ] || wrong "--quiet says something"
exit $bad
