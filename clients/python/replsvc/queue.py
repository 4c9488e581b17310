# SPDX-License-Identifier: BSD-2-Clause
"""The queue of asynchronous I/O: submit many requests, reap completions, a descriptor to poll."""
from __future__ import annotations

import collections
import contextlib
import ctypes
import os
import threading
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Sequence

from . import abi, errors
from .buffers import Buffer, read_buffer, write_buffer
from .enums import IOFlags, IOOperation, ReturnCode
from .handle import QUEUE, Handle
from .job import wait_in_slices
from .library import lib
from .volume import Volume, place

if TYPE_CHECKING:
    from .service import Service

BATCH = 128


class Request:
    """One request. Make it by Request.read() and so on; after it was reaped `error` is None or the failure."""

    def __init__(self, volume: Volume, operation: IOOperation, offset: int = 0, length: int = 0,
                 buffer: Buffer | None = None, data: Any = None, flags: int = 0) -> None:
        self.volume, self.operation, self.offset, self.length = volume, operation, place(offset), place(length)
        self.data = data
        self.done = False
        self.error: OSError | None = None
        self.when_done: Callable[[Request], None] | None = None
        self._buffer = buffer
        c = abi.replsvc_io_request(operation=operation, flags=flags, offset=offset, length=length)
        c.size = ctypes.sizeof(c)
        if buffer is not None:
            self._iov = abi.iovec(buffer.address, buffer.size)
            c.iov, c.iovcnt = ctypes.pointer(self._iov), 1
        self._c = c

    @classmethod
    def read(cls, volume: Volume, count: int, offset: int) -> "Request":
        """Read so many bytes; `data` is a bytearray with them afterwards."""
        return cls.readinto(volume, bytearray(count), offset)

    @classmethod
    def readinto(cls, volume: Volume, buffer: Any, offset: int) -> "Request":
        """Read into a buffer, which belongs to the library until the request is done."""
        memory = write_buffer(buffer)
        return cls(volume, IOOperation.READ, offset, memory.size, memory, buffer)

    @classmethod
    def write(cls, volume: Volume, data: Any, offset: int, *, fua: bool = False) -> "Request":
        """Write a buffer, which must not change until the request is done."""
        memory = read_buffer(data)
        return cls(volume, IOOperation.WRITE, offset, memory.size, memory, data, IOFlags.FUA if fua else 0)

    @classmethod
    def flush(cls, volume: Volume) -> "Request":
        """Make every acknowledged write durable."""
        return cls(volume, IOOperation.FLUSH)

    @classmethod
    def discard(cls, volume: Volume, offset: int, length: int) -> "Request":
        """Give space back."""
        return cls(volume, IOOperation.DISCARD, offset, length)

    @classmethod
    def write_zeroes(cls, volume: Volume, offset: int, length: int, *, may_unmap: bool = False) -> "Request":
        """Make a range read as zeroes."""
        return cls(volume, IOOperation.WRITE_ZEROES, offset, length, flags=IOFlags.MAY_UNMAP if may_unmap else 0)

    def _complete(self, result: int) -> None:
        self.done = True
        if self._buffer is not None:
            self._buffer.release()
        if result:
            what = f"{self.volume.handle.what}: {self.operation} at {self.offset}: {os.strerror(-result)}"
            error = errors.make(errors.VolumeError, ReturnCode.FAILED, what, "replsvc_io_submit", -result)
            assert isinstance(error, OSError)
            self.error = error
        if self.when_done is not None:
            self.when_done(self)


