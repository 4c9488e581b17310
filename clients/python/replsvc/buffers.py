# SPDX-License-Identifier: BSD-2-Clause
"""Python's buffers as memory for C: pinned while C uses them, without a copy where that can be had."""
from __future__ import annotations

import ctypes
from types import TracebackType
from typing import Any


class Buffer:
    """An address and a size, until release()."""

    def __init__(self, address: int | None, size: int, keep: Any) -> None:
        self.address, self.size, self._keep = address, size, keep

    def release(self) -> None:
        """Let the memory go."""
        self.address, self._keep = None, None

    def __enter__(self) -> tuple[int | None, int]:
        return self.address, self.size

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.release()


def write_buffer(buffer: Any) -> Buffer:
    """Memory that C may write to."""
    view = memoryview(buffer)
    if view.readonly:
        raise TypeError("a writable buffer is required: bytearray, memoryview of one, mmap, array")
    view = view.cast("B")
    if not view.nbytes:
        return Buffer(None, 0, None)
    # The array pins the buffer: a bytearray cannot be resized while it lives.
    array = (ctypes.c_char * view.nbytes).from_buffer(view)
    return Buffer(ctypes.addressof(array), view.nbytes, array)


def read_buffer(data: Any) -> Buffer:
    """Memory that C may read. What is neither bytes nor writable is copied."""
    if not isinstance(data, bytes):
        view = memoryview(data)
        if not view.readonly and view.c_contiguous:
            return write_buffer(view)
        data = view.tobytes()
    # c_char_p points into the bytes object itself, and keeps it alive.
    pointer = ctypes.c_char_p(data)
    return Buffer(ctypes.cast(pointer, ctypes.c_void_p).value, len(data), (pointer, data))
