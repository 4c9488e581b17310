# SPDX-License-Identifier: BSD-2-Clause
"""The service: what replsvc_service_open() gives, with a method for every function."""
from __future__ import annotations

import ctypes
import logging
import os
import sys
import time
import warnings
import weakref
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Callable

from . import abi, errors
from .calls import ServiceCalls
from .enums import CopyState, LogLevel, QuiescePhase, ReturnCode, ServiceFlags
from .events import Events
from .handle import SERVICE, SLICE, Handle, collect
from .job import Job, wait_in_slices
from .library import lib
from .marshal import Call, StrPath
from .record import decode, encode
from .types import ElementRef, Event, LogRecord, ServiceOptions, SyncInfo

if TYPE_CHECKING:
    from .aio import AsyncQueue
    from .queue import Queue
    from .volume import Volume

Log = Callable[[LogLevel, str], object]
LogFields = Callable[[LogRecord], object]
Quiesce = Callable[[QuiescePhase, "list[ElementRef]"], object]
LEVELS = {LogLevel.ERROR: logging.ERROR, LogLevel.WARNING: logging.WARNING, LogLevel.INFO: logging.INFO,
          LogLevel.DEBUG: logging.DEBUG}

STUCK = (CopyState.BROKEN, CopyState.PARTITIONED, CopyState.INVALID, CopyState.ABORTED)


def unraisable(what: str) -> None:
    """Report the exception of a callback, which C cannot be given."""
    kind, value, trace = sys.exc_info()
    sys.unraisablehook(type("Unraisable", (), {
        "exc_type": kind, "exc_value": value, "exc_traceback": trace,
        "err_msg": f"Exception ignored in {what}", "object": None})())


def log_callback(log: Log | logging.Logger) -> Any:
    """The C callback for a log function or logger."""
    def function(_: Any, level: int, line: bytes) -> None:
        try:
            if isinstance(log, logging.Logger):
                log.log(LEVELS.get(LogLevel(level), logging.DEBUG), "%s", decode(line))
            else:
                log(LogLevel(level), decode(line))
        except BaseException:
            unraisable("the log function of a replication service")
    return abi.replsvc_log_function(function)


def log_record_callback(log: LogFields) -> Any:
    """The C callback for a log function that takes fields."""
    def function(_: Any, record: Any) -> None:
        try:
            log(LogRecord._from_c(record.contents))
        except BaseException:
            unraisable("the log function of a replication service")
    return abi.replsvc_log_record_function(function)


def quiesce_callback(quiesce: Quiesce) -> Any:
    """The C callback for a quiesce hook: an exception is its failure."""
    def function(_: Any, phase: int, elements: Any, n: int) -> int:
        try:
            quiesce(QuiescePhase(phase), [ElementRef(decode(elements[i].id)) for i in range(n)])
            return 0
        except BaseException:
            unraisable("the quiesce hook of a replication service")
            return -1
    return abi.replsvc_quiesce_function(function)