class Queue:
    """A queue for asynchronous I/O to the volumes of a service. Requests that overlap are done in the order in
    which they were submitted."""

    def __init__(self, service: "Service", depth: int = 0) -> None:
        self.service = service
        self._lock = threading.Lock()
        self._in_flight: dict[int, Request] = {}  # by the address of its C struct
        self._done: collections.deque[Request] = collections.deque()
        pointer = ctypes.c_void_p()
        if not 0 <= depth < 2**32:
            raise ValueError(f"depth: {depth} is no number of requests")
        with service.handle as of_service:
            err = lib.replsvc_io_queue_open(of_service, depth, ctypes.byref(pointer))
            if err:
                raise errors.volume(err, "replsvc_io_queue_open", "queue", True)
            self.handle = Handle(pointer, QUEUE, "queue", lib.replsvc_io_queue_close, self._in_flight)
            service._parts.add(self)

    def __enter__(self) -> "Queue":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        handle = getattr(self, "handle", None)
        if handle is not None and not handle.closed:
            warnings.warn("a queue was not closed", ResourceWarning)
            handle.abandon()

    @property
    def fd(self) -> int:
        """The descriptor that is readable while completions wait; owned by the queue."""
        with self.handle as pointer:
            return int(lib.replsvc_io_queue_fd(pointer))

    def fileno(self) -> int:
        """For select() and its like."""
        return self.fd

    @property
    def in_flight(self) -> int:
        """Requests that were submitted and not reaped."""
        return len(self._in_flight)

    def submit(self, requests: Sequence[Request]) -> int:
        """Queue requests: the number taken from the front, fewer when the queue is full."""
        taken = 0
        with contextlib.ExitStack() as used:  # a volume does not close meanwhile
            pointer = used.enter_context(self.handle)
            volumes = {r.volume: used.enter_context(r.volume.handle) for r in requests}
            with self._lock:
                if any(r.done or ctypes.addressof(r._c) in self._in_flight for r in requests) or \
                        len({id(r) for r in requests}) < len(requests):
                    raise ValueError("a request can be submitted only once")
                if any(v.service is not self.service for v in volumes):
                    raise ValueError("a volume is of another service than the queue")
                array = (ctypes.POINTER(abi.replsvc_io_request) * len(requests))()
                # Kept before C has them: an interruption in between must not free what is in flight.
                for i, r in enumerate(requests):
                    r._c.volume = volumes[r.volume]
                    array[i] = ctypes.pointer(r._c)
                    self._keep(r)
                taken = int(lib.replsvc_io_submit(pointer, array, len(requests)))
                for r in requests[max(taken, 0):]:
                    self._forget(r)
                if taken < 0:
                    raise errors.volume(taken, "replsvc_io_submit", "queue", False)
        return taken

    def _keep(self, r: Request) -> None:
        self._in_flight[ctypes.addressof(r._c)] = r
        r.volume._queues[self] = r.volume._queues.get(self, 0) + 1

    def _forget(self, r: Request) -> None:
        del self._in_flight[ctypes.addressof(r._c)]
        r.volume._queues[self] -= 1
        if not r.volume._queues[self]:
            del r.volume._queues[self]

    def reap(self, most: int = BATCH, min_wait: int = 0, timeout: float | None = None) -> list[Request]:
        """Completed requests, at most `most`; waits until there are `min_wait`, for so many seconds (None: for
        ever). Look at the `error` of each."""
        found: list[Request] = []

        def once(milliseconds: int) -> bool:
            while self._done and len(found) < most:
                found.append(self._done.popleft())
            if len(found) < most:
                need = min(min_wait, most) - len(found)
                found.extend(self._reap(most - len(found), need if need > 0 else 0, milliseconds))
            return len(found) >= min(min_wait, most) or not self._in_flight

        wait_in_slices(timeout, once)
        return found

    def _reap(self, most: int, min_wait: int, milliseconds: int) -> list[Request]:
        array = (ctypes.POINTER(abi.replsvc_io_request) * most)()
        with self.handle as pointer:
            n = lib.replsvc_io_reap(pointer, array, most, min(min_wait, len(self._in_flight)), milliseconds)
            if n < 0:
                raise errors.volume(n, "replsvc_io_reap", "queue", False)
        found = []
        with self._lock:
            for i in range(n):
                r = self._in_flight[ctypes.addressof(array[i].contents)]
                self._forget(r)
                found.append(r)
        for r in found:
            r._complete(r._c.result)
        return found

    def drain(self, volume: Volume | None = None) -> None:
        """Wait for all requests in flight, or for those on a volume; reap() gives them afterwards."""
        while volume._queues.get(self) if volume is not None else self._in_flight:
            found = self._reap(BATCH, 1, 200)
            self._done.extend(r for r in found if r.when_done is None)

    def close(self) -> None:
        """Wait for the requests in flight, and close."""
        if not self.handle.closed:
            self.drain()
            self.handle.close()
