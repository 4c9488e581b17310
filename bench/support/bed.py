# SPDX-License-Identifier: BSD-2-Clause
"""Turns at host writes: drives the programs of bed.h, and QEMU's storage daemon by fio, and makes rows.

Rates are compared in pairs: each round runs every contender once, and the ratio is the median of the rounds'
ratios, so that what disturbs a whole round disturbs both. CPU time a write is kept beside the rate: on a
machine that others use too it is the steadier of the two.
"""
import atexit
import json
import os
import shutil
import socket
import statistics
import subprocess
import time

from harness import die_with_parent, say


def steady(how):
    """Which rate to compare. Through the cache nothing is waited for: the CPU time is the time, whatever else
    the machine does."""
    return {"key": "rate_cpu", "unit": "writes/CPU s"} if how == "cached" else {}


class Bed:
    """A program of bench/ that bed_serve drives."""

    def __init__(self, h, program, where, *arguments):
        self.where = where
        shutil.rmtree(where, ignore_errors=True)
        os.makedirs(where)
        path = os.path.join(os.path.abspath(h.build), "bench", program)
        self.process = subprocess.Popen([path, where, *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1,
                                        preexec_fn=die_with_parent)
        self.sides = self.answer()["sides"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args[0]} ended with {self.process.wait()}")
        return json.loads(line)

    def run(self, side, writers, block, ms, ops=0):
        print(side, writers, block, ms, ops, file=self.process.stdin, flush=True)
        a = self.answer()
        n = max(a["ops"], 1)
        return dict(a, rate=a["ops"] / a["before_end"], rate_synced=a["ops"] / a["seconds"],
                    rate_cpu=a["ops"] / max(a["cpu"], 1e-6), cpu_us=a["cpu"] / n * 1e6)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.where, ignore_errors=True)


def make_images(where, size):
    """src full of data, and dst that is a hole."""
    block = os.urandom(1 << 20)
    with open(f"{where}/src", "wb") as f:
        for i in range(size >> 20):
            f.write(i.to_bytes(8, "little") + block[8:])
    with open(f"{where}/dst", "wb") as f:
        f.truncate(size)
    os.sync()


def write_by_nbd(export, unix, writers, block, ms):
    out = subprocess.run(["fio", "--name=x", "--ioengine=nbd", f"--uri=nbd+unix:///{export}?socket={unix}",
                          "--rw=randwrite", f"--bs={block}", f"--iodepth={writers}", "--time_based",
                          "--randrepeat=0", f"--runtime={max(1, ms // 1000)}", "--output-format=json"],
                         capture_output=True, text=True).stdout
    w = json.loads(out[out.index("{"):])["jobs"][0]["write"]
    p = w["clat_ns"].get("percentile", {})
    return {"rate": w["iops"], "p50_us": p.get("50.000000", 0) / 1000, "p99_us": p.get("99.000000", 0) / 1000}


class Nbdkit:
    """Ours as the client of QEMU's daemon sees it: nbdkit with our plugin exports one element, without a
    relationship (mode None) or with a mirror of that mode (through the page cache)."""

    @staticmethod
    def plugin(h):
        return os.path.join(os.path.abspath(h.build), "lib", "nbdkit-replsvc-plugin.so")

    @classmethod
    def missing(cls, h):
        if not shutil.which("nbdkit"):
            return "nbdkit is not installed"
        return None if os.path.exists(cls.plugin(h)) else "the plugin was not built (nbdkit-plugin.h)"

    def __init__(self, h, where, mode, size):
        self.where = where
        shutil.rmtree(where, ignore_errors=True)
        os.makedirs(where)
        make_images(where, size)

        def replsvc(*arguments):
            subprocess.run([h.replsvc, "--quiet", "--state", f"{where}/state", *arguments], check=True,
                           stdout=subprocess.DEVNULL)
        for n in ("src", "dst"):
            replsvc("element", "add", n, f"{where}/{n}")
        if mode:
            replsvc("replica", "create", "src", "--type", "mirror", "--mode", mode, "--target", "dst",
                    "--wait-for", "synchronized")
        self.process = subprocess.Popen(["nbdkit", "--foreground", "--unix", f"{where}/nbd", self.plugin(h),
                                         f"state={where}/state"], preexec_fn=die_with_parent)
        for _ in range(200):
            if os.path.exists(f"{where}/nbd"):
                break
            time.sleep(0.05)

    def run(self, writers, block, ms):
        return write_by_nbd("src", f"{self.where}/nbd", writers, block, ms)

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.where, ignore_errors=True)


