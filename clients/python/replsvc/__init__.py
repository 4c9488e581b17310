# SPDX-License-Identifier: BSD-2-Clause
"""Replication of disk images and groups of them, with the semantics of CIM_ReplicationService.

The Python form of libreplsvc, over ctypes: nothing to compile. A first program:

    import replsvc

    with replsvc.Service("/var/lib/shop") as service:
        image = service.element_register("file:/srv/a.img", name="image")
        pool = service.pool_register("file:/srv/pool", name="pool")
        copy = service.create_element_replica(replsvc.SyncType.CLONE, image, target_pool=pool)
        copy.job.wait()
        print(service.sync_get_info(copy.synchronization).copy_state)

A method has the name of the C function without `replsvc_` and its parameters; the C headers are the reference.
Failures are exceptions (Error and its classes); volume I/O raises VolumeError, which is an OSError too.

Threads: any object may be used by any thread; a call lets other Python threads run while it works in C. Waits
(job.wait(), sync_wait(), event_next(), reap()) can be interrupted by Ctrl-C and end when the service is closed. A
call with `wait_for_copy_state` waits in C and cannot: leave it out, and wait for the job or by sync_wait(). After
os.fork() the child cannot use what its parent has opened. Callbacks (log, log_record, quiesce, progress) come
from any thread; they must not close what calls them.
"""
from __future__ import annotations

from . import abi, enums, errors, types
from .aio import AsyncQueue
from .calls import *  # noqa: F401,F403
from .enums import *  # noqa: F401,F403
from .errors import (Closed, Error, Failed, InUse, InvalidParameter, InvalidStateTransition, MethodFailed,
                     NotSupported, TimedOut, Unknown, VolumeError)
from .events import Events
from .image import VhdxCheck, VhdxFinding, copy, vhdx_check
from .job import Job
from .library import features, lib, strerror, version, version_string
from .queue import Queue, Request
from .record import Record, Ref
from .service import Service
from .types import *  # noqa: F401,F403
from .volume import Volume

__version__ = "1.0.0"

cdef_path = __file__.removesuffix("__init__.py") + "replsvc.cdef"
"""The C declarations for cffi: `ffi.cdef(open(replsvc.cdef_path).read())`."""
