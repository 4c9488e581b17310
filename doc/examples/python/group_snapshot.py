#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Snapshots of a consistency group while something writes to it, and the proof that each shows one instant.

    group_snapshot.py STATE_DIRECTORY POOL_DIRECTORY

A thread writes record n to the first volume, then to the second, then to the third, then goes on with n + 1. So at
every instant the three records differ by one at most, the first volume being ahead.
"""
import sys
import threading

import replsvc
from replsvc import Consistency, CopyState, Operation, SyncType

NAMES = ("data", "log", "index")


def database(service: replsvc.Service, elements: list[str], stop: threading.Event, running: threading.Event) -> None:
    volumes = [service.open_volume(e, writable=True) for e in elements]
    record = 0
    while not stop.is_set():
        record += 1
        for volume in volumes:
            volume.pwrite(record.to_bytes(4096, "little"), 0)
        running.set()
    for volume in volumes:
        volume.close()


def records(service: replsvc.Service, group: str) -> list[int]:
    found = []
    for member in service.group_get_members(group):
        with service.open_volume(member) as volume:
            found.append(int.from_bytes(volume.pread(4096, 0), "little"))
    return found


def main(state: str, directory: str) -> None:
    with replsvc.Service(state) as service:
        pool = service.pool_register(f"file:{directory}", name="pool")
        elements = [service.element_create(8 << 20, name=name, pool=pool) for name in NAMES]
        group = service.create_group(group_name="database", members=elements)
        stop, running = threading.Event(), threading.Event()
        writer = threading.Thread(target=database, args=(service, elements, stop, running))
        writer.start()
        running.wait()
        try:
            for number in range(1, 6):
                made = service.create_group_replica(
                    SyncType.SNAPSHOT, relationship_name=f"snapshot{number}", source_group=group, target_pool=pool,
                    consistency=Consistency.SEQUENTIAL_CONSISTENCY, wait_for_copy_state=CopyState.SYNCHRONIZED)
                found = records(service, made.target_group)
                pause = service.sync_get_info(made.synchronization).cut_pause_us
                print(f"snapshot{number}: records {found}, writes held for {pause} us")
                if sorted(found, reverse=True) != found or found[0] - found[2] > 1:
                    sys.exit("the snapshot mixes instants")
            for number in (3, 1, 2, 4, 5):  # from the middle first: the others keep their content
                service.modify_replica_synchronization(
                    Operation.RETURN_TO_RESOURCEPOOL, service.sync_find(f"snapshot{number}"), force=True,
                    wait_for_copy_state=CopyState.NOT_APPLICABLE)
        finally:
            stop.set()
            writer.join()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
