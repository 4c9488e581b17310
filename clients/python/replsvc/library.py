# SPDX-License-Identifier: BSD-2-Clause
"""Finds the shared library and binds its functions.

The environment variable REPLSVC_LIBRARY names a file; else the system's loader finds libreplsvc.so.1. It is
loaded when it is first needed. A call releases the GIL, so that other threads run while it works.
"""
from __future__ import annotations

import ctypes
import os
import threading
from typing import Any

from . import errors
from .abi import FUNCTIONS
from .enums import Features, ReturnCode
from .record import decode

SONAME = "libreplsvc.so.1"
MAJOR = 1


class Library:
    """The library's functions under their C names, with result and parameter types set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dll: ctypes.CDLL | None = None

    def _load(self) -> ctypes.CDLL:
        with self._lock:
            if self._dll is None:
                name = os.environ.get("REPLSVC_LIBRARY") or SONAME
                try:
                    dll = ctypes.CDLL(name)
                except OSError as e:
                    raise ImportError(f"the replication library cannot be loaded: {e}; install libreplsvc1, or name "
                                      "the file in the environment variable REPLSVC_LIBRARY") from e
                dll.replsvc_version.restype = ctypes.c_uint32
                if dll.replsvc_version() >> 16 != MAJOR:
                    raise ImportError(f"{name} is not of version {MAJOR}")
                self._dll = dll
            return self._dll

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(f"there is no function {name}")
        dll = self._load()
        try:
            function = dll[name]
        except AttributeError:
            raise errors.make(errors.NotSupported, ReturnCode.NOT_SUPPORTED,
                              f"version {version_string()} of the library has no {name}", name) from None
        function.restype, function.argtypes = FUNCTIONS[name]
        setattr(self, name, function)
        return function

    def has(self, name: str) -> bool:
        """Whether the library that is loaded has a function."""
        return hasattr(self._load(), name)


lib = Library()


def version_string() -> str:
    """The version of the library as it runs, such as "1.0.0"."""
    return decode(lib.replsvc_version_string())


def version() -> tuple[int, int, int]:
    """The version of the library as it runs: major, minor, patch."""
    number: int = lib.replsvc_version()
    return number >> 16, number >> 8 & 0xFF, number & 0xFF


def features() -> Features:
    """What the library that is loaded has."""
    return Features(lib.replsvc_features())


def strerror(code: int) -> str:
    """The text of a CIM return code."""
    return decode(lib.replsvc_strerror(code))


def free(pointer: Any) -> None:
    """Give a list or text back."""
    if pointer:
        lib.replsvc_free(ctypes.cast(pointer, ctypes.c_void_p))
