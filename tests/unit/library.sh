#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The shared library as others see it: its name, what it needs, what it exports - every function of the
# public headers, and nothing else.
set -eu
build=$1
cd "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}"
library=$build/libreplsvc.so
command -v readelf >/dev/null || { echo "readelf is not installed"; exit 77; }
bad=0

soname=$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[ "$soname" = libreplsvc.so.1 ] || { echo "its SONAME is $soname"; bad=1; }

if ! grep -q '^REPLSVC_SANITIZE:[A-Z]*=.' "$build/CMakeCache.txt"; then
    for needed in $(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
        case $needed in
        libc.so* | ld-linux* | ld-musl*) ;;
        *) echo "it needs $needed"; bad=1 ;;
        esac
    done
fi

exported=$(readelf --dyn-syms -W "$library" | awk '$7 != "UND" && $5 != "LOCAL" && $8 != "" && NR > 3 { sub(/@.*/, "", $8); print $8 }' |
    grep -v '^Name$' | sort -u)
declared=$(cat include/replsvc/*.h | tr '\n' ' ' | grep -o 'REPLSVC_API [^;(]*replsvc_[a-z0-9_]*(' |
    sed 's/.*\(replsvc_[a-z0-9_]*\)($/\1/' | sort -u)
for name in $(comm -23 <(echo "$exported") <(echo "$declared")); do
    [ "$name" = REPLSVC_1 ] || { echo "exported, but not declared in a public header: $name"; bad=1; }
done
for name in $(comm -13 <(echo "$exported") <(echo "$declared")); do
    echo "declared, but not exported: $name"
    bad=1
done
echo "$(echo "$declared" | wc -l) functions"
exit $bad
