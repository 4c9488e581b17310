# SPDX-License-Identifier: BSD-2-Clause
"""Handles: what C gives out and wants closed, kept from wrong use.

A call that uses a handle counts itself in, so that close() waits for calls of other threads, and every call
after it raises Closed. What is garbage is not closed by the collector, which runs anywhere, also between a
failed call and the look at its error, or under a lock that a callback needs: it is put on a list, which the
next call works off (queues first, then volumes, then services), as does the end of the interpreter.

After fork() the child has a copy of the memory but none of the threads: there every handle counts as closed,
and nothing is closed.
"""
from __future__ import annotations

import atexit
import collections
import os
import threading
import time
import weakref
from typing import Any, Callable

from . import errors
from .enums import ReturnCode

SLICE = 0.2  # seconds that a waiting call stays in C, so that Ctrl-C and close() end the wait

QUEUE, VOLUME, SERVICE = range(3)  # the order in which things are closed

_forks = 0
_garbage: collections.deque["Handle"] = collections.deque()
_open: "weakref.WeakSet[Handle]" = weakref.WeakSet()


class Handle:
    """A pointer with a life. `close` is C's function; `keep` must live as long as the pointer."""

    def __init__(self, pointer: Any, order: int, what: str, close: Callable[[Any], Any], keep: Any = None) -> None:
        self.order, self.what = order, what
        self._pointer, self._close, self._keep = pointer, close, keep
        self._forks = _forks
        self._changed = threading.Condition(threading.Lock())
        self._users: dict[int, int] = {}
        self._closing = False
        self.when_closing: set[Callable[[], None]] = set()
        _open.add(self)

    @property
    def closed(self) -> bool:
        """No call is possible any more."""
        return self._closing or self._forks != _forks

    def __enter__(self) -> Any:
        if self._forks != _forks:
            raise errors.make(errors.Closed, ReturnCode.FAILED,
                              f"{self.what} was opened before fork(): a child process has to open its own")
        collect()
        me = threading.get_ident()
        with self._changed:
            if self._closing:
                raise errors.make(errors.Closed, ReturnCode.FAILED, f"{self.what} is closed")
            self._users[me] = self._users.get(me, 0) + 1
        return self._pointer

    def __exit__(self, *_: object) -> None:
        me = threading.get_ident()
        with self._changed:
            self._users[me] -= 1
            if not self._users[me]:
                del self._users[me]
                if self._closing:
                    self._changed.notify_all()

    def close(self, seconds: float | None = None, before: Callable[[], None] | None = None) -> Any:
        """Wait for running calls and close; once. What C's function returns, None if it was not called. `before`
        is called when no call is possible any more."""
        if self._forks != _forks:
            return None
        with self._changed:
            if self._closing:
                return None
            if threading.get_ident() in self._users:
                raise RuntimeError(f"{self.what} cannot be closed from within one of its calls")
            self._closing = True
        for callback in list(self.when_closing):
            callback()
        end = None if seconds is None else time.monotonic() + seconds
        with self._changed:
            while self._users:
                if end is not None and time.monotonic() >= end:
                    return None  # left to the end of the process, which a state directory survives
                self._changed.wait(SLICE)
        if before is not None:
            before()
        result = self._close(self._pointer)
        self._pointer = self._keep = None
        return result

    def abandon(self) -> None:
        """Nobody has it any more: close it soon. May be called from anywhere."""
        if not self.closed:
            _garbage.append(self)


def collect() -> None:
    """Close what is garbage."""
    while _garbage:
        found = []
        while _garbage:
            try:
                found.append(_garbage.popleft())
            except IndexError:  # another thread was faster
                break
        for handle in sorted(found, key=lambda h: h.order):
            handle.close()


def _after_fork() -> None:
    global _forks
    _forks += 1
    _garbage.clear()


def _at_exit() -> None:
    """Close everything while callbacks can still run."""
    collect()
    for handle in sorted(_open, key=lambda h: h.order):
        if not handle.closed:
            handle.close(5)


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