class Qemu:
    """A storage daemon that exports one image over NBD: plain, or with a write-blocking mirror (mode
    "mirror"), a background mirror ("background") or copy-before-write ("cbw") to a second one."""

    @staticmethod
    def missing():
        return next((p for p in ("qemu-storage-daemon", "fio") if not shutil.which(p)), None)

    def __init__(self, where, mode, size, direct):
        self.where = where
        shutil.rmtree(where, ignore_errors=True)
        os.makedirs(where)
        make_images(where, size)
        nodes = []
        for n in ("src", "dst"):
            nodes += ["--blockdev", f"driver=file,node-name={n},filename={where}/{n},"
                                    f"cache.direct={'on' if direct else 'off'}"]
        export = "src"
        if mode == "cbw":
            nodes += ["--blockdev", "driver=copy-before-write,node-name=cbw,file=src,target=dst"]
            export = "cbw"
        self.process = subprocess.Popen(
            ["qemu-storage-daemon", *nodes, "--nbd-server", f"addr.type=unix,addr.path={where}/nbd",
             "--export", f"type=nbd,id=e,node-name={export},writable=on,name=x",
             "--chardev", f"socket,path={where}/qmp,server=on,wait=off,id=c", "--monitor", "chardev=c"],
            preexec_fn=die_with_parent)
        atexit.register(self.process.kill)  # whatever ends us
        self.connect()
        if mode in ("mirror", "background"):
            self.ask("blockdev-mirror", **{"job-id": "j", "device": "src", "target": "dst", "sync": "full",
                                           "copy-mode": "write-blocking" if mode == "mirror" else "background"})
            while not (self.ask("query-block-jobs")[0].get("ready")):
                time.sleep(0.05)

    def connect(self):
        self.qmp = socket.socket(socket.AF_UNIX)
        for _ in range(200):
            try:
                self.qmp.connect(f"{self.where}/qmp")
                break
            except OSError:
                time.sleep(0.05)
        self.lines = self.qmp.makefile("r")
        self.lines.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        for line in self.lines:
            a = json.loads(line)
            if "error" in a:
                raise SystemExit(f"qemu-storage-daemon: {command}: {a['error']['desc']}")
            if "return" in a:
                return a["return"]

    def run(self, writers, block, ms):
        return write_by_nbd("x", f"{self.where}/nbd", writers, block, ms)

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.where, ignore_errors=True)


def turns(contenders, rounds):
    """contenders: {name: function that runs once}. Each runs once unmeasured; then rounds, back and forth."""
    runs = {name: [] for name in contenders}
    for run in contenders.values():
        run()
    for i in range(rounds):
        names = list(contenders)
        for name in names if i % 2 == 0 else reversed(names):
            runs[name].append(contenders[name]())
    return runs


def paired(runs, ours, peer, key="rate"):
    return [a[key] / b[key] for a, b in zip(runs[ours], runs[peer]) if b[key]]


def row(case, who, runs, peers=(), goal=None, key="rate", unit="writes/s", own=True):
    """peers: names; the best of them is the one compared with."""
    values = [r[key] for r in runs[who]]
    made = dict(case, who="ours" if own else who, side=who, ours=own, unit=unit, values=values,
                median=statistics.median(values), ratio=None, goal=goal)
    for extra in ("cpu_us", "p50_us", "p99_us"):
        if extra in runs[who][0]:
            made[extra] = statistics.median(r[extra] for r in runs[who])
    there = [p for p in peers if p in runs]
    if there:
        best = max(there, key=lambda p: statistics.median(r[key] for r in runs[p]))
        ratios = sorted(paired(runs, who, best, key))
        made.update(against=best, ratio=statistics.median(ratios), ratios=ratios)
    return made


def show(rows):
    say(f"  {'':14}{'median':>12}{'range':>20} {'':13}{'CPU µs':>8}{'p50 µs':>9}{'p99 µs':>9}   ratio")
    for r in rows:
        v = sorted(r["values"])
        ratio = ""
        if r["ratio"]:
            ratio = f"{r['ratio']:.2f} [{r['ratios'][0]:.2f}–{r['ratios'][-1]:.2f}] of {r['against']}"
            ratio += f" (goal {r['goal']})" if r["goal"] else ""
        cpu = f"{r['cpu_us']:.1f}" if r.get("cpu_us") else ""
        p = [f"{r[k]:.0f}" if k in r else "" for k in ("p50_us", "p99_us")]
        say(f"  {r['side']:14}{r['median']:>12.6g}{f'{v[0]:.4g}–{v[-1]:.4g}':>20} {r['unit']:13}{cpu:>8}"
            f"{p[0]:>9}{p[1]:>9}   {ratio}")
