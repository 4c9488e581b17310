# SPDX-License-Identifier: BSD-2-Clause
"""What every workload needs: media, fair timing, medians, tables.

A comparison is fair when all contenders have the same medium, the same data and the same end (synced), and
take turns: a round runs each of them once, and the medians of several rounds are compared. Only ratios
count; seconds depend on the machine and on who else uses it.
"""
import contextlib
import ctypes
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time


class Skip(Exception):
    """This part cannot be run here; the message says why."""


def say(text):
    print(text, flush=True)


def die_with_parent():
    """For Popen's preexec_fn: whatever ends us, a peer or program that we drive is not left behind."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def own_mounts():
    """Begins again in a mount namespace of its own, so that what is mounted goes when we do, also by SIGKILL."""
    apart = ["unshare", "--mount", "--propagation", "private"]
    if os.geteuid() != 0 or "REPLSVC_BENCH_APART" in os.environ or not shutil.which("unshare"):
        return
    if subprocess.run([*apart, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        os.environ["REPLSVC_BENCH_APART"] = "yes"
        os.execvp("unshare", [*apart, sys.executable, *sys.argv])


# ---- media ----

MKFS = {
    "xfs": ["mkfs.xfs", "-q", "-f", "-m", "reflink=0"],
    "xfs-reflink": ["mkfs.xfs", "-q", "-f", "-m", "reflink=1"],
    "ext4": ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"],
}
MEDIA = [*MKFS, "tmpfs"]


def unmount(where):
    """The kernel may hold files for a moment after their process has ended (its rings go in the background)."""
    for _ in range(50):
        if subprocess.run(["umount", where], check=False, stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(0.1)
    subprocess.run(["umount", "--lazy", where], check=False)


@contextlib.contextmanager
def medium(name, work, gigabytes):
    """A fresh file system, mounted; yields its directory."""
    if os.geteuid() != 0:
        raise Skip("mounting media needs root")
    where = os.path.join(work, name)
    os.makedirs(where, exist_ok=True)
    image = os.path.join(work, name + ".img")
    if name == "tmpfs":
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={gigabytes}G", "none", where], check=True)
    else:
        if not shutil.which(MKFS[name][0]):
            raise Skip(MKFS[name][0] + " is not installed")
        with open(image, "wb") as f:
            f.truncate(gigabytes << 30)
        subprocess.run(MKFS[name] + [image], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["mount", "-o", "loop", image, where], check=True)
        os.unlink(image)  # the device has it, and lets it go when it is unmounted, by whomever
    try:
        yield where
    finally:
        unmount(where)
        os.rmdir(where)


# ---- one run ----

class Run:
    def __init__(self, seconds, cpu, memory, ok, output=""):
        self.seconds, self.cpu, self.memory, self.ok, self.output = seconds, cpu, memory, ok, output


def timed(command, keep=False):
    """Runs a shell command; seconds of wall time, CPU seconds, peak memory of its largest process. keep: its output."""
    with tempfile.TemporaryFile() if keep else open(os.devnull, "wb") as out:
        start = time.monotonic()
        p = subprocess.Popen(command, shell=True, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(p.pid, 0)
        seconds = time.monotonic() - start
        if keep:
            out.seek(0)
        output = out.read().decode() if keep else ""
    p.returncode = os.waitstatus_to_exitcode(status)
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, p.returncode == 0, output)


def drop_caches():
    os.sync()
    with contextlib.suppress(OSError):
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("1\n")


# ---- many runs ----

class Contender:
    """Who takes part. ours: compared with the best of the others. command: shell text."""

    def __init__(self, name, command, needs=None, ours=False):
        self.name, self.command, self.needs, self.ours = name, command, needs, ours

    def missing(self):
        return self.needs and not shutil.which(self.needs)


def compete(case, contenders, rounds, before=None, check=None, run=timed):
    """Lets them take turns; returns the rows of the case (dicts). before(c) and check(c) frame each run."""
    there = [c for c in contenders if not c.missing()]
    for c in contenders:
        if c not in there:
            say(f"  ({c.name}: {c.needs} is not installed)")
    runs = {c.name: [] for c in there}
    for _ in range(rounds):
        for c in list(there):
            if before:
                before(c)
            r = run(c.command)
            if not r.ok or (check and not check(c)):
                if c.ours:
                    raise SystemExit(f"{case['case']}: {c.name} failed: {c.command}")
                say(f"  ({c.name} fails here: left out)")
                there.remove(c)
                runs.pop(c.name)
                continue
            runs[c.name].append(r)
    rows = []
    for c in there:
        s = sorted(r.seconds for r in runs[c.name])
        rows.append(dict(case, who=c.name, ours=c.ours, seconds=s, median=statistics.median(s),
                         cpu=statistics.median(r.cpu for r in runs[c.name]),
                         memory=max(r.memory for r in runs[c.name])))
    best = min((r["median"] for r in rows if not r["ours"]), default=None)
    for r in rows:
        r["ratio"] = best / r["median"] if best and r["ours"] else None
    return rows


def table(rows):
    say(f"  {'':28}{'median s':>10}{'range':>18}{'CPU s':>8}{'MiB':>7}{'× best peer':>13}")
    for r in sorted(rows, key=lambda r: r["median"]):
        spread = f"{r['seconds'][0]:.3f}–{r['seconds'][-1]:.3f}"
        ratio = f"{r['ratio']:.2f}" if r["ratio"] else ""
        goal = f" (goal {r['goal']})" if r["ratio"] and r.get("goal") else ""
        say(f"  {r['who']:28}{r['median']:>10.4f}{spread:>18}{r['cpu']:>8.2f}{r['memory'] >> 20:>7}{ratio:>13}{goal}")


# ---- the machine ----

def machine():
    model = ""
    with contextlib.suppress(OSError):
        with open("/proc/cpuinfo") as f:
            found = re.search(r"model name\s*:\s*(.*)", f.read())
            model = found.group(1) if found else ""
    return {"cpus": os.cpu_count(), "cpu": model, "kernel": os.uname().release,
            "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "load": os.getloadavg()[0], "python": sys.version.split()[0]}
