# SPDX-License-Identifier: BSD-2-Clause
# For sourcing by tests of the client: $dir is an empty directory that goes at the end, $REPLSVC_STATE lies in
# it. expect STATUS PATTERN WORD… runs the client and wants that exit status, and that pattern in what it
# prints on standard output or error. At the end: exit $bad.
client=$1/bin/replsvc
[ -x "$client" ] || { echo "the client was not built"; exit 77; }
bad=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export REPLSVC_STATE=$dir/state
unset REPLSVC_SOCKET

expect()
{
    local status=$1 pattern=$2 output got
    shift 2
    output=$("$client" "$@" 2>&1)
    got=$?
    [ $got = "$status" ] || { echo "replsvc $*: exit status $got, not $status: $output"; bad=1; }
    grep -q -- "$pattern" <<<"$output" || { echo "replsvc $*: no \`$pattern\` in: $output"; bad=1; }
}

wrong() { echo "$*"; bad=1; }

# A property of an object as JSON, e.g. property locator element show a.
property()
{
    local name=$1
    shift
    "$client" --json "$@" | sed -n "s/^  \"$name\": \"\{0,1\}\([^\"]*[^\",]\)\"\{0,1\},\{0,1\}$/\1/p"
}

# What is printed with --json is JSON.
json()
{
    command -v python3 >/dev/null || return 0
    "$client" --json "$@" | python3 -c 'import json, sys; json.load(sys.stdin)' || wrong "replsvc --json $*: no JSON"
}
