#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The client's counters: as text, as JSON, for Prometheus, and again and again.
set -u
. "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/support/cli.sh" "$1"
command -v python3 >/dev/null || { echo "needs python3, which reads what is printed"; exit 77; }
check="$(dirname "$0")/../support/prometheus.py"

truncate -s 2M "$dir/a.img" "$dir/b.img" "$dir/c.img" "$dir/d.img"
awkward='we"b\x é'
expect 0 '' element add "$awkward" "$dir/a.img"
expect 0 '' element add b "$dir/b.img"
expect 0 '' element add c "$dir/c.img"
expect 0 '' element add d "$dir/d.img"

# A service without relationships has none to tell of, and is whole all the same.
"$client" stats --prometheus | python3 "$check" >/dev/null || wrong "not Prometheus' format, without relationships"
"$client" --state "$dir/empty" stats --prometheus | python3 "$check" >/dev/null || wrong "nor of an empty service"

expect 0 '' replica create "$awkward" --type mirror --target b
expect 0 '' group create one c
expect 0 '' group create two d
expect 0 '' replica create --group one --target-group two --type clone --name both
expect 0 '^service' stats
expect 0 'worker_threads' stats
expect 0 'write_latency .*timed' stats b
json stats
json stats b
"$client" --json stats b | grep -q '"service"' && wrong "the service is told of where an element was asked for"
found=$("$client" stats --prometheus | python3 "$check" replsvc_service_elements replsvc_replica_copy_state) ||
    wrong "not Prometheus' format"
grep -q '^replsvc_service_elements 4' <<<"$found" || wrong "four elements are not told: $found"
[ "$(grep -c '^replsvc_replica_copy_state .* group=sync-.* 4$' <<<"$found")" = 1 ] || wrong "the pair: $found"
[ "$(grep -c '^replsvc_replica_copy_state .* group= 4$' <<<"$found")" = 2 ] || wrong "the others: $found"
expect 5 'hint: .*element list' stats nothing
expect 64 'all there is' stats --prometheus b

# Where standard output is no terminal, pictures follow each other, plainly.
picture=$("$client" top --count 2 --interval 0.05) || wrong "top fails"
[ "$(grep -c '^ELEMENT' <<<"$picture")" = 2 ] || wrong "top does not show two pictures: $picture"
grep -q '^replica-1 .*synchronized .*100%' <<<"$picture" || wrong "top does not show the mirror: $picture"
grep -q $'\033' <<<"$picture" && wrong "top draws where there is no terminal"
expect 64 'no terminal' top
expect 64 'seconds from' top --count 1 --interval soon
expect 64 'a number from 1' top --count 0
exit $bad
