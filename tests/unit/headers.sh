#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Each public header compiles alone, as C11, C17 and C++17, without a warning and without extensions.
set -u
cd "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}" || exit 1
cxx=$(command -v g++ || command -v clang++) || echo "no C++ compiler: only C is tried"
bad=0
for header in include/replsvc/*.h; do
    for standard in c11 c17 c++17; do
        case $standard in
        c++*) [ -n "$cxx" ] || continue; compiler="$cxx -x c++" ;;
        *) compiler="${REPLSVC_CC:-cc} -x c" ;;
        esac
        $compiler -std=$standard -Wall -Wextra -Wpedantic -Wshadow -Werror -Iinclude -fsyntax-only "$header" || bad=1
    done
done
exit $bad
