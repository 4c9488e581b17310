# SPDX-License-Identifier: BSD-2-Clause
"""Host writes under synchronous and asynchronous mirrors, against raw writes and QEMU's mirrors."""
import os

from harness import Skip, medium, say
from support.bed import Bed, Nbdkit, Qemu, paired, row, show, steady, turns

# (kind of mirror, what of it QEMU has)
PEERS = {"sync": "mirror", "async": "background"}


def host_writes(h, bed, how, case, writers, block):
    ms = 150 if h.quick else 400
    runs = turns({s: lambda s=s: bed.run(s, writers, block, ms) for s in ("raw", "pair", "turn", "none", "sync")},
                 h.rounds)
    by = steady(how)
    rows = [row(case, side, runs, own=False, **by) for side in ("raw", "pair", "turn")]
    rows += [row(case, "none", runs, ["raw"], **by), row(case, "sync", runs, ["pair", "turn"], 0.95, **by)]
    # Cycles go on in the background: turns that are long enough for several of them.
    runs = turns({s: lambda s=s: bed.run(s, writers, block, 10 * ms) for s in ("none", "async")},
                 max(3, h.rounds // 3))
    rows.append(row(case, "async", runs, ["none"], 0.95))
    return rows


def against_qemu(h, bed, where, case, writers, block, direct, size):
    """Ratios of ratios: each one's mirror to its own plain writes, in the same rounds."""
    daemons = {m: Qemu(os.path.join(where, "qemu-" + m), m, size, direct) for m in ("plain", "mirror", "background")}
    ms = 1000
    sides = {"qemu " + m: lambda d=d: d.run(writers, block, ms) for m, d in daemons.items()}
    sides.update({s: lambda s=s: bed.run(s, writers, block, ms) for s in ("none", "sync", "async")})
    runs = turns(sides, 3 if h.quick else 5)
    for d in daemons.values():
        d.close()
    kept = {}
    for kind, mode in PEERS.items():
        kept[kind] = [{"rate": x} for x in paired(runs, kind, "none")]
        kept["qemu " + mode] = [{"rate": x} for x in paired(runs, "qemu " + mode, "qemu plain")]
    rows = []
    for kind, mode in PEERS.items():
        c = dict(case, case=f"{case['case']}, kept of plain writes, {kind}")
        rows += [row(c, "qemu " + mode, kept, own=False, unit="of plain"),
                 row(c, kind, kept, ["qemu " + mode], 1.0, unit="of plain")]
    return rows


def by_nbd(h, where, case, writers, block, size):
    """The same client, and the same protocol between it and each of them: rates as they are."""
    missing = Nbdkit.missing(h)
    if missing:
        say(f"  (ours by NBD: {missing})")
        return []
    servers = {"qemu " + m: Qemu(os.path.join(where, "qemu-" + m), m, size, False)
               for m in ("plain", "mirror", "background")}
    for side, mode in (("none", None), ("sync", "synchronous"), ("async", "asynchronous")):
        servers[side] = Nbdkit(h, os.path.join(where, "nbdkit-" + side), mode, size)
    runs = turns({s: lambda d=d: d.run(writers, block, 1000) for s, d in servers.items()}, 3 if h.quick else 5)
    for d in servers.values():
        d.close()
    c = dict(case, case=f"{case['case']}, by NBD")
    rows = [row(c, "qemu " + m, runs, own=False) for m in ("plain", "mirror", "background")]
    return rows + [row(c, "none", runs, ["qemu plain"]), row(c, "sync", runs, ["qemu mirror"], 1.0),
                   row(c, "async", runs, ["qemu background"], 1.0)]


def run(h):
    rows = []
    mib = 128 if h.quick else 512
    for name in h.media or ["xfs"]:
        try:
            with medium(name, h.work, 4 if h.quick else 12) as where:
                for how in ("cached", "direct"):
                    bed = Bed(h, "mirror_writes", os.path.join(where, "bed"), how, mib)
                    for block in (4096,) if h.quick else (4096, 65536):
                        for writers in (1, 16):
                            case = {"workload": "mirror", "medium": name,
                                    "case": f"{block >> 10} KiB random writes, {writers} at once, {how}, {name}"}
                            say(f"\n{case['case']}")
                            new = host_writes(h, bed, how, case, writers, block)
                            missing = Qemu.missing()
                            if missing:
                                say(f"  (QEMU: {missing} is not installed)")
                            else:
                                new += against_qemu(h, bed, where, case, writers, block, how == "direct", mib << 20)
                                if how == "cached":
                                    new += by_nbd(h, where, case, writers, block, mib << 20)
                            show(new)
                            rows += new
                    bed.close()
        except Skip as why:
            say(f"\n{name}: left out: {why}")
    return rows