class Service(ServiceCalls):
    """A replication service on its state directory.

    Opening makes this process the service; use it in a `with` statement, or close() it. The methods of
    ServiceCalls are the library's functions.

    :param state_directory: where the service keeps all it knows; made if it does not exist
    :param options: further options
    :param log: called with (LogLevel, line), from any thread; or a logging.Logger
    :param log_record: called with a LogRecord, besides or instead of log: level, time, errno, the id of what
        the line is about, and the line
    :param quiesce: called with (QuiescePhase, elements) around a point in time, to freeze and thaw what writes
        to them; an exception is a failure
    :param must_exist: fail if there is no state directory
    """

    def __init__(self, state_directory: StrPath, options: ServiceOptions | None = None, *,
                 log: Log | logging.Logger | None = None, log_record: LogFields | None = None,
                 quiesce: Quiesce | None = None, must_exist: bool = False) -> None:
        collect()
        c = (options or ServiceOptions())._to_c()
        if must_exist:
            c.flags |= ServiceFlags.MUST_EXIST
        if log is not None:
            c.log = log_callback(log)
            if not c.log_level and isinstance(log, logging.Logger):
                c.log_level = next((own for own, level in LEVELS.items() if log.getEffectiveLevel() >= level),
                                   LogLevel.DEBUG)
        if log_record is not None:
            c.log_record = log_record_callback(log_record)
        if quiesce is not None:
            c.quiesce = quiesce_callback(quiesce)
        path = encode(os.fspath(state_directory), "state_directory")
        pointer = ctypes.c_void_p()
        code = lib.replsvc_service_open(path, ctypes.byref(c), ctypes.byref(pointer))
        self._adopt(code, "replsvc_service_open", pointer, f"the service on {decode(path)}", c)

    @classmethod
    def connect(cls, path: StrPath) -> "Service":
        """Connect to a service that another process has open and that listens on the socket `path`. Host I/O
        stays with that process."""
        collect()
        self = cls.__new__(cls)
        pointer = ctypes.c_void_p()
        data = encode(os.fspath(path), "path")
        code = lib.replsvc_service_connect(data, ctypes.byref(pointer))
        self._adopt(code, "replsvc_service_connect", pointer, f"the service at {decode(data)}", None)
        return self

    def _adopt(self, code: int, function: str, pointer: ctypes.c_void_p, what: str, keep: Any) -> None:
        if code != abi.REPLSVC_OK:
            raise errors.last(code, function)
        self.handle = Handle(pointer, SERVICE, what, lib.replsvc_service_close, keep)
        self._parts: "weakref.WeakSet[Any]" = weakref.WeakSet()

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{self.handle.what}{', closed' if self.closed else ''}>"

    @property
    def closed(self) -> bool:
        """close() has been called."""
        return self.handle.closed

    def close(self) -> None:
        """Close the queues, the volumes and the service. Running jobs go on when it is opened again."""
        for part in sorted(self._parts, key=lambda p: int(p.handle.order)):
            part.close()
        self.handle.close()

    def __del__(self) -> None:
        handle = getattr(self, "handle", None)
        if handle is not None and not handle.closed:
            warnings.warn(f"{handle.what} was not closed", ResourceWarning)
            handle.abandon()

    def _call(self, call: Call, *arguments: Any) -> Any:
        with self.handle as pointer:
            return call(self, pointer, *arguments)

    # ---- waiting ----

    def job(self, ref: str) -> Job:
        """A job from a reference that was kept."""
        return Job(ref, self)

    def job_wait(self, job: str, timeout: float | None = None) -> None:
        """Wait until a job has Completed; at most so many seconds (None: for ever).

        :raises TimedOut: it has not ended in that time
        :raises Error: it ended otherwise; the class is that of its ErrorCode
        """
        ref = abi.replsvc_job_ref(id=encode(job, "job")[:abi.REPLSVC_REF_SIZE - 1])
        error: list[errors.Error] = []

        def once(milliseconds: int) -> bool:
            with self.handle as pointer:
                code = lib.replsvc_job_wait(pointer, ctypes.byref(ref), milliseconds)
                error[:] = [errors.last(code, "replsvc_job_wait")] if code else []
            return bool(code != abi.REPLSVC_TIMEOUT)

        wait_in_slices(timeout, once)
        if error:
            raise error[0]

    def sync_wait(self, synchronization: str, copy_state: CopyState = CopyState.SYNCHRONIZED,
                  timeout: float | None = None) -> SyncInfo:
        """Wait until a relationship is in a CopyState; at most so many seconds (None: for ever). Unlike a call
        with `wait_for_copy_state` this wait can be interrupted by Ctrl-C and ends when the service is closed.

        :raises TimedOut: it is not in that state after that time; what goes on goes on
        :raises Failed: it is Broken, Partitioned, Invalid or Aborted instead; the message says why
        :raises InvalidParameter: there is no such relationship (any more)
        """
        end = None if timeout is None else time.monotonic() + timeout
        pause = 0.002
        while True:
            info = self.sync_get_info(synchronization)
            if info.copy_state == copy_state:
                return info
            said = f"{info.name} is {info.copy_state.name}, not {copy_state.name}"
            if info.copy_state in STUCK:
                why = f": {info.error_message}" if info.error_message else ""
                raise errors.make(errors.Failed, ReturnCode.FAILED, said + why, "sync_wait")
            if end is not None and time.monotonic() >= end:
                raise errors.make(errors.TimedOut, ReturnCode.TIMEOUT, said, "sync_wait")
            time.sleep(pause if end is None else max(0.0, min(pause, end - time.monotonic())))
            pause = min(pause * 1.5, SLICE)

    def event_fd(self) -> int:
        """The descriptor that is readable while events wait; owned by the service."""
        with self.handle as pointer:
            return int(lib.replsvc_event_fd(pointer))

    def event_next(self, timeout: float | None = None) -> Event | None:
        """The oldest event; None if none comes in so many seconds (timeout None: wait for ever)."""
        c = Event._new_c()

        def once(milliseconds: int) -> bool:
            with self.handle as pointer:
                code = lib.replsvc_event_next(pointer, ctypes.byref(c), milliseconds)
                if code not in (abi.REPLSVC_OK, abi.REPLSVC_TIMEOUT):
                    raise errors.last(code, "replsvc_event_next")
            return bool(code == abi.REPLSVC_OK)

        return Event._from_c(c) if wait_in_slices(timeout, once) else None

    def events(self, timeout: float | None = None) -> Events:
        """The events, for `for` and `async for`; ends when none comes in so many seconds."""
        return Events(self, timeout)

    # ---- host I/O ----

    def open_volume(self, element: str, writable: bool = False) -> "Volume":
        """Open an element for host I/O: a raw file-like object with positional I/O."""
        from .volume import Volume

        return Volume(self, element, writable)

    def open(self, element: str, mode: str = "rb", buffering: int = 1 << 16) -> IO[bytes]:
        """Open an element as a buffered binary file: "rb" or "r+b"; buffering 0 gives the volume itself.
        What is written is durable after flush() and volume.flush(); close() does not make it so."""
        from .volume import open_file

        return open_file(self, element, mode, buffering)

    def open_queue(self, depth: int = 0) -> "Queue":
        """A queue for asynchronous I/O: submit many requests, reap completions."""
        from .queue import Queue

        return Queue(self, depth)

    def open_async(self, depth: int = 0) -> "AsyncQueue":
        """The same for asyncio: `await queue.read(volume, count, offset)`."""
        from .aio import AsyncQueue

        return AsyncQueue(self, depth)
