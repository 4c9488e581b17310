# SPDX-License-Identifier: BSD-2-Clause
"""Writes files whose content follows from their number, or checks them.

    file_writer.py write DIRECTORY LOG [BYTES]    until told to end; a number goes to LOG when its file is durable
    file_writer.py check DIRECTORY LAST           files 1..LAST are there and whole; older ones may have been removed
"""
import hashlib
import os
import signal
import sys

KEPT = 400  # files; older ones are removed, so that blocks are used again


def content(number, length):
    seed = hashlib.sha256(str(number).encode()).digest()
    return (seed * (length // len(seed) + 1))[:length]


def length_of(number, most):
    return 1 + int(hashlib.sha256(b"length %d" % number).hexdigest(), 16) % most


def path_of(directory, number):
    return os.path.join(directory, f"{number % 16:x}", f"file-{number}")


def write(directory, log, most):
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    for i in range(16):
        os.makedirs(os.path.join(directory, f"{i:x}"), exist_ok=True)
    number = 0
    with open(log, "a", encoding="ascii") as durable:
        while not ended:
            number += 1
            path = path_of(directory, number)
            with open(path, "wb") as f:
                f.write(content(number, length_of(number, most)))
                f.flush()
                os.fsync(f.fileno())
            if number > KEPT:
                os.unlink(path_of(directory, number - KEPT))
            folder = os.open(os.path.dirname(path), os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
            durable.write(f"{number}\n")
            durable.flush()


def check(directory, last):
    bad, seen = 0, 0
    for number in range(max(1, last - KEPT // 2), last + 1):  # those before may have been removed by then
        try:
            with open(path_of(directory, number), "rb") as f:
                found = f.read()
        except OSError as e:
            print(f"file {number}, which was durable, cannot be read: {e}")
            bad += 1
            continue
        seen += 1
        if hashlib.sha256(found).digest() != hashlib.sha256(content(number, len(found))).digest() or not found:
            print(f"file {number} is damaged")
            bad += 1
    print(f"{seen} files are whole")
    return bad


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 50000)
    else:
        sys.exit(1 if check(sys.argv[2], int(sys.argv[3])) else 0)
