#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The client on elements, pools and groups.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"

truncate -s 4M "$dir/a.img" "$dir/b.img" "$dir/c.img"
mkdir "$dir/pool"

# Elements: absolute, relative and with a scheme.
expect 0 '' element add a "file:$dir/a.img"
expect 0 '' element add b "$dir/b.img"
cd "$dir" || exit 1
expect 0 '' element add c c.img --read-only
cd - >/dev/null || exit 1
[ "$(property locator element show c)" = "file:$dir/c.img" ] || wrong "a relative path was not made absolute"
[ "$(property size element show a)" = 4194304 ] || wrong "the size of a is wrong"
[ "$(property read_only element show c)" = true ] || wrong "c is not read-only"
expect 0 '^c ' element list
expect 5 'hint' element add d "file:$dir/missing.img"
expect 6 'hint: .*element list.*what is known already' element add d "file:$dir/a.img"
expect 1 'hint: what stands before the colon' element add d "nosuch:a"
expect 5 'hint: .*element list' element show nothing
expect 5 '"code": 5' --json element show nothing
json element list
json element show a

# Pools and elements made in them.
expect 0 '' pool add main "$dir/pool" --limit 100M
expect 0 '^main ' pool list
expect 0 '"name": "main"' pool show main --json
expect 64 'needs --size' element create made --pool main
expect 0 '' element create made --size 2M --pool main
[ "$(property created_by_service element show made)" = true ] || wrong "made was not made by the service"
expect 6 '' pool remove main
json pool list

# Reading and writing as a host.
echo "hello, disk" | "$client" element write a --offset 64k || wrong "element write fails"
[ "$("$client" element read a --offset 64k --length 11)" = "hello, disk" ] || wrong "what was written is not read"
expect 0 '' element read a "$dir/copy"
cmp -s "$dir/copy" "$dir/a.img" || wrong "element read gives something else than the image"
head -c 5M /dev/zero | "$client" element write a 2>/dev/null && wrong "a write past the end succeeds"
echo x | "$client" element write c 2>/dev/null && wrong "a read-only element is written"

# Groups keep the order of their members.
expect 0 '' group create shop b a
expect 0 '' group add shop made
[ "$("$client" group show shop | tail -n 3 | tr -d ' \n')" = bamade ] || wrong "the members are not in order"
expect 0 '' group remove shop a
expect 8 '' group remove shop a
expect 5 'hint: .*group list' group show nothing
expect 5 '' group create shop
expect 0 '' group create none --persistent no --delete-on-empty yes
[ "$(property delete_on_empty_element group show none)" = true ] || wrong "delete-on-empty is not kept"
expect 64 'yes or no' group create x --persistent maybe
json group list
json group show shop
expect 0 '' group delete shop
expect 0 '' group delete none

# Everything is there in the next process; and only one process at a time has the directory.
expect 0 'a.img' element list
# Looking may itself keep the holder out: then he tries again.
hold()
{
    until "$client" events --follow >/dev/null 2>&1 & echo $! >"$dir/holder"; wait $!; do :; done
}
hold &
holder=$!
for _ in $(seq 1000); do
    "$client" element list >/dev/null 2>&1 || break
done
expect 6 'hint: one process at a time' element list
kill -INT "$(cat "$dir/holder")"
wait $holder

image=$(property locator element show made)
expect 0 '' element remove made --data
[ ! -e "${image#file:}" ] || wrong "the image that the service made is still there"
expect 0 '' element remove a b c
[ -e "$dir/a.img" ] || wrong "an image that was registered is gone"
expect 0 '' pool remove main
exit $bad
