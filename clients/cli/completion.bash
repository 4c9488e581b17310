# SPDX-License-Identifier: BSD-2-Clause
# bash completion for replsvc: the client itself says what may stand where.
_replsvc()
{
    local current=${COMP_WORDS[COMP_CWORD]} first=1 state=() candidates IFS=$'\n'
    # Options before the command are not part of what the client completes, but tell which service it is.
    while [[ $first -lt $COMP_CWORD ]]; do
        case ${COMP_WORDS[first]} in
        --state | --connect) state=("${COMP_WORDS[first]}" "${COMP_WORDS[first + 1]/#\~/$HOME}"); first=$((first + 2)) ;;
        -*) first=$((first + 1)) ;;
        *) break ;;
        esac
    done
    if [[ ${COMP_WORDS[COMP_CWORD - 1]} == --state ]]; then
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        return
    fi
    if [[ ${COMP_WORDS[COMP_CWORD - 1]} == --connect ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    candidates=$("${COMP_WORDS[0]/#\~/$HOME}" "${state[@]}" __complete \
        "${COMP_WORDS[@]:first:COMP_CWORD-first}" "$current" 2>/dev/null)
    if [[ $candidates == "<file>" ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames 2>/dev/null
    else
        mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current" | sort -u)
    fi
}
complete -F _replsvc replsvc
