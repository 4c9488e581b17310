# SPDX-License-Identifier: BSD-2-Clause
# For sourcing after cli.sh, by tests that serve a state directory over NBD: serve [WORD…] starts nbdkit with the
# plugin (and these words) on $dir/nbd, end_serving stops it, uri NAME is the address of an export. needs
# PROGRAM… skips the test where one is missing.
plugin=$1/lib/nbdkit-replsvc-plugin.so
server=

needs()
{
    local program
    for program; do
        command -v "$program" >/dev/null || { echo "$program is not installed"; exit 77; }
    done
}

needs nbdkit
[ -f "$plugin" ] || { echo "the nbdkit plugin was not built (is nbdkit-plugin-dev installed?)"; exit 77; }
nbdkit --dump-plugin "$plugin" >/dev/null 2>&1 ||
    { echo "nbdkit cannot load the plugin of this build (built with a sanitizer?)"; exit 77; }

serve()
{
    rm -f "$dir/nbd" "$dir/pid"
    nbdkit -f -U "$dir/nbd" -P "$dir/pid" "$plugin" state="$REPLSVC_STATE" "$@" >>"$dir/nbdkit.log" 2>&1 &
    server=$!
    local i
    for i in $(seq 200); do
        [ -s "$dir/pid" ] && return 0
        kill -0 $server 2>/dev/null || break
        sleep 0.05
    done
    echo "nbdkit does not serve:"
    cat "$dir/nbdkit.log"
    exit 1
}

end_serving()
{
    [ -n "$server" ] || return 0
    kill "${1:--TERM}" $server 2>/dev/null
    wait $server 2>/dev/null
    server=
}

uri() { printf 'nbd+unix:///%s?socket=%s' "$1" "$dir/nbd"; }

# An export as a file, by FUSE; unmounted at the end. as_file NAME: $dir/fuse.NAME/nbd
as_file()
{
    mkdir -p "$dir/fuse.$1"
    nbdfuse "$dir/fuse.$1" "$(uri "$1")" >>"$dir/nbdfuse.log" 2>&1 &
    local i
    for i in $(seq 200); do
        [ -e "$dir/fuse.$1/nbd" ] && return 0
        sleep 0.05
    done
    echo "nbdfuse does not serve $1:"
    cat "$dir/nbdfuse.log"
    exit 1
}

end_file() { fusermount3 -u "$dir/fuse.$1" || umount "$dir/fuse.$1"; }

end_all()
{
    local mount
    for mount in "$dir"/mount.*; do
        mountpoint -q "$mount" && umount "$mount"
    done
    for mount in "$dir"/fuse.*; do
        mountpoint -q "$mount" && end_file "${mount##*/fuse.}"
    done
    end_serving
    rm -rf "$dir"
}
trap end_all EXIT
