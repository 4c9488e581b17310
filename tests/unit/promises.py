# SPDX-License-Identifier: BSD-2-Clause
"""The headers say of each function that lib/api/not_supported.c answers for that it is not served yet.
Whoever implements one removes it there, and its note in the header; a note that is left is told of, but
promises too little and not too much."""
import glob
import os
import re
import sys

SOURCE = os.environ["REPLSVC_SOURCE_DIR"]
NOTE = "@note Not served by this version yet"

STUBS = f"{SOURCE}/lib/api/not_supported.c"
absent = set()
if os.path.exists(STUBS):  # everything is served when it is gone
    with open(STUBS, encoding="utf-8") as f:
        absent = {"replsvc_" + name for name in
                  re.findall(r"^(?:uint32_t|int|void) (?:local|replsvc)_(\w+)\(", f.read(), re.M)}
noted = set()
for path in glob.glob(f"{SOURCE}/include/replsvc/*.h"):
    with open(path, encoding="utf-8") as f:
        for comment, name in re.findall(
                r"(/\*\*(?:(?!\*/).)*\*/)\s*REPLSVC_API [^;(]*?\b(replsvc_\w+)\(", f.read(), re.S):
            if NOTE in comment:
                noted.add(name)
for name in sorted(absent - noted):
    print(f"{name} is not supported, but its header does not say so ({NOTE})")
for name in sorted(noted - absent):
    print(f"remove the note in the header: {name} is served")
print(f"{len(absent)} functions are not served yet")
sys.exit(1 if absent - noted else 0)
