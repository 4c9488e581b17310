#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What is installed is found and used by other builds: by pkg-config and by CMake, shared and static, from C
# and C++, from a prefix that is not where it was configured for; and by musl's C library if it is there.
set -eu
build=$1
cd "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}"
if grep -q '^REPLSVC_SANITIZE:[A-Z]*=.' "$build/CMakeCache.txt"; then
    echo "a sanitizer's build is not for others to link with"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
DESTDIR=$dir/stage cmake --install "$build" --prefix /opt/replsvc >/dev/null
mv "$dir/stage/opt/replsvc" "$dir/prefix"
libdir=$(dirname "$(find "$dir/prefix" -name libreplsvc.so.1)")
for file in include/replsvc/replsvc.h share/doc/replsvc/LICENSE; do
    [ -f "$dir/prefix/$file" ] || { echo "$file is not installed"; exit 1; }
done

cat >"$dir/user.c" <<'C'
#include <replsvc/replsvc.h>
#include <stdio.h>
int main(void)
{
    puts(replsvc_version_string());
    return replsvc_version() >> 16 == 1 ? 0 : 1;
}
C
cp "$dir/user.c" "$dir/user.cpp"

if command -v pkg-config >/dev/null; then
    export PKG_CONFIG_PATH=$libdir/pkgconfig
    ${REPLSVC_CC:-cc} -Werror "$dir/user.c" -o "$dir/user" $(pkg-config --cflags --libs replsvc)
    LD_LIBRARY_PATH=$libdir "$dir/user"
    if command -v g++ >/dev/null; then
        g++ -Werror -std=c++17 "$dir/user.cpp" -o "$dir/user++" $(pkg-config --cflags --libs replsvc)
        LD_LIBRARY_PATH=$libdir "$dir/user++"
    fi
fi

mkdir "$dir/consumer"
cat >"$dir/consumer/CMakeLists.txt" <<'C'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(replsvc 1.0 REQUIRED)
add_executable(shared ../user.c)
target_link_libraries(shared replsvc::replsvc)
add_executable(static ../user.c)
target_link_libraries(static replsvc::static)
C
cmake -S "$dir/consumer" -B "$dir/consumer/build" -DCMAKE_PREFIX_PATH="$dir/prefix" \
    -DCMAKE_C_COMPILER="${REPLSVC_CC:-cc}" >/dev/null
cmake --build "$dir/consumer/build" >/dev/null
"$dir/consumer/build/shared"
"$dir/consumer/build/static"
ldd "$dir/consumer/build/static" | grep -q replsvc && { echo "the static consumer needs the shared library"; exit 1; }

if command -v musl-gcc >/dev/null; then
    musl-gcc -Werror -I "$dir/prefix/include" -c "$dir/user.c" -o "$dir/user-musl.o"
fi
exit 0
