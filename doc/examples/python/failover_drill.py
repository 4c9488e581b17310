#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A failover drill with a consistency group: its mirror takes over, works for a while, and hands back.

    failover_drill.py STATE_DIRECTORY POOL_DIRECTORY
"""
import errno
import sys

import replsvc
from replsvc import Consistency, CopyState, Operation, SyncType

NAMES = ("orders", "stock")


def write(service: replsvc.Service, elements: list[replsvc.ElementRef], text: str) -> None:
    for element in elements:
        with service.open_volume(element, writable=True) as volume:
            volume.pwrite(text.encode().ljust(512, b"\0"), 0, fua=True)


def read(service: replsvc.Service, elements: list[replsvc.ElementRef]) -> list[str]:
    found = []
    for element in elements:
        with service.open_volume(element) as volume:
            found.append(volume.pread(512, 0).rstrip(b"\0").decode())
    return found


def operate(service: replsvc.Service, operation: Operation, synchronization: str, state: CopyState) -> None:
    service.modify_replica_synchronization(operation, synchronization, wait_for_copy_state=state).job.wait()
    info = service.sync_get_info(synchronization)
    print(f"{operation}: {info.copy_state}")
    if info.copy_state is not state:
        sys.exit(f"this should be {state}")


def main(state: str, directory: str) -> None:
    with replsvc.Service(state) as service:
        pool = service.pool_register(f"file:{directory}", name="pool")
        sources = [service.element_create(8 << 20, name=name, pool=pool) for name in NAMES]
        group = service.create_group(group_name="shop", members=sources)
        made = service.create_group_replica(
            SyncType.MIRROR, relationship_name="site-b", source_group=group, target_pool=pool,
            consistency=Consistency.SEQUENTIAL_CONSISTENCY, wait_for_copy_state=CopyState.SYNCHRONIZED)
        made.job.wait()
        targets = service.group_get_members(made.target_group)
        write(service, sources, "before the drill")

        # The targets take over: they may be written, the sources may not.
        operate(service, Operation.FAILOVER, made.synchronization, CopyState.FAILEDOVER)
        try:
            write(service, sources, "nobody may do this")
            sys.exit("a source could be written after the failover")
        except OSError as error:
            if error.errno != errno.EROFS:
                raise
        if read(service, targets) != ["before the drill"] * 2:
            sys.exit(f"the targets read {read(service, targets)}")
        write(service, targets, "written at site B")

        # Back: what was written there goes to the sources, by the differences, and the roles are as before.
        operate(service, Operation.FAILBACK, made.synchronization, CopyState.SYNCHRONIZED)
        if read(service, sources) != ["written at site B"] * 2:
            sys.exit(f"the sources read {read(service, sources)}")
        write(service, sources, "after the drill")
        print("the drill is over: nothing was lost")

        operate(service, Operation.SPLIT, made.synchronization, CopyState.SPLIT)
        if read(service, targets) != ["after the drill"] * 2:
            sys.exit(f"the targets read {read(service, targets)}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
