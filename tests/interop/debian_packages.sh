#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The Debian packages build, lintian finds no error in them, and what they hold works: the packages are unpacked
# below a directory, and there a C program finds the library by pkg-config, the client makes a replica, and the
# Python module and its examples run. REPLSVC_DEBIAN_PACKAGES=DIRECTORY takes packages that were built before.
set -eu
cd "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}"
for tool in dpkg-buildpackage dh lintian dh_python3 pkg-config; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed"; exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
packages=${REPLSVC_DEBIAN_PACKAGES:-}
if [ -z "$packages" ]; then
    if ! missing=$(dpkg-checkbuilddeps pkgconfig/debian/control 2>&1); then
        echo "$missing"
        exit 77
    fi
    packages=$dir/packages
    # Quickly: without optimisation and debug information.
    export DEB_BUILD_OPTIONS="nocheck noopt noautodbgsym parallel=2" DEB_CFLAGS_STRIP=-g
    if ! pkgconfig/build-debian "$packages" >"$dir/log" 2>&1; then
        tail -n 40 "$dir/log"
        exit 1
    fi
fi
lintian --fail-on error --allow-root "$packages"/*.changes

root=$dir/root
for package in "$packages"/*.deb; do
    dpkg-deb -x "$package" "$root"
done
libdir=$(dirname "$(find "$root/usr/lib" -name libreplsvc.so.1)")
for file in bin/replsvc lib/python3/dist-packages/replsvc/py.typed share/man/man1/replsvc.1.gz \
    share/bash-completion/completions/replsvc share/doc/libreplsvc-doc/html/index.html; do
    [ -e "$root/usr/$file" ] || { echo "/usr/$file is in no package"; exit 1; }
done
export LD_LIBRARY_PATH=$libdir

# The first program of the README, with what -dev gives.
examples=$root/usr/share/doc/libreplsvc-doc/examples
truncate -s 4M "$dir/image"
mkdir "$dir/pool" "$dir/pool2" "$dir/pool3"
flags=$(PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config --cflags --libs replsvc)
"${REPLSVC_CC:-cc}" -Werror "$examples/first_replica.c" $flags -o "$dir/first_replica"
"$dir/first_replica" "$dir/state" "$dir/image" "$dir/pool" >/dev/null

"$root/usr/bin/replsvc" --state "$dir/state" replica list | grep -q synchronized

unset REPLSVC_LIBRARY
export PYTHONPATH=$root/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
/usr/bin/python3 -m replsvc --state "$dir/state" element list | grep -q copy
/usr/bin/python3 "$examples/python/first_replica.py" "$dir/state2" "$dir/image" "$dir/pool2" >/dev/null
/usr/bin/python3 "$examples/python/volume_life.py" "$dir/state3" "$dir/pool3" >/dev/null
