# SPDX-License-Identifier: BSD-2-Clause
"""Host writes under snapshots: first and later touches, one and a hundred, against QEMU's copy-before-write."""
import os
import re
import shutil
import subprocess

from harness import Skip, medium, say
from support.bed import Bed, row, show, steady, turns

OVERLAY_MIB = 64  # the default of a service
REGION = 65536


class QemuBench:
    """qemu-img bench: QEMU's block layer called in its own process, without NBD. It writes 4 KiB into each
    64 KiB in rising order, as our first touches do, and flushes at the end."""

    def __init__(self, where, size, direct):
        self.where, self.size, self.direct = where, size, direct
        os.makedirs(where)
        block = os.urandom(1 << 20)
        with open(f"{where}/src", "wb") as f:
            for i in range(size >> 20):
                f.write(i.to_bytes(8, "little") + block[8:])
        os.sync()

    def run(self, cbw, writers, block):
        d, n = "on" if self.direct else "off", self.size // REGION
        dst = f"{self.where}/dst"
        if os.path.exists(dst):
            os.unlink(dst)
        with open(dst, "wb") as f:
            f.truncate(self.size)
        image = f"driver=file,filename={self.where}/src,cache.direct={d}"
        if cbw:
            image = (f"driver=copy-before-write,file.driver=file,file.filename={self.where}/src,file.cache.direct={d},"
                     f"target.driver=file,target.filename={dst},target.cache.direct={d}")
        out = subprocess.run(["qemu-img", "bench", "-w", "-t", "none" if self.direct else "writeback", "-c", str(n),
                              "-d", str(writers), "-s", str(block), "-S", str(REGION), f"--flush-interval={n}",
                              "--image-opts", image], capture_output=True, text=True)
        seconds = float(re.search(r"in ([0-9.]+) seconds", out.stdout).group(1))
        return {"rate": n / seconds, "rate_synced": n / seconds}


def first_touches(h, where, name, how, mib):
    """Ours with and without the overlay beside QEMU: rates with the flush at the end, for all."""
    rows, n = [], (mib << 20) // REGION
    ours = Bed(h, "snapshot_writes", os.path.join(where, "ours"), how, mib, OVERLAY_MIB)
    plain = Bed(h, "snapshot_writes", os.path.join(where, "plain"), how, mib, 0)
    qemu = QemuBench(os.path.join(where, "qemu"), mib << 20, how == "direct") if shutil.which("qemu-img") else None
    for writers in (1, 16):
        case = {"workload": "snapshot", "medium": name,
                "case": f"first touches of 4 KiB, {writers} at once, {how}, {name}"}
        say(f"\n{case['case']}")
        sides = {"first": lambda: ours.run("first", writers, 4096, 60000, n),
                 "plain flushes": lambda: plain.run("first", writers, 4096, 60000, min(n, 1024)),
                 "first100": lambda: ours.run("first100", writers, 4096, 60000, n)}
        if qemu:
            sides["qemu cbw"] = lambda: qemu.run(True, writers, 4096)
            sides["qemu plain"] = lambda: qemu.run(False, writers, 4096)
        runs = turns(sides, max(3, h.rounds // 2))
        key = {"key": "rate_synced"}
        new = [row(case, s, runs, own=False, **key) for s in ("qemu plain", "qemu cbw") if s in runs]
        new += [row(case, "plain flushes", runs, own=False, **key),
                row(case, "first", runs, ["qemu cbw"], 2.0, **key),
                row(dict(case, case=case["case"] + ", overlay"), "first", runs, ["plain flushes"], 1.0, **key),
                row(dict(case, case=case["case"] + ", 100 snapshots"), "first100", runs, ["first"], **key)]
        show(new)
        rows += new
    for one in (ours, plain):
        one.close()
    if qemu:
        shutil.rmtree(qemu.where)
    return rows


def later_touches(h, where, name, how, mib):
    rows, ms = [], 150 if h.quick else 400
    bed = Bed(h, "snapshot_writes", os.path.join(where, "later"), how, mib, OVERLAY_MIB)
    for writers in (1, 16):
        case = {"workload": "snapshot", "medium": name,
                "case": f"later touches of 4 KiB, {writers} at once, {how}, {name}"}
        say(f"\n{case['case']}")
        runs = turns({s: lambda s=s: bed.run(s, writers, 4096, ms) for s in ("none", "later", "later100")}, h.rounds)
        by = steady(how)
        new = [row(case, "none", runs, own=False, **by), row(case, "later", runs, ["none"], 0.97, **by),
               row(dict(case, case=case["case"] + ", 100 snapshots"), "later100", runs, ["none"], 0.97, **by)]
        show(new)
        rows += new
    bed.close()
    return rows


def run(h):
    rows = []
    mib = 128 if h.quick else 512
    for name in h.media or ["xfs"]:
        try:
            with medium(name, h.work, 4 if h.quick else 12) as where:
                for how in ("cached", "direct"):
                    rows += first_touches(h, where, name, how, mib)
                    rows += later_touches(h, where, name, how, mib)
        except Skip as why:
            say(f"\n{name}: left out: {why}")
    return rows
