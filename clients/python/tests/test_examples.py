# SPDX-License-Identifier: BSD-2-Clause
"""The Python examples of doc/examples run and show what they say, without a warning."""
import os
import subprocess
import sys

from support import PACKAGE, SOURCE, Case, main

EXAMPLES = os.path.join(SOURCE, "doc", "examples", "python")


class Examples(Case):
    def run_it(self, name: str, *words: str) -> str:
        done = subprocess.run([sys.executable, "-W", "error", os.path.join(EXAMPLES, name + ".py"), *words], text=True,
                              capture_output=True, env={**os.environ, "PYTHONPATH": PACKAGE}, timeout=100)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def in_a_pool(self, name: str) -> str:
        os.mkdir(self.path("pool"))
        return self.run_it(name, self.path("state"), self.path("pool"))

    def test_the_first_replica_is_equal_to_its_image(self) -> None:
        os.mkdir(self.path("pool"))
        self.image("image", 4 << 20, os.urandom(1 << 20))
        self.run_it("first_replica", self.path("state"), self.path("image"), self.path("pool"))
        (copy,) = os.listdir(self.path("pool"))
        with open(self.path("image"), "rb") as one, open(os.path.join(self.path("pool"), copy), "rb") as other:
            self.assertEqual(one.read(), other.read())

    def test_a_storage_driver_has_its_day(self) -> None:
        self.assertIn("once more: 5", self.in_a_pool("client_day"))

    def test_a_replica_has_its_whole_life(self) -> None:
        self.assertIn("archived in vhdx", self.in_a_pool("volume_life"))

    def test_group_snapshots_show_one_instant(self) -> None:
        self.assertIn("snapshot5", self.in_a_pool("group_snapshot"))

    def test_a_failover_drill_loses_nothing(self) -> None:
        self.assertIn("nothing was lost", self.in_a_pool("failover_drill"))

    def test_every_example_is_run_here(self) -> None:
        with open(__file__, encoding="utf-8") as f:
            text = f.read()
        for name in os.listdir(EXAMPLES):
            self.assertIn(f'"{name.removesuffix(".py")}"', text)


if __name__ == "__main__":
    main()
