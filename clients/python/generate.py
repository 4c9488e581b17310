#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes what follows from the C headers: abi.py, enums.py, types.py, calls.py and replsvc.cdef of the package.
To be run after a change of include/replsvc/*.h; a new function usually needs nothing else.

    clients/python/generate.py            write
    clients/python/generate.py --check    fail if a file is not what would be written
    clients/python/generate.py --left     tell which functions have no method of their own, and why
"""
from __future__ import annotations

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from generator.abi import write_abi, write_cdef  # noqa: E402
from generator.calls import write_calls  # noqa: E402
from generator.headers import read_headers  # noqa: E402
from generator.types import write_enums, write_types  # noqa: E402


def main() -> None:
    api = read_headers(os.path.join(HERE, "..", "..", "include", "replsvc"))
    calls, left = write_calls(api)
    if "--left" in sys.argv:
        for name, reason in left.items():
            print(f"{name}: {reason}")
        return
    files = {"abi.py": write_abi(api), "enums.py": write_enums(api), "types.py": write_types(api),
             "calls.py": calls, "replsvc.cdef": write_cdef(api)}
    for name, text in files.items():
        path = os.path.join(HERE, "replsvc", name)
        if "--check" in sys.argv:
            with open(path, encoding="utf-8") as f:
                if f.read() != text:
                    sys.exit(f"clients/python/replsvc/{name} is not what the headers say: "
                             "run clients/python/generate.py")
        else:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)


main()
