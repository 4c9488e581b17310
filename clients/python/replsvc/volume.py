# SPDX-License-Identifier: BSD-2-Clause
"""Volumes: host I/O to one element, by position and as a raw file-like object."""
from __future__ import annotations

import ctypes
import io
import warnings
from typing import IO, TYPE_CHECKING, Any, Iterator, Sequence

from . import abi, errors, marshal
from .buffers import read_buffer, write_buffer
from .enums import ExtentFlags, IOFlags, VolumeFlags
from .handle import VOLUME, Handle
from .library import lib
from .record import integer
from .types import ElementRef, Extent, VolumeInfo

if TYPE_CHECKING:
    from .queue import Queue
    from .service import Service

ROOM = 256  # extents asked for at a time


class Volume(io.RawIOBase):
    """An element opened for host I/O. Every write to an element of a service has to go through here.

    The positional methods (pread, pwrite, …) may be called by several threads at once. The file-like ones
    (read, readinto, write, seek, tell) have one position; wrapped in io.BufferedReader or io.BufferedRandom they
    give an ordinary file. flush() makes every acknowledged write durable; close() does not.

    All of them raise VolumeError, which is an OSError.
    """

    def __init__(self, service: "Service", element: str, writable: bool = False) -> None:
        super().__init__()
        self.service = service  # lives as long as its volumes
        self.element = ElementRef(element)
        self.name = str(element)
        self.mode = "rb+" if writable else "rb"
        self._writable = writable
        self._position = 0
        self._queues: dict["Queue", int] = {}  # requests in flight
        ref = abi.replsvc_element_ref()
        marshal.fill(ref, element, ElementRef, "element")
        pointer = ctypes.c_void_p()
        with service.handle as of_service:
            err = lib.replsvc_volume_open(of_service, ctypes.byref(ref), VolumeFlags.WRITABLE if writable else 0,
                                          ctypes.byref(pointer))
            if err:
                raise errors.volume(err, "replsvc_volume_open", f"volume {element}", True)
            self.handle = Handle(pointer, VOLUME, f"volume {element}", lib.replsvc_volume_close)
            service._parts.add(self)

    def _call(self, function: str, *arguments: Any, what: str = "", told: bool = False) -> None:
        with self.handle as pointer:
            err = getattr(lib, function)(pointer, *arguments)
            if err:
                raise errors.volume(err, function, f"volume {self.element}{what}", told)

    def close(self) -> None:
        """Close the volume, after the requests on it."""
        handle = getattr(self, "handle", None)
        if handle is not None and not handle.closed:
            err = handle.close(before=self._drain)
            if err:
                super().close()
                raise errors.volume(err, "replsvc_volume_close", f"volume {self.element}", True)
        super().close()

    def _drain(self) -> None:
        for queue in list(self._queues):
            queue.drain(self)

    def __del__(self) -> None:
        handle = getattr(self, "handle", None)
        if handle is not None and not handle.closed:
            warnings.warn(f"{handle.what} was not closed", ResourceWarning)
            handle.abandon()

    # ---- by position ----

    def pread(self, count: int, offset: int) -> bytes:
        """So many bytes from a place; all of them or an error."""
        buffer = bytearray(count)
        self.pread_into(buffer, offset)
        return bytes(buffer)

    def pread_into(self, buffer: Any, offset: int) -> None:
        """Fill a writable buffer (bytearray, memoryview, mmap, array) from a place."""
        with write_buffer(buffer) as (address, size):
            self._call("replsvc_volume_pread", address, size, place(offset), 0, what=f": read of {size} bytes at {offset}")

    def pwrite(self, data: Any, offset: int, *, fua: bool = False) -> None:
        """Write a buffer at a place; fua: it is durable when the call returns."""
        with read_buffer(data) as (address, size):
            self._call("replsvc_volume_pwrite", address, size, place(offset), IOFlags.FUA if fua else 0,
                       what=f": write of {size} bytes at {offset}")

    def preadv(self, buffers: Sequence[Any], offset: int) -> None:
        """Fill several buffers, in order, from a place."""
        self._vectored("replsvc_volume_preadv", [write_buffer(b) for b in buffers], offset, 0)

    def pwritev(self, buffers: Sequence[Any], offset: int, *, fua: bool = False) -> None:
        """Write several buffers, in order, at a place."""
        self._vectored("replsvc_volume_pwritev", [read_buffer(b) for b in buffers], offset, IOFlags.FUA if fua else 0)

    def _vectored(self, function: str, buffers: list[Any], offset: int, flags: int) -> None:
        iov = (abi.iovec * len(buffers))()
        for entry, buffer in zip(iov, buffers):
            entry.iov_base, entry.iov_len = buffer.address, buffer.size
        try:
            self._call(function, iov, len(buffers), place(offset), flags, what=f": {function} at {offset}")
        finally:
            for buffer in buffers:
                buffer.release()

    def discard(self, offset: int, length: int, *, fua: bool = False) -> None:
        """Give space back; the range reads as zeroes afterwards."""
        self._call("replsvc_volume_discard", place(offset), place(length), IOFlags.FUA if fua else 0,
                   what=f": discard of {length} bytes at {offset}")

    def write_zeroes(self, offset: int, length: int, *, fua: bool = False, may_unmap: bool = False) -> None:
        """Make a range read as zeroes."""
        flags = (IOFlags.FUA if fua else 0) | (IOFlags.MAY_UNMAP if may_unmap else 0)
        self._call("replsvc_volume_write_zeroes", place(offset), place(length), flags,
                   what=f": zeroes for {length} bytes at {offset}")

    def extents(self, offset: int = 0, length: int | None = None) -> Iterator[Extent]:
        """What a range consists of, in order and without gaps."""
        end = self.size if length is None else offset + length
        room = (abi.replsvc_extent * ROOM)()
        while offset < end:
            n = ctypes.c_size_t(ROOM)
            self._call("replsvc_volume_extents", place(offset), place(end - offset), room, ctypes.byref(n),
                       what=f": extents at {offset}")
            found = [Extent(e.offset, e.length, ExtentFlags(e.flags)) for e in room[:n.value]]
            yield from found
            offset = found[-1].offset + found[-1].length

    def flush(self) -> None:
        """Make every write that was acknowledged before the call durable."""
        if self._writable and not self.handle.closed:
            self._call("replsvc_volume_flush", what=": flush")

    def resize(self, size_bytes: int) -> None:
        """Change the size of the element."""
        self._call("replsvc_volume_resize", place(size_bytes), what=f": resize to {size_bytes} bytes", told=True)

    def info(self) -> VolumeInfo:
        """Properties and counters."""
        c = VolumeInfo._new_c()
        self._call("replsvc_volume_get_info", ctypes.byref(c))
        return VolumeInfo._from_c(c)

    @property
    def size(self) -> int:
        """Bytes of the volume."""
        return self.info().size_bytes

    # ---- as a raw file ----

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return self._writable

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}.get(whence)
        if base is None:
            if whence != io.SEEK_END:
                raise ValueError(f"whence: {whence} is not 0, 1 or 2")
            base = self.size
        if base + offset < 0:
            raise ValueError(f"{base + offset} is before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        n = max(0, min(len(view), self.size - self._position))
        if n:
            self.pread_into(view[:n], self._position)
            self._position += n
        return n

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        n = max(0, min(len(view), self.size - self._position)) or len(view)  # at the end: the library's error
        self.pwrite(view[:n], self._position)
        self._position += n
        return n

    def truncate(self, size: int | None = None) -> int:
        size = self._position if size is None else size
        self.resize(size)
        return size


def place(number: int) -> int:
    """An offset or length; ctypes would cut it silently."""
    return integer(number, ctypes.c_uint64, "offset or length")


def open_file(service: "Service", element: str, mode: str, buffering: int) -> IO[bytes]:
    """See Service.open()."""
    kinds = {"rb": False, "br": False, "r+b": True, "rb+": True, "+rb": True, "+br": True, "br+": True}
    if mode not in kinds:
        raise ValueError(f"mode: \"rb\" or \"r+b\", not {mode!r}; a volume is always there and never truncated")
    volume = Volume(service, element, kinds[mode])
    if buffering == 0:
        return volume  # type: ignore[return-value]
    if kinds[mode]:
        return io.BufferedRandom(volume, buffering)
    return io.BufferedReader(volume, buffering)
