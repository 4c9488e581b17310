# SPDX-License-Identifier: BSD-2-Clause
"""How cost grows: creation against size, writes against snapshots and threads, a cut against members, opening
against elements. What is to be flat is told by the last column: the largest against the smallest."""
import json
import os
import shutil
import statistics
import subprocess

from harness import Skip, medium, say
from support.bed import Bed, paired, turns


def program(h, where, name, *arguments):
    where = os.path.join(where, name)
    os.mkdir(where)
    r = subprocess.run([os.path.join(os.path.abspath(h.build), "bench", name), where, *map(str, arguments)],
                       stdout=subprocess.PIPE, text=True)
    shutil.rmtree(where, ignore_errors=True)
    if r.returncode:
        raise SystemExit(f"{name} {arguments} ended with {r.returncode}")
    return [json.loads(line) for line in r.stdout.splitlines()]


def sizes(h, where):
    """Making a snapshot, with its map: ms against GiB."""
    for gib in (1, 16, 256, 4096, 65535):
        for a in program(h, where, "points", max(h.rounds, 5), "size", gib << 30):
            if a["name"].startswith("create"):
                yield gib, a["values"]


def members(h, where):
    """The pause of one cut through all, under load: ms against members."""
    for n in (1, 4, 16, 64, 256):
        yield n, program(h, where, "points", max(h.rounds, 5), "members", n)[0]["values"]


def snapshots(h, where):
    """A later write under that many snapshots: its CPU time as a multiple of none's."""
    for n in (1, 10, 30, 100):
        bed = Bed(h, "snapshot_writes", os.path.join(where, "chain"), "cached", 16, 64, n)
        runs = turns({s: lambda s=s: bed.run(s, 1, 4096, 100) for s in ("none", "later100")}, h.rounds)
        bed.close()
        yield n, paired(runs, "none", "later100", "rate_cpu")


def threads(side):
    def measure(h, where):
        for n in (1, 2, 4, 8, 16, 32):
            bed = Bed(h, "mirror_writes", os.path.join(where, "threads"), "cached", 64)
            runs = turns({side: lambda: bed.run(side, n, 4096, 150)}, h.rounds)
            bed.close()
            yield n, [r["cpu_us"] for r in runs[side]]
    measure.__doc__ = f"A 4 KiB write in the cache, {side}: microseconds of CPU against threads that write."
    return measure


def elements(h, where):
    """Opening a service: ms against elements, with a tenth as many relationships."""
    for n in (100, 1000, 10000):
        for a in program(h, where, "service_open", n, n // 10):
            if a["name"] == "service_open":
                yield n, [a["min"], a["median"], a["max"]]


CURVES = {  # name: (what measures it, medium, x, y, whether it is to be flat)
    "creation": (sizes, "xfs", "GiB", "ms", True),
    "cut": (members, "tmpfs", "members", "ms", False),
    "snapshots": (snapshots, "tmpfs", "snapshots", "× no snapshot", True),
    "threads, no relationship": (threads("none"), "tmpfs", "threads", "CPU µs a write", True),
    "threads, synchronous mirror": (threads("sync"), "tmpfs", "threads", "CPU µs a write", True),
    "open": (elements, "tmpfs", "elements", "ms", False),
}


def run(h):
    rows = []
    for name, (measure, kind, x, y, flat) in CURVES.items():
        try:
            with medium(kind, h.work, 4) as where:
                found = list(measure(h, where))
        except Skip as why:
            say(f"{name}: left out: {why}")
            continue
        say(f"\n{name}: {measure.__doc__}")
        medians = [statistics.median(v) for _, v in found]
        for (at, values), m in zip(found, medians):
            say(f"  {at:>8} {x:10} {m:>10.4f} {y}   {min(values):.4g}–{max(values):.4g}")
            rows.append({"workload": "growth", "medium": kind, "case": f"{name}, {at} {x}", "curve": name, "x": at,
                         "x_unit": x, "unit": y, "who": "ours", "ours": True, "values": values, "median": m,
                         "ratio": None, "goal": None})
        say(f"  the last is {medians[-1] / medians[0]:.2f} of the first" + (", and is to be 1" if flat else ""))
    return rows
