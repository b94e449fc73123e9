"""The runner that finds leaks: it finds one that is there, and none in the extension's quick tests."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

RUNNER = os.path.join(os.path.dirname(__file__), "..", "python", "run_leaks.py")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, RUNNER, *arguments], capture_output=True, text=True, timeout=240
    )


def test_a_leak_is_found_and_what_only_fills_once_is_none(tmp_path: Path) -> None:
    (tmp_path / "test_planted.py").write_text(
        textwrap.dedent(
            """
            import treadle
            import unittest

            kept, cache = [], {}

            class Planted(unittest.TestCase):
                def test_leaking(self):
                    kept.append(treadle.Future())

                def test_filling(self):
                    cache.setdefault("future", treadle.Future())

                def test_clean(self):
                    treadle.Future().set_result([])

                def test_failing(self):
                    self.fail("on purpose")
            """
        )
    )
    done = run("--folder", str(tmp_path))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert any("test_leaking: " in line and "blocks [" in line for line in lines), lines
    assert any("test_failing: " in line for line in lines), lines
    assert lines[-1].endswith("2 passed, 2 failed"), lines


def test_futures_leave_nothing() -> None:
    done = run("--quick", "test_future", "test_resumable")
    assert done.returncode == 0, done.stdout + done.stderr
