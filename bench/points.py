# SPDX-License-Identifier: BSD-2-Clause
"""What a point in time costs whatever the size: creation, the pause of a group's cut, memory."""
import json
import os
import shutil
import statistics
import subprocess

from harness import Skip, medium, say


def measure(h, where, part):
    where = os.path.join(where, part)
    os.mkdir(where)
    program = os.path.join(os.path.abspath(h.build), "bench", "points")
    r = subprocess.run([program, where, str(max(h.rounds, 5)), part], stdout=subprocess.PIPE, text=True)
    shutil.rmtree(where, ignore_errors=True)
    if r.returncode:
        raise SystemExit(f"points {part} ended with {r.returncode}")
    return [json.loads(line) for line in r.stdout.splitlines()]


def run(h):
    """Creation is measured where a sync costs something, the rest where other things do not matter."""
    rows = []
    for name in h.media or ["xfs", "tmpfs"]:
        try:
            with medium(name, h.work, 4) as where:
                found = [a for part in (("group", "memory") if name == "tmpfs" else ("sizes",))
                         for a in measure(h, where, part)]
        except Skip as why:
            say(f"{name}: left out: {why}")
            continue
        say(f"\n{name:59}{'median':>10}{'range':>20}")
        for a in found:
            v = sorted(a["values"])
            median = statistics.median(v)
            goal = a["goal"] or None
            rows.append({"workload": "points", "medium": name, "case": f"{a['name']}, {name}", "who": "ours",
                         "ours": True, "unit": a["unit"], "values": a["values"], "median": median,
                         "ratio": goal / median if goal else None, "goal": 1.0 if goal else None})
            say(f"  {a['name']:57}{median:>10.4f}{f'{v[0]:.4g}–{v[-1]:.4g}':>20} {a['unit']}"
                + (f"  (goal < {goal})" if goal else ""))
    return rows
