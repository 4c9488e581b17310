# SPDX-License-Identifier: BSD-2-Clause
"""Host I/O in asyncio, on top of a queue: no thread waits, the event loop watches the queue's descriptor."""
from __future__ import annotations

import asyncio
import collections
import os
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .queue import Queue, Request
from .volume import Volume

if TYPE_CHECKING:
    from .service import Service


class AsyncQueue:
    """Use it in `async with`, in one event loop. A buffer of a request whose task was cancelled still belongs
    to the library until the request has ended; the queue keeps it."""

    def __init__(self, service: "Service", depth: int = 0) -> None:
        self.queue = Queue(service, depth)
        self._waiting: collections.deque[Request] = collections.deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fd = -1

    async def __aenter__(self) -> "AsyncQueue":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Wait for all requests, and close."""
        while self._waiting or self.queue.in_flight:
            await asyncio.sleep(0.001)
            self._progress()
        if self._loop is not None and self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
        self.queue.close()

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop, self._fd = loop, os.dup(self.queue.fd)
            loop.add_reader(self._fd, self._progress)
        elif self._loop is not loop:
            raise RuntimeError("the queue is used by another event loop")

    def _progress(self) -> None:
        """Reap what has completed, and submit what waits for room."""
        if self.queue.handle.closed:
            return
        while self.queue.reap():
            pass
        while self._waiting:
            taken = self.queue.submit(list(self._waiting)[:64])
            if not taken:
                return
            for _ in range(taken):
                self._waiting.popleft()

    async def _run(self, request: Request) -> Any:
        self._start()
        assert self._loop is not None
        done: asyncio.Future[Any] = self._loop.create_future()

        def complete(r: Request) -> None:
            if not done.done():
                if r.error is None:
                    done.set_result(r.data)
                else:
                    done.set_exception(r.error)

        request.when_done = complete
        self._waiting.append(request)
        self._progress()
        return await done

    async def read(self, volume: Volume, count: int, offset: int) -> bytes:
        """So many bytes from a place."""
        return bytes(await self._run(Request.read(volume, count, offset)))

    async def readinto(self, volume: Volume, buffer: Any, offset: int) -> None:
        """Fill a buffer from a place."""
        await self._run(Request.readinto(volume, buffer, offset))

    async def write(self, volume: Volume, data: Any, offset: int, *, fua: bool = False) -> None:
        """Write a buffer at a place."""
        await self._run(Request.write(volume, data, offset, fua=fua))

    async def flush(self, volume: Volume) -> None:
        """Make every acknowledged write durable."""
        await self._run(Request.flush(volume))

    async def discard(self, volume: Volume, offset: int, length: int) -> None:
        """Give space back."""
        await self._run(Request.discard(volume, offset, length))

    async def write_zeroes(self, volume: Volume, offset: int, length: int, *, may_unmap: bool = False) -> None:
        """Make a range read as zeroes."""
        await self._run(Request.write_zeroes(volume, offset, length, may_unmap=may_unmap))
