# SPDX-License-Identifier: BSD-2-Clause
"""VHDX images: allocating writes, overwrites and reads against qemu-img bench, conversions against qemu-img."""
import os
import subprocess

from harness import Contender, Skip, compete, drop_caches, medium, say, table

MIB = 1 << 20


def fresh(path, block_mib, size):
    if os.path.exists(path):
        os.unlink(path)
    subprocess.run(["qemu-img", "create", "-q", "-f", "vhdx", "-o", f"block_size={block_mib}M", path, str(size)],
                   check=True)


def io_case(h, where, name, goal, kind, block_mib, count, depth, size, step, cold, direct):
    image = os.path.join(where, "a.vhdx")
    tool = os.path.join(h.build, "bench", "vhdx_io")
    disk = 1024 * MIB

    def prepare():
        fresh(image, block_mib, disk)
        if not cold:
            subprocess.run([tool, image, "write", str(disk // MIB), "1", str(MIB), str(MIB)], check=True)
            subprocess.run(["sync", image], check=True)

    def before(_):
        if cold:
            prepare()
        drop_caches()

    if not cold:
        prepare()
    write = "-w" if kind == "write" else ""
    rows = [
        Contender("ours", f"{tool} {image} {kind} {count} {depth} {size} {step}{' direct' if direct else ''}"
                          f" && sync {image}", ours=True),
        Contender("qemu-img bench", f"qemu-img bench -q -f vhdx -c {count} -d {depth} -s {size} -S {step} {write} "
                                    f"-t {'none' if direct else 'writeback'} {image} && sync {image}", "qemu-img"),
    ]
    case = {"workload": "vhdx", "medium": "ext4", "case": name, "goal": goal}
    say(f"\n{name}")
    result = compete(case, rows, h.rounds, before)
    table(result)
    return result


def convert_case(h, where, name, goal, ours, theirs):
    target = os.path.join(where, "dst")

    def before(_):
        if os.path.exists(target):
            os.unlink(target)
        drop_caches()

    rows = [Contender("ours", f"cd {where} && {ours} && sync dst", ours=True)]
    rows += [Contender(f"qemu-img {flags}".strip(), f"cd {where} && qemu-img convert {flags} {theirs} && sync dst",
                       "qemu-img") for flags in ("", "-m 16 -W")]
    case = {"workload": "vhdx", "medium": "ext4", "case": name, "goal": goal}
    say(f"\n{name}")
    result = compete(case, rows, h.rounds, before)
    table(result)
    return result


def run(h):
    n = 64 if h.quick else 256
    rows = []
    try:
        with medium("ext4", h.work, 6) as where:
            for direct in (False, True):
                mode = "past the cache" if direct else "through the cache"
                for depth in (1, 16):
                    rows += io_case(h, where, f"allocating 1 MiB writes in 1 MiB blocks, depth {depth}, {mode}", 5,
                                    "write", 1, n, depth, MIB, MIB, True, direct)
                    rows += io_case(h, where, f"allocating scattered 4 KiB writes in 1 MiB blocks, depth {depth}, {mode}",
                                    5, "write", 1, n, depth, 4096, 37 * MIB + 4096, True, direct)
                    rows += io_case(h, where, f"allocating 64 KiB writes in 32 MiB blocks, depth {depth}, {mode}", 1,
                                    "write", 32, 8 * n, depth, 65536, 65536, True, direct)
                    for kind in ("write", "read"):
                        rows += io_case(h, where, f"4 KiB {kind}s of what is there, depth {depth}, {mode}", 1, kind, 1,
                                        16 * n, depth, 4096, 37 * MIB + 4096, False, direct)
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
