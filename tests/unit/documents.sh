#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The documents agree with the code: doxygen has no warning about the headers, each man page is without
# fault, and the client's page has each of its commands and options.
set -u
build=$1
cd "${REPLSVC_SOURCE_DIR:-$(dirname "$0")/../..}" || exit 1
bad=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if command -v doxygen >/dev/null && [ -f "$build/doc/Doxyfile" ]; then
    { cat "$build/doc/Doxyfile"; echo "OUTPUT_DIRECTORY = $dir"; } >"$dir/Doxyfile"
    doxygen "$dir/Doxyfile" >"$dir/log" 2>&1 || { cat "$dir/log"; bad=1; }
else
    echo "doxygen is not installed: the headers are not tried"
fi

# The pages of the families are written from the headers: every public function is on one of them.
if command -v python3 >/dev/null; then
    python3 doc/man_pages.py "$dir/man3" || bad=1
    for page in "$dir"/man3/replsvc_*.3; do
        [ -e "$dir/$(sed 's/^.so //' "$page")" ] || { echo "$page leads nowhere"; bad=1; }
    done
fi

if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning doc/man/*.[1-9] || bad=1
    if [ -d "$dir/man3" ]; then # what they refer to is not installed
        mandoc -T lint "$dir"/man3/replsvc-*.3 | grep -v 'referenced manual not found' && bad=1
    fi
else
    echo "mandoc is not installed: the man pages are not tried"
fi

if command -v python3 >/dev/null; then
    python3 doc/cim_page.py --check || bad=1
fi

# The program in the README is the example that is compiled and run.
if ! diff <(sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d') <(sed -n '/^#include <replsvc/,$p' doc/examples/first_replica.c); then
    echo "the README's program is not doc/examples/first_replica.c"
    bad=1
fi

# Links between the documents lead somewhere.
for page in README.md doc/*.md; do
    for link in $(grep -o '](\([^)#]*\))' "$page" | sed 's/](\(.*\))/\1/' | grep -v '^http'); do
        [ -e "$(dirname "$page")/$link" ] || { echo "$page: there is no $link"; bad=1; }
    done
done

client=$build/bin/replsvc
page=doc/man/replsvc.1
[ -x "$client" ] || { echo "the client was not built"; exit $bad; }
while read -r command; do
    grep -q "^\.It Cm $command\( \|$\)" "$page" || { echo "$page lacks \`$command\`"; bad=1; }
    section=$(sed -n "/^\.It Cm $command\( \|$\)/,/^\.It Cm \|^\.Ss/p" "$page")
    for option in $("$client" $command --help | sed -n 's/^  --\([a-z-]*\).*/\1/p'); do
        grep -q "^\.It Fl Fl $option\( \|$\)" <<<"$section" || { echo "$page lacks --$option of \`$command\`"; bad=1; }
    done
done < <("$client" --help | sed -n 's/^  \(\(\(element\|pool\|group\|replica\|job\) \)\?[a-z-]*\) .*/\1/p')
exit $bad
