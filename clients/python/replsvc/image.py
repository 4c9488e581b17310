# SPDX-License-Identifier: BSD-2-Clause
"""Functions on images that take callbacks: copying with progress, checking a VHDX image."""
from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import Callable

from . import abi, errors
from .enums import ReturnCode, VhdxCheckFlags, VhdxSeverity
from .library import lib
from .marshal import StrPath
from .record import decode, encode
from .types import CopyOptions, CopyStatistics, VhdxCheckResult


def copy(source_locator: StrPath, target_locator: StrPath, options: CopyOptions | None = None, *,
         progress: Callable[[int, int, int], object] | None = None) -> CopyStatistics:
    """Copy one image to another, of any formats; needs no service.

    :param progress: called a few times a second with (bytes done, bytes in all, bytes per second); an exception
        in it, Ctrl-C included, cancels the copy and is raised
    """
    c = (options or CopyOptions())._to_c()
    statistics = CopyStatistics._new_c()
    failure: list[BaseException] = []

    def report(_: object, done: int, total: int, rate: int) -> int:
        try:
            if progress is not None:
                progress(done, total, rate)
            return 0
        except BaseException as e:
            failure.append(e)
            return 1

    c.progress = abi.replsvc_copy_progress(report)
    code = lib.replsvc_copy(encode(os.fspath(source_locator), "source_locator"),
                            encode(os.fspath(target_locator), "target_locator"), ctypes.byref(c),
                            ctypes.byref(statistics))
    if failure:
        raise failure[0]
    if code:
        raise errors.last(code, "replsvc_copy")
    return CopyStatistics._from_c(statistics)


@dataclass(frozen=True)
class VhdxFinding:
    """One thing that a check found."""

    severity: VhdxSeverity
    offset: int
    text: str


@dataclass(frozen=True)
class VhdxCheck:
    """The outcome of a check."""

    ok: bool
    message: str
    result: VhdxCheckResult
    findings: list[VhdxFinding]


def vhdx_check(path: StrPath, flags: VhdxCheckFlags = VhdxCheckFlags(0), *, limit: int = 10000) -> VhdxCheck:
    """Check a VHDX image, or repair it. What is found is returned, not raised.

    :param limit: findings to keep at most; all are counted
    """
    findings: list[VhdxFinding] = []

    def found(_: object, finding: ctypes._Pointer[abi.replsvc_vhdx_finding]) -> int:
        f = finding.contents
        if len(findings) < limit:
            findings.append(VhdxFinding(VhdxSeverity(f.severity), f.offset, decode(f.text)))
        return 0

    result = VhdxCheckResult._new_c()
    code = lib.replsvc_vhdx_check(encode(os.fspath(path), "path"), flags, abi.replsvc_vhdx_finding_function(found),
                                  None, ctypes.byref(result))
    message = ""
    if code:
        error = errors.last(code, "replsvc_vhdx_check")
        if code != ReturnCode.FAILED or not result.errors + result.damage:
            raise error
        message = error.message
    return VhdxCheck(code == 0, message, VhdxCheckResult._from_c(result), findings)
