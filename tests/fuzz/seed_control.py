#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the seeds of the fuzzer control (see there what the bytes mean): what the command line and a service
say to each other, recorded between them. seed_control.py BUILD"""
import hashlib
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading

build = os.path.abspath(sys.argv[1])
here = os.path.dirname(os.path.abspath(__file__))
client = os.path.join(build, "bin", "replsvc")
CALL, REPLY, EVENTS = 3, 4, 5

COMMANDS = """
element list
element create n --size 1M --pool p
element show a
pool list
pool show p
group create g a b
group show g
group list
group add g n
group remove g n
replica create a --type snapshot --name s --pool p
replica create --group g --type clone --name c --pool p
replica create b --type mirror --name m --pool p
replica list
replica show s
replica show m
replica split m
replica resync m
replica reset s
replica restore s
replica return s --force
replica detach m
job list
capabilities
group delete g
element remove n
element show nobody
""".strip().splitlines()


def table():
    with open(os.path.join(here, "..", "..", "lib", "control", "calls.def"), encoding="utf-8") as f:
        return re.findall(r"\bCALL\((\w+),", f.read().split("*/", 1)[1])


def messages(data):
    while len(data) >= 8:
        length, kind = struct.unpack("<IH", data[:6])
        yield kind, data[8:8 + length]
        data = data[8 + length:]


def fields(body):
    while len(body) >= 6:
        tag, length = struct.unpack("<HI", body[:6])
        yield tag, body[6:6 + length]
        body = body[6 + length:]


def with_tokens(body, ids):
    """Ids become @A, @B … in the order of their appearance."""
    out = b""
    for tag, value in fields(body):
        if re.fullmatch(rb"[a-z]+-[0-9a-f-]{36}", value):
            value = b"@" + bytes([ord("A") + ids.setdefault(value, len(ids)) % 26])
        out += struct.pack("<HI", tag, len(value)) + value
    return out


def save(data):
    directory = os.path.join(here, "corpus", "control")
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, hashlib.sha1(data).hexdigest()), "wb") as f:
        f.write(data)


def pump(source, target, record):
    while data := source.recv(65536):
        record.append(data)
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def proxy(listener, path, sessions):
    while True:
        peer, _ = listener.accept()
        service = socket.socket(socket.AF_UNIX)
        service.connect(path)
        asked, said = [], []
        sessions.append((asked, said))
        threading.Thread(target=pump, args=(peer, service, asked), daemon=True).start()
        threading.Thread(target=pump, args=(service, peer, said), daemon=True).start()


def record(directory):
    state, path, between = (os.path.join(directory, name) for name in ("state", "service", "between"))
    os.mkdir(os.path.join(directory, "pool"))
    for name in "ab":
        with open(os.path.join(directory, name), "wb") as f:
            f.write(os.urandom(1 << 16))
    serve = subprocess.Popen([client, "serve", state, "--listen", path], stdout=subprocess.PIPE)
    serve.stdout.readline()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(between)
    listener.listen()
    sessions = []
    threading.Thread(target=proxy, args=(listener, path, sessions), daemon=True).start()
    setup = [["pool", "add", "p", os.path.join(directory, "pool")]]
    setup += [["element", "add", name, os.path.join(directory, name)] for name in "ab"]
    for words in setup + [command.split() for command in COMMANDS]:
        subprocess.run([client, "--connect", between] + words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=False)
    serve.terminate()
    serve.wait()
    return sessions


with tempfile.TemporaryDirectory() as directory:
    recorded = record(directory)
ids, names = {}, table()
for asked, said in recorded:
    calls = [body for kind, body in messages(b"".join(asked)) if kind == CALL]
    replies = [body for kind, body in messages(b"".join(said)) if kind == REPLY]
    tokens = [with_tokens(body, ids) for body in calls]
    if calls:
        save(b"\0" + b"".join(struct.pack("<H", len(body)) + body for body in tokens))
    for call, reply in zip(calls, replies):
        name = dict(fields(call))[1].decode()
        save(b"\1" + bytes([names.index(name)]) + reply[:8192])
    raw = b"".join(asked)
    hello = 8 + struct.unpack("<I", raw[:4])[0] if len(raw) >= 8 else 0
    if b"register" not in raw and b"access_point" not in raw:
        save(b"\2" + raw[hello:])
        save(b"\3" + raw)
save(b"\2" + struct.pack("<IHH", 0, EVENTS, 0))
print(f"{len(recorded)} sessions")
