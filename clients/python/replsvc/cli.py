# SPDX-License-Identifier: BSD-2-Clause
"""The commands of `python3 -m replsvc`: a part of those of replsvc(1), with the same words. What they print as
JSON are the fields of the C structs."""
from __future__ import annotations

import argparse
import json
import os
import re
import sys
from typing import Any, BinaryIO, Callable, Iterable

from . import calls, enums, errors, image
from .job import Job
from .library import features, version_string
from .service import Service
from .types import CopyOptions, ElementOptions, JobInfo, PoolOptions, SyncInfo

USAGE = 64
UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40, "P": 50}
CHUNK = 1 << 20
Row = dict[str, Any]

# Words of replsvc(1) that are not the operation's own name.
WORDS = {"resync": enums.Operation.RESYNC_REPLICA, "restore": enums.Operation.RESTORE_FROM_REPLICA,
         "reset": enums.Operation.RESET_REPLICA, "return": enums.Operation.RETURN_TO_RESOURCEPOOL}
OPERATIONS = {**{o.name.lower().replace("_", "-"): o for o in enums.Operation
                 if o not in WORDS.values() and "SYNCPAIR" not in o.name}, **WORDS}


def size(text: str) -> int:
    """Bytes: 1048576, 1M, 1.5GiB."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGTP]?)(?:i?B)?", text, re.I)
    if not match:
        raise argparse.ArgumentTypeError(f"`{text}` is no size; write 1048576, 1M or 1MiB")
    return int(float(match[1]) * (1 << UNITS[match[2].upper()]))


def locator(text: str) -> str:
    """A path without a scheme is a raw image."""
    return text if re.match(r"[a-z]\w*:", text) else f"file:{os.path.abspath(text)}"


class Cli:
    """A run of one command."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self._service: Service | None = None

    @property
    def service(self) -> Service:
        """The service, opened when a command first needs it."""
        if self._service is None:
            if self.args.connect:
                self._service = Service.connect(self.args.connect)
            elif self.args.state:
                try:
                    self._service = Service(self.args.state)
                except errors.InUse as e:  # by a process that may listen on a socket there
                    try:
                        self._service = Service.connect(self.args.state)
                    except errors.Error:
                        raise e from None
            else:
                raise SystemExit("python3 -m replsvc: name the state directory by --state or in REPLSVC_STATE")
        return self._service

    def close(self) -> None:
        """Close what was opened."""
        if self._service is not None:
            self._service.close()

    # ---- output ----

    def show(self, row: Row) -> None:
        """One object."""
        if self.args.json:
            print(json.dumps(row, indent=2))
            return
        for name, value in row.items():
            if isinstance(value, list):
                print(f"{name}:", *value, sep="\n  ")
            else:
                print(f"{name}: {value}")

    def table(self, rows: Iterable[Row], columns: list[str]) -> None:
        """A list of objects."""
        listed = list(rows)
        if self.args.json:
            print(json.dumps(listed, indent=2))
            return
        cells = [[c.replace("_", " ").upper() for c in columns]] + [[str(r.get(c, "")) for c in columns] for r in listed]
        widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
        for line in cells:
            print("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip())

    def wait(self, job: Job) -> None:
        """Wait for a job, with progress on a terminal."""
        shown = sys.stderr.isatty() and not self.args.quiet
        for info in job.progress():
            if shown:
                sys.stderr.write(f"\r{info.name or 'job'}: {info.percent_complete} % ")
        if job and shown:
            sys.stderr.write("\n")

    # ---- objects ----

    def sync(self, name: str) -> str:
        """A relationship by its name, its id, or the element that is its target."""
        try:
            return self.service.sync_find(name)
        except errors.InvalidParameter as e:
            try:
                return self.service.sync_find_by_target(self.service.element_find(name))
            except errors.InvalidParameter:
                raise e from None

    def label(self, ref: str) -> str:
        """The name of an element or group."""
        looks: list[Callable[[str], Any]] = [self.service.element_get_info, self.service.group_get_info]
        for look in looks:
            try:
                return str(look(ref).name)
            except errors.InvalidParameter:
                continue
        return ref

    def sync_row(self, info: SyncInfo) -> Row:
        return {**info.as_dict(), "source": self.label(info.system_element), "target": self.label(info.synced_element)}

    # ---- commands ----

    def pool_add(self) -> None:
        self.service.pool_register(locator(self.args.locator), name=self.args.name,
                                   options=PoolOptions(space_limit=self.args.limit, format=self.args.format))

    def pool_list(self) -> None:
        self.table((self.service.pool_get_info(p).as_dict() for p in self.service.pool_list()),
                   ["name", "total_managed_space", "remaining_managed_space", "element_count", "locator"])

    def pool_remove(self) -> None:
        self.service.pool_unregister(self.service.pool_find(self.args.name))

    def element_add(self) -> None:
        flags = enums.ElementFlags.READ_ONLY if self.args.read_only else enums.ElementFlags(0)
        self.service.element_register(locator(self.args.locator), name=self.args.name,
                                      options=ElementOptions(flags=flags))

    def element_create(self) -> None:
        pool = self.service.pool_find(self.args.pool) if self.args.pool else None
        self.service.element_create(self.args.size, name=self.args.name, pool=pool)

    def element_list(self) -> None:
        self.table((self.service.element_get_info(e).as_dict() for e in self.service.element_list()),
                   ["name", "size_bytes", "allocated_bytes", "in_use", "locator"])

    def element_show(self) -> None:
        self.show(self.service.element_get_info(self.service.element_find(self.args.name)).as_dict())

    def element_remove(self) -> None:
        self.service.element_unregister(self.service.element_find(self.args.name), remove_data=self.args.data)

    def element_read(self) -> None:
        with self.service.open_volume(self.service.element_find(self.args.name)) as volume:
            out: BinaryIO = sys.stdout.buffer if self.args.file == "-" else open(self.args.file, "wb")  # noqa: SIM115
            with out:
                end = volume.size
                for offset in range(0, end, CHUNK):
                    out.write(volume.pread(min(CHUNK, end - offset), offset))

    def element_stats(self) -> None:
        self.show(self.service.element_get_statistics(self.service.element_find(self.args.name)).as_dict())

    def group_create(self) -> None:
        self.service.create_group(group_name=self.args.name,
                                  members=[self.service.element_find(m) for m in self.args.member])

    def group_list(self) -> None:
        self.table((self.service.group_get_info(g).as_dict() for g in self.service.group_list()),
                   ["name", "member_count", "persistent"])

    def group_show(self) -> None:
        group = self.service.group_find(self.args.name)
        members = [self.label(e) for e in self.service.group_get_members(group)]
        self.show({**self.service.group_get_info(group).as_dict(), "members": members})

    def group_delete(self) -> None:
        self.service.delete_group(self.service.group_find(self.args.name))

    def replica_create(self) -> None:
        a, service = self.args, self.service
        kind, mode = enums.SyncType[a.type.upper()], enums.Mode[a.mode.upper()] if a.mode else None
        pool = service.pool_find(a.pool) if a.pool else None
        if bool(a.element) == bool(a.group):
            raise SystemExit("python3 -m replsvc: replica create needs either an element or --group GROUP")
        job: Job
        if a.group:
            consistency = enums.Consistency.SEQUENTIAL_CONSISTENCY if a.consistent else None
            job = service.create_group_replica(kind, relationship_name=a.name, mode=mode,
                                               source_group=service.group_find(a.group), consistency=consistency,
                                               target_pool=pool).job
        else:
            target = service.element_find(a.target) if a.target else None
            job = service.create_element_replica(kind, service.element_find(a.element), element_name=a.name, mode=mode,
                                                 target_element=target, target_pool=pool).job
        self.wait(job)

    def replica_list(self) -> None:
        infos = (self.service.sync_get_info(s) for s in self.service.sync_list())
        self.table(map(self.sync_row, infos), ["name", "sync_type", "source", "target", "copy_state", "progress_status",
                                               "percent_synced"])

    def replica_show(self) -> None:
        sync = self.sync(self.args.name)
        allowed = self.service.get_supported_operations_for_synchronization(sync).supported_operations
        self.show({**self.sync_row(self.service.sync_get_info(sync)),
                   "allowed_now": [next((w for w, o in OPERATIONS.items() if o == a), str(a)) for a in allowed]})

    def replica_stats(self) -> None:
        self.show(self.service.sync_get_statistics(self.sync(self.args.name)).as_dict())

    def replica_operate(self) -> None:
        operation = OPERATIONS[self.args.command[1]]
        self.wait(self.service.modify_replica_synchronization(operation, self.sync(self.args.name),
                                                              force=self.args.force or None).job)

    def job_list(self) -> None:
        infos: Iterable[JobInfo] = (j.info() for j in self.service.job_list())
        self.table((i.as_dict() for i in infos), ["id", "name", "job_state", "percent_complete", "synchronization"])

    def job_show(self) -> None:
        self.show(self.service.job(self.args.name).info().as_dict())

    def job_wait(self) -> None:
        self.wait(self.service.job(self.args.name))

    def stats(self) -> None:
        self.show(self.service.service_get_statistics().as_dict())

    def events(self) -> None:
        for event in self.service.events(self.args.seconds):
            row = event.as_dict()
            print(json.dumps(row) if self.args.json else
                  f"{row['kind']} {row['object_kind']} {row['object']} {row['property']} "
                  f"{row['previous_value']} -> {row['value']}", flush=True)

    def capabilities(self) -> None:
        rows = []
        for kind in self.service.get_supported_replication_types():
            states = self.service.get_supported_copy_states(kind).supported_copy_states
            operations = self.service.get_supported_operations(kind).supported_operations
            rows.append({"type": kind.name.lower().replace("_", "-"), "copy_states": [str(s) for s in states],
                         "operations": [str(o) for o in operations]})
        if self.args.json:
            print(json.dumps(rows, indent=2))
            return
        for row in rows:
            print(f"{row['type']}\n  states: {', '.join(row['copy_states'])}\n"
                  f"  operations: {', '.join(row['operations'])}")

    def info(self) -> None:
        self.show(calls.locator_get_info(locator(self.args.locator)).as_dict())

    def copy(self) -> None:
        flags = enums.CopyFlags(0)
        for option, flag in (("overwrite", enums.CopyFlags.OVERWRITE), ("verify", enums.CopyFlags.VERIFY)):
            flags |= flag if getattr(self.args, option) else enums.CopyFlags(0)
        report: Callable[[int, int, int], object] | None = None
        if sys.stderr.isatty() and not self.args.quiet:
            def report(done: int, total: int, rate: int) -> None:
                sys.stderr.write(f"\r{done * 100 // (total or 1)} %, {rate >> 20} MiB/s ")
        done = image.copy(locator(self.args.source), locator(self.args.target), CopyOptions(flags=flags), progress=report)
        if report:
            sys.stderr.write("\n")
        if self.args.json:
            self.show(done.as_dict())

    def version(self) -> None:
        self.show({"version": version_string(), "features": str(features())})
