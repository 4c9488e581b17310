# SPDX-License-Identifier: BSD-2-Clause
"""For the tests of the Python package: a service in a temporary directory, and a runner that prints a line for
each test as the C tests do, so that all are counted."""
from __future__ import annotations

import os
import sys
import tempfile
import unittest
import warnings
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
SOURCE = os.environ.get("REPLSVC_SOURCE_DIR") or os.path.join(PACKAGE, "..", "..")
sys.path.insert(0, os.environ.get("REPLSVC_PYTHON") or PACKAGE)
sys.dont_write_bytecode = True
os.environ.setdefault("REPLSVC_LIBRARY", os.path.join(SOURCE, "build", "libreplsvc.so.1"))


def sanitized() -> bool:
    """Whether the library needs a sanitizer's run time, which python does not have."""
    try:
        with open(os.environ["REPLSVC_LIBRARY"], "rb") as f:
            data = f.read()
    except OSError:
        return False
    return (b"__asan_init" in data or b"__tsan_init" in data) and "san" not in os.environ.get("LD_PRELOAD", "")


if sys.version_info < (3, 11):
    print(f"the package needs Python 3.11, this is {sys.version.split()[0]}")
    sys.exit(77)
if sanitized():
    print("python cannot load a library that was built with a sanitizer")
    sys.exit(77)

if not os.path.exists(os.environ["REPLSVC_LIBRARY"]):
    print(f"{os.environ['REPLSVC_LIBRARY']} is not there: name the library in REPLSVC_LIBRARY")
    sys.exit(77)

import replsvc  # noqa: E402


class Case(unittest.TestCase):
    """A test with a temporary directory."""

    def setUp(self) -> None:
        warnings.simplefilter("error", ResourceWarning)
        place = tempfile.TemporaryDirectory(prefix="replsvc-python.")
        self.addCleanup(place.cleanup)
        self.dir = place.name

    def path(self, name: str) -> str:
        return os.path.join(self.dir, name)

    def image(self, name: str, size: int = 1 << 20, content: bytes = b"") -> str:
        """A raw image; its locator."""
        with open(self.path(name), "wb") as f:
            f.write(content)
            f.truncate(size)
        return f"file:{f.name}"


class ServiceCase(Case):
    """A test with a service, a pool and an element "web"."""

    options: dict[str, Any] = {}

    def setUp(self) -> None:
        super().setUp()
        self.service = replsvc.Service(self.path("state"), **self.options)
        self.addCleanup(self.service.close)
        os.mkdir(self.path("pool"))
        self.pool = self.service.pool_register(f"file:{self.path('pool')}", name="pool")
        self.web = self.service.element_register(self.image("web.img"), name="web")

    def clone(self, name: str = "copy") -> Any:
        """A complete clone of "web"."""
        made = self.service.create_element_replica(replsvc.SyncType.CLONE, self.web, element_name=name,
                                                   target_pool=self.pool)
        made.job.wait(60)
        return made

    def snapshot(self, name: str = "snap") -> Any:
        """A snapshot of "web"."""
        return self.service.create_element_replica(replsvc.SyncType.SNAPSHOT, self.web, element_name=name,
                                                   target_pool=self.pool)


class Lines(unittest.TextTestResult):
    """A line for each test, in cmocka's form."""

    def _line(self, mark: str, test: unittest.TestCase, reason: str = "") -> None:
        if reason:
            print(reason)
        print(f"[{mark}] {test.id().split('.', 1)[-1]}", flush=True)

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self._line("       OK ", test)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._line("  FAILED  ", test, self.failures[-1][1])

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self._line("  FAILED  ", test, self.errors[-1][1])

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self._line("  SKIPPED ", test, reason)


def main() -> None:
    """Run the tests of the calling file."""
    with open(os.devnull, "w", encoding="utf-8") as quiet:
        runner = unittest.TextTestRunner(stream=quiet, resultclass=Lines)
        program = unittest.main(module="__main__", testRunner=runner, exit=False, warnings="ignore")
    sys.exit(not program.result.wasSuccessful())
