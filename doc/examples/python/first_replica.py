#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A clone of an image into a pool: the first program of the README, in Python.

    first_replica.py STATE_DIRECTORY IMAGE POOL_DIRECTORY
"""
import sys

import replsvc


def main(state: str, image: str, directory: str) -> int:
    with replsvc.Service(state) as service:
        # Elements are images or devices; a pool is where the service may make new ones.
        source = service.element_register(f"file:{image}", name="image")
        pool = service.pool_register(f"file:{directory}", name="pool")

        # The clone shows the image as it was at the call, at once; a job makes it complete.
        made = service.create_element_replica(replsvc.SyncType.CLONE, source, element_name="copy", target_pool=pool)
        for job in made.job.progress():
            print(f"{job.name}: {job.percent_complete} %")

        info = service.sync_get_info(made.synchronization)
        print(f"CopyState {info.copy_state:d} ({info.copy_state}), {info.percent_synced} % synced")
        return 0 if info.copy_state is replsvc.CopyState.SYNCHRONIZED else 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
