# SPDX-License-Identifier: BSD-2-Clause
"""Iteration over a service's events, plain and in asyncio."""
from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, AsyncIterator, Iterator

from . import errors
from .handle import Handle
from .types import Event

if TYPE_CHECKING:
    from .service import Service


async def readable(fd: int, handle: Handle, timeout: float | None) -> bool:
    """Wait until a descriptor is readable, the handle is being closed, or the time is over: whether it was
    the descriptor. Each waiter has a copy of the descriptor, since an event loop takes one only once."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bool] = loop.create_future()

    def tell(found: bool) -> None:
        if not done.done():
            done.set_result(found)

    def closing() -> None:
        loop.call_soon_threadsafe(tell, False)

    copy = os.dup(fd)
    handle.when_closing.add(closing)
    loop.add_reader(copy, tell, True)
    try:
        if handle.closed:
            return False
        return await asyncio.wait_for(done, timeout)
    except asyncio.TimeoutError:
        return False
    finally:
        loop.remove_reader(copy)
        handle.when_closing.discard(closing)
        os.close(copy)


class Events(Iterator[Event], AsyncIterator[Event]):
    """The events of a service, for `for` and for `async for`.

    Each event is given to one taker. The iteration ends when none comes in `timeout` seconds (None: never), and
    when the service is closed.
    """

    def __init__(self, service: "Service", timeout: float | None) -> None:
        self._service, self._timeout = service, timeout

    def __iter__(self) -> "Events":
        return self

    def __next__(self) -> Event:
        try:
            event = self._service.event_next(self._timeout)
        except errors.Closed:
            raise StopIteration from None
        if event is None:
            raise StopIteration
        return event

    def __aiter__(self) -> "Events":
        return self

    async def __anext__(self) -> Event:
        try:
            while True:
                event = self._service.event_next(0)
                if event is not None:
                    return event
                if not await readable(self._service.event_fd(), self._service.handle, self._timeout):
                    event = self._service.event_next(0)
                    if event is None:
                        raise StopAsyncIteration
                    return event
        except errors.Closed:
            raise StopAsyncIteration from None
