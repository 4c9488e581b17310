# SPDX-License-Identifier: BSD-2-Clause
"""python3 -m replsvc: reads the command line."""
from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from typing import Any

from . import errors
from .cli import OPERATIONS, USAGE, Cli, size
from .enums import ReturnCode

Option = tuple[str, dict[str, Any]]
NAME: Option = ("name", {"help": "name or id"})
FLAG: dict[str, Any] = {"action": "store_true"}

# Words of a command, its help, its arguments.
COMMANDS: list[tuple[str, str, list[Option]]] = [
    ("pool add", "make a directory known as a pool", [NAME, ("locator", {}), ("--limit", {"type": size, "default": 0}),
                                                      ("--format", {"default": ""})]),
    ("pool list", "list the pools", []),
    ("pool remove", "forget a pool", [NAME]),
    ("element add", "make an image or device known", [NAME, ("locator", {}), ("--read-only", FLAG)]),
    ("element create", "make a new element in a pool", [NAME, ("--size", {"type": size, "required": True}),
                                                        ("--pool", {})]),
    ("element list", "list the elements", []),
    ("element show", "show an element", [NAME]),
    ("element remove", "forget an element", [NAME, ("--data", {**FLAG, "help": "also remove its image"})]),
    ("element read", "read what a host sees", [NAME, ("file", {"nargs": "?", "default": "-"})]),
    ("element stats", "show the counters of an element", [NAME]),
    ("group create", "make a group of elements", [NAME, ("member", {"nargs": "*"})]),
    ("group list", "list the groups", []),
    ("group show", "show a group and its members", [NAME]),
    ("group delete", "delete a group; its elements stay", [NAME]),
    ("replica create", "copy an element or a group", [
        ("element", {"nargs": "?"}), ("--group", {}),
        ("--type", {"required": True, "choices": ["clone", "snapshot", "mirror"]}),
        ("--mode", {"choices": ["synchronous", "asynchronous", "adaptive"]}), ("--name", {}), ("--pool", {}),
        ("--target", {"help": "an existing element"}), ("--consistent", FLAG)]),
    ("replica list", "list the relationships", []),
    ("replica show", "show a relationship and what is allowed now", [NAME]),
    ("replica stats", "show the counters of a relationship", [NAME]),
    *((f"replica {word}", f"{operation} (operation {operation:d})", [NAME, ("--force", FLAG)])
      for word, operation in OPERATIONS.items()),
    ("job list", "list the jobs", []),
    ("job show", "show a job", [NAME]),
    ("job wait", "wait until a job has ended", [NAME]),
    ("events", "print what happens", [("--seconds", {"type": float, "default": 0.0,
                                                     "help": "until none came for so long"})]),
    ("stats", "show the counters of the service", []),
    ("capabilities", "say what the service can do", []),
    ("info", "look at an image", [("locator", {})]),
    ("copy", "copy one image to another", [("source", {}), ("target", {}), ("--overwrite", FLAG), ("--verify", FLAG)]),
    ("version", "say which version of the library this is", []),
]


def parser() -> argparse.ArgumentParser:
    """All commands."""
    top = argparse.ArgumentParser(prog="python3 -m replsvc", description="Replication of disk images and groups of "
                                  "them; a part of what replsvc(1) does, over the Python package.")
    top.add_argument("--state", default=os.environ.get("REPLSVC_STATE"), help="the state directory ($REPLSVC_STATE)")
    top.add_argument("--connect", metavar="SOCKET", default=os.environ.get("REPLSVC_SOCKET"),
                     help="talk to a service that another process has open ($REPLSVC_SOCKET)")
    top.add_argument("--json", action="store_true", help="print JSON")
    top.add_argument("--quiet", "-q", action="store_true", help="no progress")
    words = top.add_subparsers(required=True, metavar="COMMAND")
    families: dict[str, Any] = {}
    for command, text, options in COMMANDS:
        family, _, word = command.partition(" ")
        if word and family not in families:
            sub = words.add_parser(family, help=f"{family} …")
            families[family] = sub.add_subparsers(required=True, metavar="COMMAND")
        one = (families[family] if word else words).add_parser(word or family, help=text, description=text)
        for name, settings in options:
            one.add_argument(name, **settings)
        one.set_defaults(command=command.split())
    return top


def fail(args: argparse.Namespace, error: errors.Error | OSError) -> int:
    """Say what failed; the exit status is the CIM code."""
    code = int(getattr(error, "code", ReturnCode.FAILED))
    if args.json:
        told = {"code": code, "message": str(error), "message_id": getattr(error, "message_id", ""),
                "parameter": getattr(error, "parameter", ""), "errno": error.errno or 0}
        print(json.dumps({"error": told}), file=sys.stderr)
    else:
        print(f"python3 -m replsvc: {error}", file=sys.stderr)
    return code if 0 < code < USAGE else int(ReturnCode.FAILED)


def main(argv: list[str] | None = None) -> int:
    """Run one command: its exit status."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as e:
        return USAGE if e.code == 2 else int(e.code or 0)
    cli = Cli(args)
    try:
        method = "_".join(args.command).replace("-", "_")
        if not hasattr(cli, method):
            method = "replica_operate"
        getattr(cli, method)()
        return 0
    except (errors.Error, OSError) as error:
        if isinstance(error, BrokenPipeError):
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            return 0
        return fail(args, error)
    except SystemExit as e:
        print(e.code, file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return 130
    finally:
        cli.close()


if __name__ == "__main__":
    sys.exit(main())
