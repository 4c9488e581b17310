# SPDX-License-Identifier: BSD-2-Clause
"""Host I/O to a volume without a relationship, beside the bare system calls: pread/pwrite and io_uring."""
import json
import os
import shutil
import statistics
import subprocess

from harness import Skip, medium, say

GOAL = 0.98


def one(h, where, mode, op, depth, block):
    work = os.path.join(where, "w")
    os.mkdir(work)
    tool = os.path.join(h.build, "bench", "host_writes")
    p = subprocess.run([tool, work, mode, "128", str(block), str(depth), op, "20", "30" if h.quick else "150"],
                       capture_output=True, text=True)
    shutil.rmtree(work)
    if p.returncode:
        raise SystemExit(f"host_writes: {p.stderr}")
    rates = json.loads(p.stdout)
    # Through the cache nothing is waited for: the CPU time is the time, whatever else the machine does.
    kind = "_cpu" if mode == "cached" else ""
    pairs = list(zip(rates["bare" + kind], rates["ours" + kind]))
    ratio = statistics.median(ours / bare for bare, ours in pairs)
    rows = []
    name = f"{block >> 10}K random {op}s, " + (f"{depth} in flight" if depth else "one after the other") + \
        (", past the cache" if mode == "direct" else ", in the cache")
    for who, k in (("bare", 0), ("ours", 1)):
        per_op = sorted(1 / p[k] for p in pairs)
        rows.append({"workload": "host_write", "medium": "xfs", "case": name, "goal": GOAL, "who": who,
                     "ours": who == "ours", "seconds": per_op, "median": statistics.median(per_op), "cpu": 0,
                     "memory": 0, "ratio": ratio if who == "ours" else None})
    say(f"  {name:52}{1e6 * rows[0]['median']:>9.2f}{1e6 * rows[1]['median']:>9.2f}{ratio:>8.3f}")
    return rows


def run(h):
    rows = []
    try:
        with medium("xfs", h.work, 1) as where:
            say(f"\n  {'microseconds for one (in the cache: of CPU)':52}{'bare':>9}{'ours':>9}{'ratio':>8} (goal {GOAL})")
            for mode in ("cached", "direct"):
                for op in ("write", "read"):
                    for depth in (0, 1, 32):
                        rows += one(h, where, mode, op, depth, 4096)
    except Skip as why:
        say(f"\nhost_write: left out: {why}")
    return rows
