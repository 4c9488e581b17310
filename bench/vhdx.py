# SPDX-License-Identifier: BSD-2-Clause
"""VHDX images: allocating writes, overwrites and reads against qemu-img bench, conversions against qemu-img."""
import os
import re
import statistics
import subprocess
import time

from harness import Contender, Run, Skip, compete, drop_caches, medium, say, table, timed

MIB = 1 << 20


def fresh(path, block_mib, size):
    if os.path.exists(path):
        os.unlink(path)
    subprocess.run(["qemu-img", "create", "-q", "-f", "vhdx", "-o", f"block_size={block_mib}M", path, str(size)],
                   check=True)


def requests(command):
    """Both programs tell how long their requests took, from the first submitted to the last completed: starting,
    opening and closing are left out. For what changes nothing but payload."""
    whole = timed(command, keep=True)
    told = re.search(r"Run completed in ([0-9.]+) seconds", whole.output)
    return Run(float(told[1]) if told else 0, whole.cpu, whole.memory, whole.ok and bool(told))


def until_durable(image, starts):
    """All of the program, closing included, and a flush behind it, as each does some of its work only then; less
    what the same program needs to open the image, read a block and close. For what changes metadata."""
    def run(command):
        whole = timed(command)
        start = time.monotonic()
        with open(image, "rb") as f:
            os.fsync(f.fileno())
        synced = time.monotonic() - start
        return Run(max(whole.seconds + synced - starts[command], 1e-4), whole.cpu, whole.memory, whole.ok)
    return run


def io_case(h, where, name, goal, kind, block_mib, count, depth, size, step, allocated, direct):
    image = os.path.join(where, "a.vhdx")
    tool = os.path.join(h.build, "bench", "vhdx_io")
    disk = 1024 * MIB

    def ours(kind, count):
        return f"exec {tool} {image} {kind} {count} {depth} {size} {step}{' direct' if direct else ''}"

    def theirs(kind, count, aio):
        return (f"exec qemu-img bench -f vhdx -c {count} -d {depth} -s {size} -S {step} {'-w' if kind == 'write' else ''} "
                f"-t {'none' if direct else 'writeback'} -i {aio} {image}")

    def before(_):
        if not allocated:
            fresh(image, block_mib, disk)
        subprocess.run(["sync", image], check=True)
        if direct:
            drop_caches()
        else:
            subprocess.run(["cat", image], check=True, stdout=subprocess.DEVNULL)

    fresh(image, block_mib, disk)
    if allocated:
        subprocess.run([tool, image, "write", str(disk // MIB), "1", str(MIB), str(MIB)], check=True,
                       stdout=subprocess.DEVNULL)
    rows = [Contender("ours", ours(kind, count), ours=True)]
    starts = {rows[0].command: ours("read", 1)}
    for aio in ("threads", "io_uring", *(["native"] if direct else [])):
        rows.append(Contender(f"qemu-img bench, {aio}", theirs(kind, count, aio), "qemu-img"))
        starts[rows[-1].command] = theirs("read", 1, aio)
    starts = {c: statistics.median(timed(s).seconds for _ in range(5)) for c, s in starts.items()}
    case = {"workload": "vhdx", "medium": "ext4", "case": name, "goal": goal}
    say(f"\n{name}")
    result = compete(case, rows, h.rounds, before, run=requests if allocated else until_durable(image, starts))
    table(result)
    return result


def convert_case(h, where, name, goal, ours, theirs):
    target = os.path.join(where, "dst")

    def before(_):
        if os.path.exists(target):
            os.unlink(target)
        drop_caches()

    # qemu-img's own ways: without any flush (its default, "unsafe"), with the flushes that its format needs, and
    # past the cache. Ours keeps its image whole at every moment.
    rows = [Contender("ours", f"cd {where} && {ours} && sync dst", ours=True)]
    rows += [Contender(f"qemu-img {flags}".strip(), f"cd {where} && qemu-img convert {flags} {theirs} && sync dst",
                       "qemu-img")
             for flags in ("", "-m 16 -W", "-t writeback", "-t none -T none -m 16 -W")]
    case = {"workload": "vhdx", "medium": "ext4", "case": name, "goal": goal}
    say(f"\n{name}")
    result = compete(case, rows, h.rounds, before)
    table(result)
    return result


def run(h):
    n = 128 if h.quick else 512  # allocated blocks
    many = (40 if h.quick else 160) * 1000
    rows = []
    try:
        with medium("ext4", h.work, 6) as where:
            for direct in (False, True):
                mode = "past the cache" if direct else "through the cache"
                for depth in (1, 16):
                    rows += io_case(h, where, f"allocating 1 MiB writes in 1 MiB blocks, depth {depth}, {mode}", 5,
                                    "write", 1, n, depth, MIB, MIB, False, direct)
                    rows += io_case(h, where, f"allocating scattered 4 KiB writes in 1 MiB blocks, depth {depth}, {mode}",
                                    5, "write", 1, n, depth, 4096, 37 * MIB + 4096, False, direct)
                    rows += io_case(h, where, f"allocating 64 KiB writes in 32 MiB blocks, depth {depth}, {mode}", 1,
                                    "write", 32, 16 * n, depth, 65536, 65536, False, direct)
                    for kind in ("write", "read"):
                        rows += io_case(h, where, f"4 KiB {kind}s of what is there, depth {depth}, {mode}", 1, kind, 1,
                                        many // (4 if direct else 1), depth, 4096, 37 * MIB + 4096, True, direct)
            os.unlink(os.path.join(where, "a.vhdx"))
            size = (256 if h.quick else 1024) * MIB
            with open(os.path.join(where, "src"), "wb") as f:
                for _ in range(size // MIB):
                    f.write(os.urandom(MIB))
            for block in (1, 32):
                rows += convert_case(h, where, f"raw to VHDX, {block} MiB blocks", 3 if block == 1 else 1,
                                     f"{h.replsvc} copy --block-size {block}M file:src vhdx:dst",
                                     f"-f raw -O vhdx -o block_size={block}M src dst")
            fresh(os.path.join(where, "src.vhdx"), 1, size)
            subprocess.run(["qemu-img", "convert", "-n", "-f", "raw", "-O", "vhdx", "src", "src.vhdx"], cwd=where,
                           check=True)
            rows += convert_case(h, where, "VHDX to raw", 1, f"{h.replsvc} copy vhdx:src.vhdx file:dst",
                                 "-f vhdx -O raw src.vhdx dst")
    except Skip as why:
        say(f"\nvhdx: left out: {why}")
    return rows
