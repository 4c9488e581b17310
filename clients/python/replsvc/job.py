# SPDX-License-Identifier: BSD-2-Clause
"""Jobs: what goes on after a call has returned."""
from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Generator, Iterator

from . import errors
from .enums import JobRequestedState, JobState, ReturnCode
from .handle import SLICE
from .types import JobInfo, JobRef

if TYPE_CHECKING:
    from .service import Service

ENDED = (JobState.COMPLETED, JobState.TERMINATED, JobState.KILLED, JobState.EXCEPTION)


class Job(JobRef):
    """A job of a service. It is a reference too. "" stands for none: that one has ended well already, so that
    `result.job.wait()` is right whether or not a call left work to a job. `await job` waits in asyncio."""

    _service: "Service | None"

    def __new__(cls, ref: str, service: "Service | None" = None) -> "Job":
        self = super().__new__(cls, ref)
        self._service = service
        return self

    def __reduce__(self) -> Any:
        return JobRef, (str(self),)

    @property
    def service(self) -> "Service":
        """The service that it is of."""
        if self._service is None:
            raise ValueError("this reference belongs to no service: use Service.job()")
        return self._service

    def info(self) -> JobInfo:
        """Its properties now."""
        return self.service.job_get_info(self)

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it has Completed; at most so many seconds.

        :raises TimedOut: it has not ended in that time
        :raises Error: it ended otherwise; the class is that of its ErrorCode
        """
        if self:
            self.service.job_wait(self, timeout)

    def progress(self, interval: float = 0.2) -> Iterator[JobInfo]:
        """Its properties every so many seconds, the last time when it has ended. Raises as wait() does."""
        while self:
            info = self.info()
            yield info
            if info.job_state in ENDED:
                self.wait(0)
                return
            try:
                self.wait(interval)
            except errors.TimedOut:
                pass
            except errors.Error:
                yield self.info()
                raise

    def __await__(self) -> Generator[Any, None, None]:
        return self._wait_async().__await__()

    async def _wait_async(self) -> None:
        pause = 0.002
        while self:
            try:
                return self.wait(0)
            except errors.TimedOut:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, SLICE)

    def suspend(self) -> ReturnCode:
        """Let it rest."""
        return self.service.job_request_state_change(self, JobRequestedState.SUSPEND)

    def resume(self) -> ReturnCode:
        """Let it go on."""
        return self.service.job_request_state_change(self, JobRequestedState.START)

    def terminate(self) -> ReturnCode:
        """End it and leave things whole."""
        return self.service.job_request_state_change(self, JobRequestedState.TERMINATE)

    def kill(self) -> ReturnCode:
        """End it at once."""
        return self.service.job_request_state_change(self, JobRequestedState.KILL)


def wait_in_slices(timeout: float | None, once: Any) -> bool:
    """Call once(milliseconds) until it is true or the time is over; in slices, so that a wait in C can be
    interrupted by Ctrl-C and by close()."""
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        left = SLICE if end is None else max(0.0, min(SLICE, end - time.monotonic()))
        if once(int(left * 1000)):
            return True
        if end is not None and time.monotonic() >= end:
            return False
