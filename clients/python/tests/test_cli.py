# SPDX-License-Identifier: BSD-2-Clause
"""python3 -m replsvc, and images without a service."""
import json
import os
import subprocess
import sys
from typing import Any

from support import PACKAGE, Case, main

import replsvc
from replsvc.__main__ import COMMANDS, parser
from replsvc.cli import Cli


class CommandLine(Case):
    def run_it(self, *words: str, status: int = 0) -> str:
        done = subprocess.run([sys.executable, "-m", "replsvc", "--state", self.path("state"), *words], text=True,
                              capture_output=True, env={**os.environ, "PYTHONPATH": PACKAGE}, timeout=100)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def json(self, *words: str) -> Any:
        return json.loads(self.run_it("--json", *words))

    def test_a_group_is_replicated_split_and_read(self) -> None:
        os.mkdir(self.path("pool"))
        self.image("web.img", content=b"content of web")
        self.run_it("pool", "add", "main", self.path("pool"))
        self.run_it("element", "add", "web", self.path("web.img"))
        self.run_it("element", "create", "db", "--size", "1M", "--pool", "main")
        self.run_it("group", "create", "shop", "web", "db")
        self.assertEqual(self.json("group", "show", "shop")["members"], ["web", "db"])
        self.run_it("replica", "create", "--group", "shop", "--type", "clone", "--consistent", "--name", "copy",
                    "--pool", "main")
        rows = self.json("replica", "list")
        self.assertEqual({r["copy_state"] for r in rows}, {"synchronized"})
        self.assertEqual(len(rows), 3)
        self.run_it("replica", "split", "copy")
        shown = self.json("replica", "show", "copy")
        self.assertEqual(shown["copy_state"], "split")
        self.assertIn("resync", shown["allowed_now"])
        self.run_it("element", "read", "copy_1", self.path("out"))
        with open(self.path("out"), "rb") as f:
            self.assertEqual(f.read(14), b"content of web")
        self.run_it("replica", "detach", "copy")
        self.assertEqual(self.json("replica", "list"), [])
        self.assertIn("copy_2", self.run_it("element", "list"))
        (job,) = self.json("job", "list")
        self.assertEqual(self.json("job", "show", job["id"])["job_state"], "completed")
        self.run_it("job", "wait", job["id"])

    def test_errors_are_told_and_the_status_is_the_code(self) -> None:
        self.assertIn("nobody", self.run_it("element", "show", "nobody", status=5))
        told = json.loads(self.run_it("--json", "element", "show", "nobody", status=5))["error"]
        self.assertEqual((told["code"], told["message_id"]), (5, "RSVC0005"))
        self.run_it("no-such-command", status=64)
        self.run_it("replica", "create", "--type", "clone", status=64)

    def test_images_are_copied_and_looked_at_without_a_state_directory(self) -> None:
        self.image("a.img", content=b"abc")
        self.assertEqual(json.loads(self.run_it("--json", "info", self.path("a.img")))["size_bytes"], 1 << 20)
        told = self.json("copy", self.path("a.img"), f"vhdx:{self.path('b.vhdx')}", "--verify")
        self.assertTrue(told["target_created"])
        self.run_it("copy", self.path("a.img"), f"vhdx:{self.path('b.vhdx')}", status=6)
        self.assertFalse(os.path.exists(self.path("state")))
        self.assertIn(replsvc.version_string(), self.run_it("version"))

    def test_every_command_is_there_and_has_help(self) -> None:
        for command, text, _ in COMMANDS:
            self.assertTrue(text)
            method = command.replace(" ", "_").replace("-", "_")
            family, _, word = command.partition(" ")
            self.assertTrue(hasattr(Cli, method) or family == "replica", command)
        parser().format_help()


class Images(Case):
    def test_a_copy_tells_its_progress_and_can_be_cancelled(self) -> None:
        source = self.image("a.img", 32 << 20, b"x" * (32 << 20))
        seen = []
        done = replsvc.copy(source, f"file:{self.path('b.img')}", replsvc.CopyOptions(flags=replsvc.CopyFlags.VERIFY),
                            progress=lambda *figures: seen.append(figures))
        self.assertEqual(done.bytes_total, 32 << 20)

        def stop(*_: int) -> None:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            replsvc.copy(source, f"file:{self.path('c.img')}",
                         replsvc.CopyOptions(flags=replsvc.CopyFlags.NO_REFLINK, bytes_per_second=1 << 20), progress=stop)
        self.assertFalse(os.path.exists(self.path("c.img")))

    def test_a_vhdx_image_is_made_checked_and_its_damage_found(self) -> None:
        path = self.path("a.vhdx")
        replsvc.locator_create(f"vhdx:{path}", replsvc.ImageOptions(size_bytes=8 << 20, block_size=1 << 20))
        info = replsvc.vhdx_get_info(path)
        self.assertEqual((info.virtual_size, info.type), (8 << 20, replsvc.VhdxType.DYNAMIC))
        self.assertTrue(replsvc.vhdx_check(path).ok)
        with open(path, "r+b") as f:
            f.seek(192 << 10)  # the first region table
            f.write(b"garbage")
        check = replsvc.vhdx_check(path)
        self.assertFalse(check.ok)
        self.assertTrue(check.findings and check.message)
        self.assertTrue(replsvc.vhdx_check(path, replsvc.VhdxCheckFlags.REPAIR).ok)
        with self.assertRaises(replsvc.Error):
            replsvc.vhdx_check(self.path("nothing.vhdx"))


if __name__ == "__main__":
    main()
