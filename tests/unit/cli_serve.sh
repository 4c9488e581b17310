#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The client beside a service that another process has open: `serve`, --connect, REPLSVC_SOCKET, and the state
# directory itself while it is in use.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"

head -c 1M /dev/urandom >"$dir/a.img"
mkdir "$dir/pool"
served=
trap 'if [ -n "$served" ]; then kill -9 "$served" 2>/dev/null; fi; rm -rf "$dir"' EXIT

# Starts `serve WORD…`, and returns when it says that it listens.
start()
{
    mkfifo "$dir/ready"
    "$client" serve "$@" >"$dir/ready" 2>"$dir/log" &
    served=$!
    read -r said <"$dir/ready" || { echo "serve $* ended: $(cat "$dir/log")"; exit 1; }
    rm "$dir/ready"
}
# stop SIGNAL STATUS
stop()
{
    kill "-$1" "$served"
    wait "$served" 2>/dev/null
    local got=$?
    [ $got = "$2" ] || wrong "serve ended with $got after $1, not $2"
    served=
}

expect 64 'needs --listen' serve
expect 64 'no permission bits' serve --listen "$dir/socket" --mode 888
expect 64 'no user' serve --listen "$dir/socket" --user nobody-of-that-name
expect 64 'exclude each other' --state "$dir/state" --connect "$dir/socket" element list
expect 4 'no service' --connect "$dir/socket" element list
[ ! -e "$dir/state" ] || wrong "a state directory was made"

start "$dir/state" --listen "$dir/socket" --mode 0640 --user 0
[ "$said" = "$dir/state is served on $dir/socket" ] || wrong "serve says: $said"
[ "$(stat -c %a "$dir/socket")" = 640 ] || wrong "the socket's mode is $(stat -c %a "$dir/socket")"

# Whichever way it is found, it is one service.
expect 0 '' --connect "$dir/socket" pool add main "$dir/pool"
expect 0 '' --connect="$dir/socket" element add a "$dir/a.img"
REPLSVC_SOCKET=$dir/socket expect 0 '^a ' element list
expect 0 '^a ' element list
expect 0 '^a ' --state "$dir/state" element list
REPLSVC_SOCKET=/nowhere expect 0 '^a ' --state "$dir/state" element list
expect 6 'in use' serve "$dir/state" --listen "$dir/other"
json --connect "$dir/socket" element show a

# Errors and waiting are as ever; host I/O is not for others.
expect 5 'hint: `replsvc element list`' --connect "$dir/socket" element show nobody
expect 0 '' --connect "$dir/socket" replica create a --type clone --name b --pool main
[ "$(property copy_state --connect "$dir/socket" replica show b)" = synchronized ] || wrong "the clone was not waited for"
cmp -s "$dir/a.img" "$dir/pool/"* || wrong "the clone is no copy"
expect 1 'host I/O' element read a
"$client" --connect "$dir/socket" events --seconds 20 --json >"$dir/events" &
follower=$!
until grep -q created "$dir/events"; do
    "$client" group create "g$RANDOM$RANDOM" a >/dev/null
done
kill "$follower"
wait "$follower"

stop TERM 0
[ ! -e "$dir/socket" ] || wrong "the socket is still there"
[ ! -s "$dir/log" ] || wrong "serve says on standard error: $(cat "$dir/log")"
expect 0 '^a ' element list

# After a kill the directory is free, and the socket is made anew.
start "$dir/state" --listen "$dir/socket"
stop KILL 137
[ -S "$dir/socket" ] || wrong "a killed service left no socket"
expect 4 'no service' --connect "$dir/socket" element list
expect 0 '^a ' element list
start --listen "$dir/socket"
expect 0 '^a ' --connect "$dir/socket" element list
stop INT 0
exit $bad
