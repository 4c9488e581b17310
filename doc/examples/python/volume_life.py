#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A replica's whole life, as a backup product drives it: pick a target, copy, split, mount, resync by the
differences, restore after an accident, detach, delete; and a second replica that is made in a pool by a goal.

    volume_life.py STATE_DIRECTORY POOL_DIRECTORY
"""
import sys

import replsvc
from replsvc import CopyState, Operation, SyncType

SIZE = 8 << 20


def write(service: replsvc.Service, element: str, text: bytes) -> None:
    with service.open_volume(element, writable=True) as volume:
        volume.pwrite(text.ljust(512, b"\0"), 0, fua=True)


def read(service: replsvc.Service, element: str) -> bytes:
    with service.open(element) as f:
        return f.read(512).rstrip(b"\0")


def operate(service: replsvc.Service, operation: Operation, synchronization: str, state: CopyState) -> None:
    """Ask for an operation and wait until it has ended. What may not be done now is refused with the state."""
    allowed = service.get_supported_operations_for_synchronization(synchronization).supported_operations
    if operation not in allowed:
        sys.exit(f"{operation} is not possible now")
    service.modify_replica_synchronization(operation, synchronization).job.wait()
    info = service.sync_get_info(synchronization)
    print(f"{operation}: {info.copy_state}")
    if info.copy_state is not state:
        sys.exit(f"this should be {state}")


def replicate(service: replsvc.Service, source: str, pool: str) -> tuple[str, str]:
    """Copy to an existing element that fits."""
    service.element_create(SIZE, name="spare", pool=pool)
    candidates = service.get_available_target_elements(source, SyncType.CLONE, target_pools=[pool]).candidates
    print("could be targets:", *(service.element_get_info(c).name for c in candidates))
    made = service.create_element_replica(SyncType.CLONE, source, target_element=candidates[0])
    made.job.wait()
    info = service.sync_get_info(made.synchronization)
    print(f"{info.sync_type} of {info.system_element}: {info.copy_state}, {info.percent_synced} %")
    return made.target_element, made.synchronization


def main(state: str, directory: str) -> None:
    with replsvc.Service(state) as service:
        pool = service.pool_register(f"file:{directory}", name="pool")
        source = service.element_create(SIZE, name="data", pool=pool)
        write(service, source, b"monday")
        target, synchronization = replicate(service, source, pool)

        # Split: the target is a disk of its own. A backup mounts it; here it is read as a file.
        operate(service, Operation.SPLIT, synchronization, CopyState.SPLIT)
        write(service, source, b"tuesday")
        print("the backup reads:", read(service, target).decode())

        # Resync: only what differs is copied. The target is tuesday's now.
        operate(service, Operation.RESYNC_REPLICA, synchronization, CopyState.SYNCHRONIZED)
        operate(service, Operation.SPLIT, synchronization, CopyState.SPLIT)

        # An accident: the source shows what the replica has as soon as the restore has begun.
        write(service, source, b"garbage")
        operate(service, Operation.RESTORE_FROM_REPLICA, synchronization, CopyState.RESTORED)
        if (found := read(service, source)) != b"tuesday":
            sys.exit(f"the restored volume reads {found!r}")
        print("restored:", found.decode())

        # Detach: both are independent; the target's element and data can be deleted.
        service.modify_replica_synchronization(Operation.DETACH, synchronization,
                                               wait_for_copy_state=CopyState.NOT_APPLICABLE)
        service.element_unregister(target, remove_data=True)

        # Another replica, made in the pool as a goal says: a VHDX image.
        goal = service.setting_create(replsvc.SettingGoal(format="vhdx", block_size=1 << 20))
        made = service.create_element_replica(SyncType.CLONE, source, element_name="archive", target_pool=pool,
                                              target_setting_goal=goal)
        made.job.wait()
        print("archived in", service.element_get_info(made.target_element).backend)
        service.modify_replica_synchronization(Operation.DETACH, made.synchronization,
                                               wait_for_copy_state=CopyState.NOT_APPLICABLE)
        service.setting_delete(goal)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
