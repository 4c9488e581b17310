#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A client and a backend that were compiled against the first release's headers (tests/abi/client.c,
# doc/examples/ram_backend.c) still run with the library as it is now.
set -u
build=$1
old=${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}/tests/abi/old
[ "$(uname -m)" = x86_64 ] || { echo "the kept binaries are for x86_64"; exit 77; }
if grep -q '^REPLSVC_SANITIZE:[A-Z]*=.' "$build/CMakeCache.txt"; then
    echo "a sanitizer's library is not for programs without it"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/pool"
for client in "$old"/client-*; do
    for module in "$old"/ram-*.so; do
        rm -rf "$dir/state" "$dir/pool"/*
        LD_LIBRARY_PATH=$build "$client" "$dir/state" "$dir/pool" "$module" >"$dir/out" 2>&1 ||
            { echo "$(basename "$client") with $(basename "$module"):"; cat "$dir/out"; exit 1; }
    done
done
