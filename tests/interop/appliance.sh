#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# doc/appliance is a test, too: with NBD as hosts' way in, and with iSCSI where tgt is.
set -u
source=${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}
[ "$(id -u)" = 0 ] || { echo "mounting needs root"; exit 77; }
[ -f "$1/lib/nbdkit-replsvc-plugin.so" ] || { echo "the nbdkit plugin was not built"; exit 77; }
nbdkit --dump-plugin "$1/lib/nbdkit-replsvc-plugin.so" >/dev/null 2>&1 || { echo "nbdkit cannot load the plugin of this build"; exit 77; }
seconds=2
[ -n "${REPLSVC_LONG:-}" ] && seconds=600
export REPLSVC_BUILD=$1
"$source/doc/appliance" --seconds $seconds || exit
if command -v tgtd >/dev/null; then
    "$source/doc/appliance" --iscsi --seconds $seconds
else
    echo "without: iSCSI (tgt is not installed)"
fi
