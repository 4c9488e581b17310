# SPDX-License-Identifier: BSD-2-Clause
"""Cloning an image to a new file beside it, full and sparse, against cp, nbdcopy, qemu-img and dd."""
import os
import random

from harness import Contender, MEDIA, Skip, compete, drop_caches, medium, say, table

# What a clone of each kind has to reach against the best peer (design: "Numbers to reach").
GOALS = {("full", "disk"): 1.0, ("full", "reflink"): 0.67, ("full", "memory"): 1.0,
         ("sparse", "disk"): 1.5, ("sparse", "reflink"): 0.67, ("sparse", "memory"): 1.3}


def make_full(path, size):
    block = os.urandom(1 << 20)
    with open(path, "wb") as f:
        os.posix_fallocate(f.fileno(), 0, size)
        for i in range(size >> 20):
            # Each megabyte is another one, without asking for randomness for all.
            f.write(i.to_bytes(8, "little") + block[8:])
        f.flush()
        os.fsync(f.fileno())


def make_sparse(path, size, data):
    block = os.urandom(65536)
    with open(path, "wb") as f:
        f.truncate(size)
        for i in sorted(random.Random(7).sample(range(size >> 16), data >> 16)):
            os.pwrite(f.fileno(), i.to_bytes(8, "little") + block[8:], i << 16)
        os.fsync(f.fileno())


def contenders(h, kind, where, reflink):
    ours = f"{h.replsvc} copy"
    always = "--sparse=always" if kind == "sparse" else ""
    rows = [
        Contender("ours", f"{ours} src dst", ours=True),
        Contender("nbdcopy", "truncate -r src dst; nbdcopy --destination-is-zero src dst && sync dst", "nbdcopy"),
        Contender("qemu-img -m16 -W", "qemu-img convert -f raw -O raw -m 16 -W src dst && sync dst", "qemu-img"),
        Contender("qemu-img -m16 -W O_DIRECT",
                  "qemu-img convert -f raw -O raw -t none -T none -m 16 -W src dst && sync dst", "qemu-img"),
    ]
    if reflink:
        rows = [rows[0], Contender("cp --reflink=auto", "cp --reflink=auto src dst && sync dst", "cp")]
    else:
        rows.append(Contender("cp", f"cp --reflink=never {always} src dst && sync dst", "cp"))
    if kind == "full" and not reflink:
        rows.append(Contender("dd O_DIRECT", "dd if=src of=dst bs=4M iflag=direct oflag=direct && sync dst", "dd"))
    if h.engines and not reflink:
        rows.append(Contender("ours, threads", f"{ours} --threads src dst", ours=True))
        rows.append(Contender("ours, no io_uring", f"{ours} --no-io-uring src dst", ours=True))
    for c in rows:
        c.command = f"cd {where} && {c.command}"
    return rows


def one(h, name, kind, where):
    reflink = name == "xfs-reflink"
    medium_kind = "reflink" if reflink else "memory" if name == "tmpfs" else "disk"
    src, dst = os.path.join(where, "src"), os.path.join(where, "dst")

    def before(_):
        if os.path.exists(dst):
            os.unlink(dst)
        if h.warm:
            os.sync()
        else:
            drop_caches()

    def check(_):
        return os.path.getsize(dst) >= os.path.getsize(src) and \
            (kind != "sparse" or os.stat(dst).st_blocks * 512 < h.sparse_size // 4)

    case = {"workload": "clone", "medium": name, "case": f"{kind} clone on {name}", "goal": GOALS[kind, medium_kind]}
    say(f"\n{case['case']}: " + (f"{h.full_size >> 20} MiB" if kind == "full" else
                                 f"{h.sparse_size >> 30} GiB with {h.sparse_data >> 20} MiB of data"))
    rows = compete(case, contenders(h, kind, where, reflink), h.rounds * (3 if reflink else 1), before, check)
    table(rows)
    return rows


def run(h):
    rows = []
    h.full_size = (512 << 20) if h.quick else (2 << 30)
    h.sparse_size = (16 << 30) if h.quick else (64 << 30)
    h.sparse_data = (128 << 20) if h.quick else (512 << 20)
    for name in h.media or MEDIA:
        try:
            with medium(name, h.work, 3 if h.quick else 8) as where:
                for kind in ("full", "sparse"):
                    src = os.path.join(where, "src")
                    if kind == "full":
                        make_full(src, h.full_size)
                    else:
                        make_sparse(src, h.sparse_size, h.sparse_data)
                    rows += one(h, name, kind, where)
                    os.unlink(src)
                    if os.path.exists(os.path.join(where, "dst")):
                        os.unlink(os.path.join(where, "dst"))
        except Skip as why:
            say(f"\n{name}: left out: {why}")
    return rows
