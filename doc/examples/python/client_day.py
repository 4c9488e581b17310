#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a storage driver of a cloud does with a volume, call by call, as SMI-S clients do it: ask what is possible,
take the default settings and change them, make a pool's clone of a volume, poll the job, find the relationship by
its target, end it, and be told clearly when it is asked for again.

    client_day.py STATE_DIRECTORY POOL_DIRECTORY
"""
import sys
import time

import replsvc
from replsvc import CopyState, JobState, Locality, Mode, Operation, SyncType


def choose_settings(service: replsvc.Service) -> replsvc.ReplicationSettings:
    """Is a local clone served? Its default settings, with a lower priority."""
    kind = service.convert_sync_type_to_replication_type(SyncType.CLONE, Mode.SYNCHRONOUS, Locality.LOCAL_ONLY)
    if kind not in service.get_supported_replication_types():
        sys.exit("local clones are not served")
    settings = replsvc.replication_settings_parse(service.get_default_replication_setting_data(kind))
    settings.copy_priority = replsvc.CopyPriority.LOW
    return settings


def main(state: str, directory: str) -> None:
    with replsvc.Service(state) as service:
        pool = service.pool_register(f"file:{directory}", name="pool")
        volume = service.element_create(16 << 20, name="volume-1", pool=pool)
        with service.open(volume, "r+b") as f:
            f.write(b"Z" * (1 << 20))

        made = service.create_element_replica(SyncType.CLONE, volume, element_name="volume-2", target_pool=pool,
                                              replication_setting_data=choose_settings(service))
        while made.job and (job := made.job.info()).job_state is not JobState.COMPLETED:
            print(f"job: {job.job_state}, {job.percent_complete} %")
            if job.job_state > JobState.COMPLETED:
                sys.exit(f"the job failed: {job.error_description}")
            time.sleep(0.02)

        # A driver keeps the target, not the relationship: it finds that again when it needs it.
        synchronization = service.sync_find_by_target(made.target_element)
        service.modify_replica_synchronization(Operation.DETACH, synchronization, force=True,
                                               wait_for_copy_state=CopyState.NOT_APPLICABLE)
        print("detached: volume-2 is independent")

        # After a time-out a driver calls again, and is told that it is done.
        try:
            service.modify_replica_synchronization(Operation.DETACH, synchronization, force=True)
            sys.exit("it was detached twice")
        except replsvc.InvalidParameter as error:
            print(f"once more: {error.code:d}, {error.message}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
