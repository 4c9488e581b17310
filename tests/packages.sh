# SPDX-License-Identifier: BSD-2-Clause
# For sourcing: install_packages required|optional WHAT:PACKAGE…
# WHAT is a command or an absolute path that shows that Debian's PACKAGE is there. What is missing is
# installed by apt-get when root; otherwise the command that would do it is said, and for required ones 1
# is returned.
PATH=$PATH:/usr/sbin:/sbin

install_packages()
{
    local kind=$1 pair missing=()
    shift
    for pair; do
        case ${pair%%:*} in
        /*) [ -e "${pair%%:*}" ] ;;
        *) command -v "${pair%%:*}" >/dev/null ;;
        esac || missing+=("${pair##*:}")
    done
    [ ${#missing[@]} = 0 ] && return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing: ${missing[*]}" >&2
        export DEBIAN_FRONTEND=noninteractive
        if apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
            { apt-get update >/dev/null 2>&1 &&
                apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1; }; then
            return 0
        fi
        # One that this release does not have must not keep the others away.
        for pair in "${missing[@]}"; do
            apt-get install -y --no-install-recommends "$pair" >/dev/null 2>&1 ||
                echo "apt-get cannot install $pair" >&2
        done
        [ "$kind" = optional ] && return 0
        echo "these packages are required: ${missing[*]}" >&2
        return 1
    fi
    if [ "$kind" = optional ]; then
        echo "more tests would run with: apt-get install ${missing[*]}" >&2
        return 0
    fi
    echo "please install first: apt-get install ${missing[*]}" >&2
    return 1
}
