#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the first seeds of the fuzzers journal and map (see there what the bytes mean) into the corpus."""
import os
import struct

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def seed(fuzzer, name, data):
    directory = os.path.join(here, fuzzer)
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), "wb") as f:
        f.write(data)


def op(kind_of_op, kind, name, blob=b""):
    return struct.pack("<BBHI", kind_of_op, kind, len(name), len(blob)) + name + blob


def frame(kind, payload, delta=0):
    return struct.pack("<BbH", kind, delta, len(payload)) + payload


put, delete = op(1, 1, b"a", b"xyz") + op(1, 2, b"b"), op(2, 1, b"a")
seed("journal", "journal-flip", bytes([0]) + struct.pack("<HB", 70, 1))
seed("journal", "checkpoint-flip", bytes([1]) + struct.pack("<HB", 100, 1))
seed("journal", "journal-frames", bytes([2]) + frame(1, put) + frame(1, delete) + frame(1, put, 1))
seed("journal", "checkpoint-frames", bytes([3]) + frame(2, put) + frame(3, struct.pack("<Q", 2)))
seed("journal", "raw", bytes([4]) + b"RSfr" + bytes(60))
for page in range(6):
    for mode in (0, 1):
        seed("map", f"page{page}-mode{mode}", bytes([mode, page]) + struct.pack("<HB", 32 + page, 2))
seed("map", "entry", bytes([1, 2]) + struct.pack("<HB", 36, 3) + bytes([0]) + struct.pack("<HB", 132, 1))
seed("map", "regions", bytes([1, 0]) + struct.pack("<HB", 37, 1) + bytes([1]) + struct.pack("<HB", 37, 1))
seed("map", "raw", bytes([2]) + b"RSVCRMAP" + bytes(100))
