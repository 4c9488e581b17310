#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# doc/quickstart does what it says, and leaves nothing behind.
set -u
cd "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}" || exit 1
PATH=$PATH:/usr/sbin:/sbin
command -v mkfs.ext4 >/dev/null || { echo "e2fsprogs is not installed"; exit 77; }
TMPDIR=$(mktemp -d)
export TMPDIR REPLSVC_BUILD=$1
trap 'rm -rf "$TMPDIR"' EXIT
doc/quickstart || exit 1
left=$(find "$TMPDIR" -mindepth 1)
[ -z "$left" ] || { echo "it left $left"; exit 1; }
