# SPDX-License-Identifier: BSD-2-Clause
# Reads what ctest printed (for each program's verdict) and then its LastTest.log (for what the program
# printed): awk -f count.awk PRINTED LastTest.log. Names what failed and what was skipped, with the reason
# it gave; the last line is `N passed, N failed, N skipped`. A program of cmocka tests counts as its tests, a
# script as one; a program that dies, or ends badly without a failed test, adds one failure. Exit status 1
# if any failed, or if nothing ran at all.
BEGIN { passed = failed = skipped = 0 }

FNR == NR {
    if (match($0, /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: /)) {
        line = substr($0, RLENGTH + 1)
        split(line, word, " ")
        if (line ~ /\*\*\*/) { sub(/.*\*\*\* */, "", line); sub(/  .*/, "", line) }
        else line = line ~ /   Passed / ? "Passed" : "did not run"
        verdicts[word[1]] = line
    }
    next
}
/^[0-9]+\/[0-9]+ Testing: / { name = $3; ok = bad = skip = 0; inside = 0; reason = ""; verdict = verdicts[$3]; next }
/^Output:$/ { inside = 1; listing = 0; next }
/^<end of output>$/ { inside = 0; next }
inside && /^\[==========\].* test\(s\) run\.$/ { listing = 1; next } # what follows repeats the names
inside && !listing && /\[       OK \] / { ok++; next }
inside && !listing && /\[  FAILED  \] / { bad++; note("FAILED  " name ": " after("[  FAILED  ] ")); next }
inside && !listing && /\[  SKIPPED \] / { skip++; note("skipped " name ": " after("[  SKIPPED ] ") why()); next }
inside && !/^\[/ && !/^-+$/ && NF { reason = $0; next }
/" end time: / { finish() }

function after(mark) { return substr($0, index($0, mark) + length(mark)) }
function why() { return reason == "" ? "" : " (" reason ")" }
function note(line) { notes[++n_notes] = line; reason = "" }
function finish() {
    if (verdict ~ /^Skipped/) {
        passed += ok; failed += bad; skipped += skip + (ok + bad + skip == 0)
        if (ok + bad + skip == 0) note("skipped " name why())
    } else if (verdict == "Passed") {
        passed += ok + (ok + bad + skip == 0); failed += bad; skipped += skip
    } else {
        passed += ok; failed += bad + (bad == 0); skipped += skip
        if (bad == 0) note("FAILED  " name ": " (verdict == "" ? "did not end" : verdict) why())
    }
    name = ""
}
END {
    if (name != "") finish()
    for (i = 1; i <= n_notes; i++) print notes[i]
    if (passed + failed == 0) { print "no test ran"; failed = 1 }
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0
}
