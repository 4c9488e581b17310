# SPDX-License-Identifier: BSD-2-Clause
"""Every public function that takes a service has its row in lib/control/calls.def, with the header's
parameters in the header's order; those that are about the handle itself or host I/O are the only others."""
import glob
import os
import re
import sys

SOURCE = os.environ["REPLSVC_SOURCE_DIR"]
BY_HAND = {"service_close", "service_listen", "service_unlisten", "event_fd", "event_next", "volume_open",
           "io_queue_open"}

bad = []
declared = {}
for path in glob.glob(f"{SOURCE}/include/replsvc/*.h"):
    with open(path, encoding="utf-8") as f:
        for name, parameters in re.findall(r"REPLSVC_API [^;(]*?\breplsvc_(\w+)\(([^;]*)\);", f.read()):
            if re.match(r"\s*replsvc_service \*service\b", parameters):
                declared[name] = re.findall(r"(\w+)(?:\[\])?\s*(?:,|$)", parameters.strip())[1:]

rows = {}
with open(f"{SOURCE}/lib/control/calls.def", encoding="utf-8") as f:
    table = f.read().split("*/", 1)[1]
for name, parameters in re.findall(r"\bCALL\((\w+),\s*((?:[^()]|\([^()]*\))*)\)", table):
    if name in rows:
        bad.append(f"calls.def has {name} twice")
    rows[name] = []
    for kind, parameter in re.findall(r"(\w+)\((?:\w+,\s*)?(\w+)\)", parameters):
        rows[name].append(parameter)
        if kind.endswith("S") and kind != "OPTIONS":
            rows[name].append("n_" + parameter)

for name in sorted(set(declared) - set(rows) - BY_HAND):
    bad.append(f"calls.def lacks replsvc_{name}: it would not work through the control socket")
for name in sorted((set(rows) | BY_HAND) - set(declared)):
    bad.append(f"no header declares replsvc_{name}")
for name in sorted(set(rows) & BY_HAND):
    bad.append(f"replsvc_{name} is written by hand, and in calls.def")
for name in sorted(set(rows) & set(declared)):
    if rows[name] != declared[name]:
        bad.append(f"calls.def has other parameters for replsvc_{name}: {rows[name]} instead of {declared[name]}")
print("\n".join(bad + [f"{len(rows)} functions"]))
sys.exit(1 if bad else 0)
