#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The client's manners: help, wrong usage, exit status, completion. No state directory is needed.
set -u
client=$1/bin/replsvc
unset REPLSVC_STATE REPLSVC_SOCKET
bad=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# expect STATUS PATTERN WORD…: the exit status, and a pattern that standard output and error have.
expect()
{
    local status=$1 pattern=$2 output got
    shift 2
    output=$("$client" "$@" 2>&1)
    got=$?
    [ $got = "$status" ] || { echo "replsvc $*: exit status $got, not $status: $output"; bad=1; }
    grep -q -- "$pattern" <<<"$output" || { echo "replsvc $*: no \`$pattern\` in: $output"; bad=1; }
}

expect 0 'usage: replsvc' --help
expect 64 'usage: replsvc'
expect 0 '^replsvc 1\.' --version
expect 0 '"version": "1\.' version --json
expect 64 'no command `frobnicate`' frobnicate
expect 64 'no command `element frobnicate`' element frobnicate
expect 64 'unknown option --frob' --frob element list
expect 64 'no option --frob' --state "$dir/s" element list --frob
expect 64 'needs NAME LOCATOR' --state "$dir/s" element add one
expect 64 'is too much' --state "$dir/s" element list extra
expect 64 'needs a value' --state "$dir/s" pool add a b --limit
expect 64 'takes no value' copy a b --verify=yes
expect 64 'is no size' copy a b --rate quick
expect 64 'needs a state directory' element list
expect 64 'options begin with two dashes' copy a b -v
[ ! -e "$dir/s" ] || { echo "wrong usage made a state directory"; bad=1; }

while read -r command; do
    output=$("$client" $command --help) || { echo "$command --help fails"; bad=1; }
    grep -q "^usage: replsvc $command" <<<"$output" || { echo "$command --help has no usage"; bad=1; }
done < <("$client" --help | sed -n 's/^  \(\(\(element\|pool\|group\|replica\|job\) \)\?[a-z-]*\) .*/\1/p')

# Completion, through bash's own machinery.
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/clients/cli/completion.bash"
completes()
{
    local want=$1
    shift
    COMP_WORDS=("$client" "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _replsvc 2>/dev/null
    printf '%s\n' "${COMPREPLY[@]}" | grep -qx -- "$want" || { echo "completing \`$*\` does not offer $want"; bad=1; }
}
completes element ele
completes create group ""
completes --type replica create --t
completes snapshot replica create --type s
completes synchronized replica split x --wait-for ""
completes Pairing= replica create --set P
exit $bad
