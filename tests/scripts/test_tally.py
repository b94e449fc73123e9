"""scripts/tally: the last line of `make check` must be true."""

from __future__ import annotations

import json
import subprocess
import sys
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

TALLY = Path(__file__).resolve().parents[2] / "scripts" / "tally"
CMOCKA = """[==========] Running 3 test(s).
[ RUN      ] a_task_runs
[       OK ] a_task_runs
[ RUN      ] a_task_waits
[  FAILED  ] a_task_waits
[  PASSED  ] 2 test(s).
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] a_task_waits
"""
PYTEST = """<testsuites><testsuite name="pytest">
<testcase classname="tests.a" name="test_one"/>
<testcase classname="tests.a" name="test_two"><failure message="no"/></testcase>
<testcase classname="tests.a" name="test_three"><skipped message="needs torch"/></testcase>
</testsuite></testsuites>"""


class TallyTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def tally(self, *arguments: object) -> tuple[int, list[str]]:
        done = subprocess.run(
            [sys.executable, TALLY, *map(str, arguments)],
            text=True,
            capture_output=True,
            check=False,
        )
        return done.returncode, done.stdout.splitlines()

    def meson(self, *tests: dict[str, str]) -> Path:
        path = self.folder / "testlog.json"
        path.write_text("".join(json.dumps(test) + "\n" for test in tests))
        return path

    def test_counts_the_tests_inside_a_cmocka_program(self) -> None:
        log = self.meson({"name": "pool", "result": "FAIL", "stdout": "", "stderr": CMOCKA})
        code, lines = self.tally("--meson", log)
        self.assertEqual(lines, ["FAILED   pool: a_task_waits", "2 passed, 1 failed"])
        self.assertEqual(code, 1)

    def test_a_program_that_dies_is_a_failure_although_its_tests_passed(self) -> None:
        output = "[  PASSED  ] 2 test(s).\n"
        log = self.meson({"name": "pool", "result": "FAIL", "stdout": output, "stderr": "leak"})
        self.assertEqual(self.tally("--meson", log)[1][-1], "2 passed, 1 failed")

    def test_a_skip_tells_its_reason_and_fails_nothing(self) -> None:
        log = self.meson({"name": "format", "result": "SKIP", "stdout": "needs clang-format 14\n"})
        code, lines = self.tally("--meson", log)
        self.assertEqual(code, 0)
        expected = ["skipped  format: needs clang-format 14", "0 passed, 0 failed, 1 skipped"]
        self.assertEqual(lines, expected)

    def test_adds_python_tests(self) -> None:
        meson = self.meson({"name": "law", "result": "OK", "stdout": ""})
        pytest = self.folder / "pytest.xml"
        pytest.write_text(PYTEST)
        code, lines = self.tally("--meson", meson, "--pytest", pytest)
        self.assertEqual(code, 1)
        self.assertEqual(lines[-1], "2 passed, 1 failed, 1 skipped")
        self.assertIn("skipped  tests.a.test_three: needs torch", lines)

    def test_a_run_without_a_log_has_failed(self) -> None:
        code, lines = self.tally("--pytest", self.folder / "nowhere.xml")
        self.assertEqual(code, 1)
        self.assertEqual(lines[-1], "0 passed, 1 failed")


if __name__ == "__main__":
    unittest.main()
