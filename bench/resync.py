# SPDX-License-Identifier: BSD-2-Clause
"""Becoming alike again after 0.1, 1 and 10 percent of scattered changes, against rsync and QEMU's bitmaps."""
import json
import os
import random
import shutil
import statistics
import subprocess
import time

from harness import Skip, medium, say
from support.bed import Qemu, row, show

REGION = 65536


def change(path, size, share, round_):
    """As resync_time does it: whole regions, evenly spread."""
    regions, block = size // REGION, bytes([round_ % 255 + 1]) * REGION
    n = int(regions * share)
    with open(path, "r+b") as f:
        for i in range(n):
            os.pwrite(f.fileno(), block, i * regions // n * REGION)
        os.fsync(f.fileno())


def timed(command):
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def ours(h, where, mib, rounds):
    program = os.path.join(os.path.abspath(h.build), "bench", "resync_time")
    os.makedirs(where)
    r = subprocess.run([program, where, str(mib), str(rounds)], stdout=subprocess.PIPE, text=True)
    shutil.rmtree(where)
    if r.returncode:
        raise SystemExit(f"resync_time ended with {r.returncode}")
    runs = {}
    for line in r.stdout.splitlines():
        a = json.loads(line)
        runs.setdefault(a["share"], []).append(a["seconds"])
    return runs


def rsync(where, size, shares, rounds):
    os.makedirs(where)
    block = random.randbytes(1 << 20)
    for name in ("source", "target"):
        with open(f"{where}/{name}", "wb") as f:
            for _ in range(size >> 20):
                f.write(block)
    runs = {s: [] for s in shares}
    for i in range(rounds):
        for j, s in enumerate(shares):
            change(f"{where}/source", size, s, i * len(shares) + j)
            runs[s].append(timed(["sh", "-c", f"rsync --inplace --no-whole-file --ignore-times {where}/source {where}/target && "
                                              f"sync {where}/target"]))
    shutil.rmtree(where)
    return runs


def bitmap(where, size, shares, rounds):
    """A dirty bitmap, written to over NBD, then a backup of what it marks to a copy that was alike before."""
    q = Qemu(where, "plain", size, False)
    runs = {s: [] for s in shares}
    for i in range(rounds):
        for s in shares:
            q.ask("block-dirty-bitmap-add", node="src", name="b", granularity=REGION)
            subprocess.run(["fio", "--name=x", "--ioengine=nbd", f"--uri=nbd+unix:///x?socket={where}/nbd",
                            "--rw=randwrite", f"--bs={REGION}", "--iodepth=8", "--randrepeat=0", f"--size={size}",
                            f"--io_size={max(REGION, int(size * s) // REGION * REGION)}"], check=True,
                           stdout=subprocess.DEVNULL)
            start = time.monotonic()
            q.ask("blockdev-backup", **{"job-id": "j", "device": "src", "target": "dst", "sync": "bitmap",
                                        "bitmap": "b", "bitmap-mode": "never"})
            while q.ask("query-block-jobs"):
                time.sleep(0.001)
            subprocess.run(["sync", f"{where}/dst"], check=True)
            runs[s].append(time.monotonic() - start)
            q.ask("block-dirty-bitmap-remove", node="src", name="b")
    q.close()
    return runs


def run(h):
    rows, mib, rounds = [], 512 if h.quick else 16384, max(3, h.rounds // 2)
    for name in h.media or ["xfs"]:
        try:
            with medium(name, h.work, 3 * (mib >> 10) + 3) as where:
                found = {"ours": ours(h, os.path.join(where, "ours"), mib, rounds)}
                shares = list(found["ours"])
                if shutil.which("rsync"):
                    found["rsync"] = rsync(os.path.join(where, "rsync"), mib << 20, shares, rounds)
                if not Qemu.missing():
                    found["qemu bitmap"] = bitmap(os.path.join(where, "qemu"), mib << 20, shares, rounds)
        except Skip as why:
            say(f"{name}: left out: {why}")
            continue
        for share in shares:
            case = {"workload": "resync", "medium": name,
                    "case": f"resync of {share:.1%} of {mib} MiB, {name}"}
            say(f"\n{case['case']}")
            # Speeds, so that more is better like everywhere.
            runs = {w: [{"rate": 1 / s} for s in found[w][share]] for w in found}
            new = [row(case, w, runs, own=False, unit="1/s") for w in runs if w != "ours"]
            new.append(row(case, "ours", runs, [w for w in runs if w == "qemu bitmap"], 1.5, unit="1/s"))
            show(new)
            rows += new
        medians = {s: statistics.median(found["ours"][s]) for s in shares}
        say("  seconds of ours: " + ", ".join(f"{s:.1%}: {m:.4f}" for s, m in medians.items()))
    return rows
