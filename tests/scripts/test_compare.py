"""bench/compare.py: every figure runs and has its rows; what is missing is told. No time is judged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("TREADLE_BUILD", ROOT / "build"))
COMPARE = ROOT / "bench" / "compare.py"
TINY = ("--rounds", "1", "--repeats", "0", "--scale", "0.0005")


def compare(*words: str, build: Path = BUILD) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(COMPARE), "--build", str(build), "--python", sys.executable, *words],
        text=True,
        capture_output=True,
        check=False,
    )


class CompareTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def rows(self, *words: str) -> List[Dict[str, Any]]:
        told = self.folder / "rows.json"
        done = compare(*TINY, "--json", str(told), *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows: List[Dict[str, Any]] = json.loads(told.read_text())["rows"]
        for row in rows:
            self.assertIn(row["title"], done.stdout)
        return rows

    def test_every_figure_of_ours_is_measured(self) -> None:
        rows = self.rows("--goals-only")
        listed = compare("--list").stdout.split()
        self.assertEqual(sorted({row["key"] for row in rows}), sorted(listed))
        for row in rows:
            if row["verdict"] == "skipped":  # for want of a peer or an option, not of ours
                self.assertRegex(row["reason"], "is not installed|is no package|has no option")
            else:
                self.assertGreater(row["theirs"], 0.0, row)

    def test_a_missing_peer_is_told_with_the_command_that_brings_it(self) -> None:
        programs = self.folder / "bench" / "peers"
        programs.mkdir(parents=True)
        shutil.copy(BUILD / "bench" / "peers" / "peer_treadle", programs)
        done = compare(*TINY, "--only", "rtt", build=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("onetbb is not installed: apt install libtbb-dev", done.stdout)

    def test_without_its_own_programs_it_could_not_run(self) -> None:
        done = compare("--only", "rtt", "--rounds", "1", build=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("peer_treadle is not built", done.stderr)

    def test_an_unknown_figure_is_refused_with_those_there_are(self) -> None:
        done = compare("--only", "nosuch")
        self.assertEqual(done.returncode, 2)
        self.assertIn("noop1", done.stderr)


if __name__ == "__main__":
    unittest.main()
