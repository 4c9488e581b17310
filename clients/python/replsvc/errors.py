# SPDX-License-Identifier: BSD-2-Clause
"""Exceptions: one class for each CIM code, with everything that replsvc_last_error() tells."""
from __future__ import annotations

import os

from .enums import ReturnCode
from .record import decode


class Error(Exception):
    """A call of the library failed.

    `code` is the CIM code, `errno` the system's error behind it or 0, `message_id` a stable name such as
    "RSVC0005", `parameter` the CIM name of the parameter at fault or "", `message` one sentence, `function`
    the C function.
    """

    code: ReturnCode = ReturnCode.FAILED
    errno: int = 0
    message_id: str = ""
    parameter: str = ""
    message: str = ""
    function: str = ""

    def __str__(self) -> str:
        return self.message


class NotSupported(Error):
    """1: this service, or this version of the library, does not do that."""


class Unknown(Error):
    """2: an unspecified error."""


class TimedOut(Error, TimeoutError):
    """3: not in the time that was allowed; work that was begun goes on."""


class Failed(Error):
    """4: an I/O error, no space, no memory; see `errno`."""


class InvalidParameter(Error, ValueError):
    """5: a parameter is wrong, names nothing (any more), or does not fit the state; see `parameter`."""


class InUse(Error):
    """6: somebody else has it, or it plays a part that excludes what was asked for."""


class MethodFailed(Error):
    """7, 8: what the code means is said by the method."""


class InvalidStateTransition(Error):
    """4097: a job cannot go from its state to the requested one."""


class VolumeError(Error, OSError):
    """Host I/O failed: an OSError with the errno, and the library's sentence if it has one."""


class Closed(Error, ValueError):
    """The service, volume or queue has been closed (or the process is a fork of the one that opened it)."""


CLASSES: dict[int, type[Error]] = {
    1: NotSupported, 2: Unknown, 3: TimedOut, 4: Failed, 5: InvalidParameter, 6: InUse, 7: MethodFailed,
    8: MethodFailed, 4097: InvalidStateTransition,
}


def make(kind: type[Error], code: int, message: str, function: str = "", errno: int = 0, message_id: str = "",
         parameter: str = "") -> Error:
    """An exception with its attributes."""
    error = kind(errno, message) if issubclass(kind, OSError) else kind(message)
    error.code, error.message, error.function = ReturnCode(code), message, function
    error.errno, error.message_id, error.parameter = errno, message_id, parameter
    return error


def last(code: int, function: str) -> Error:
    """The exception for a code that the library has just answered in this thread."""
    from .library import lib

    e = lib.replsvc_last_error().contents
    kind = CLASSES.get(code, Failed)
    if e.code != code:  # nothing is known but the code
        return make(kind, code, decode(lib.replsvc_strerror(code)), function)
    return make(kind, code, decode(e.message) or decode(lib.replsvc_strerror(code)), function, e.system_errno,
                decode(e.message_id), decode(e.parameter))


def volume(err: int, function: str, what: str, told: bool) -> VolumeError:
    """The exception for a negative errno. `told`: the function leaves a sentence in replsvc_last_error()."""
    from .library import lib

    message = f"{what}: {os.strerror(-err)}"
    if told:
        e = lib.replsvc_last_error().contents
        if e.system_errno == -err and e.message:
            message = f"{what}: {decode(e.message)}"
    error = make(VolumeError, ReturnCode.FAILED, message, function, -err)
    assert isinstance(error, VolumeError)
    return error
