"""scripts/setup, with the machine's package tools replaced by ones that only take notes."""

from __future__ import annotations

import os
import subprocess
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

SETUP = Path(__file__).resolve().parents[2] / "scripts" / "setup"
NO_SNAP = "  Candidate: 1.0"


def needed() -> list[str]:
    done = subprocess.run([SETUP, "--list"], text=True, capture_output=True, check=True)
    return done.stdout.split()


class Machine:
    """A folder of stand-ins that comes first on PATH."""

    def __init__(self, folder: str, installed: list[str], uid: int = 0) -> None:
        self.folder = Path(folder)
        self.notes = self.folder / "notes"
        self.notes.write_text("")
        lines = "".join(f"echo installed {name}\n" for name in installed)
        self.stand_in("dpkg-query", lines)
        self.stand_in("apt-get", f'echo "apt-get $*" >>{self.notes}\n')
        self.stand_in("apt-cache", f'echo "{NO_SNAP}"\n')
        self.stand_in("id", f"echo {uid}\n")
        self.stand_in("sudo", "exit 1\n")

    def stand_in(self, name: str, body: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}")
        path.chmod(0o755)

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SETUP, *arguments],
            env={"PATH": f"{self.folder}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            text=True,
            capture_output=True,
            check=False,
        )


class SetupTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_does_nothing_when_everything_is_there(self) -> None:
        machine = Machine(self.folder, needed())
        done = machine.setup()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(machine.notes.read_text(), "")

    def test_says_what_it_installs_and_installs_only_that(self) -> None:
        machine = Machine(self.folder, [name for name in needed() if name != "ninja-build"])
        done = machine.setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("installing from the distribution: ninja-build\n", done.stderr)
        self.assertEqual(len(machine.notes.read_text().splitlines()), 1)
        self.assertTrue(machine.notes.read_text().rstrip().endswith(" ninja-build"))

    def test_leaves_other_groups_alone(self) -> None:
        machine = Machine(self.folder, [name for name in needed() if name != "libcmocka-dev"])
        self.assertEqual(machine.setup("build", "study").returncode, 0)
        self.assertEqual(machine.notes.read_text(), "")

    def test_without_root_or_sudo_gives_the_command_and_exit_2(self) -> None:
        installed = [name for name in needed() if name not in ("gcc", "meson")]
        machine = Machine(self.folder, installed, uid=1000)
        done = machine.setup()
        self.assertEqual(done.returncode, 2)
        self.assertIn("apt-get install --no-install-recommends gcc meson\n", done.stderr)
        self.assertEqual(machine.notes.read_text(), "")

    def test_a_browser_that_is_only_a_snap_is_left_out_with_a_note(self) -> None:
        machine = Machine(self.folder, [name for name in needed() if name != "chromium"])
        machine.stand_in("apt-cache", 'echo "  Candidate: 2:1snap1-0ubuntu2"\n')
        done = machine.setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("chromium is no package of this distribution", done.stderr)
        self.assertNotIn("apt-get install", machine.notes.read_text())

    def test_refreshes_the_lists_once_when_the_archive_has_moved_on(self) -> None:
        machine = Machine(self.folder, [name for name in needed() if name != "gcc"])
        first = self.folder + "/failed"
        machine.stand_in(
            "apt-get",
            f'echo "apt-get $*" >>{machine.notes}\n'
            f'case "$*" in *install*) test -e {first} || {{ touch {first}; exit 100; }};; esac\n',
        )
        done = machine.setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        calls = [line.split()[1] for line in machine.notes.read_text().splitlines()]
        self.assertEqual(calls, ["install", "update", "install"])

    def test_an_unknown_group_names_the_known_ones(self) -> None:
        done = Machine(self.folder, needed()).setup("tests")
        self.assertEqual(done.returncode, 2)
        self.assertIn("known: build test study", done.stderr)


if __name__ == "__main__":
    unittest.main()
