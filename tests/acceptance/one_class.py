"""Runs tests of one class of CPython's test suite, with Treadle's classes in place.

    python one_class.py MODULE --list              prints the module's tests, a JSON list of ids
    python one_class.py MODULE CLASS [--but ID]    runs the class, without the tests named

Prints a JSON line before and after each test, so that the caller knows which one it was that hung
or crashed. The caller bounds the time.
"""

import json
import os
import sys
import unittest
from typing import Any, Iterator, List

import swap

swap.put_in_place()
swap.reach_scripts()

from test import support  # noqa: E402  (after the classes are in place)


def say(**fields: Any) -> None:
    sys.__stdout__.write(json.dumps(fields) + "\n")
    sys.__stdout__.flush()


class Result(unittest.TestResult):
    """Tells of each test by a line; a test is as bad as the worst of its parts."""

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.outcome, self.text = "passed", ""
        say(started=test.id())

    def stopTest(self, test: unittest.TestCase) -> None:
        say(test=test.id(), outcome=self.outcome, text=self.text[-4000:])
        super().stopTest(test)

    def _fail(self, test: Any, error: Any) -> None:
        self.outcome, self.text = "failed", self._exc_info_to_string(error, test)

    def addFailure(self, test: Any, err: Any) -> None:
        self._fail(test, err)

    def addError(self, test: Any, err: Any) -> None:
        if not hasattr(self, "outcome") or not isinstance(test, unittest.TestCase):
            say(test=str(test), outcome="failed", text=self._exc_info_to_string(err, test)[-4000:])
        else:
            self._fail(test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self._fail(subtest, err)

    def addSkip(self, test: Any, reason: str) -> None:
        if self.__dict__.get("outcome") == "passed":
            self.outcome, self.text = "skipped", reason

    def addUnexpectedSuccess(self, test: Any) -> None:
        self.outcome, self.text = "failed", "it was expected to fail, and passed"


def flatten(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def main() -> int:
    module, name, leave_out = sys.argv[1], sys.argv[2], set(sys.argv[4:])
    support.use_resources = {"cpu": None, "walltime": None}
    support.verbose = 0
    tests: List[unittest.TestCase] = list(
        flatten(unittest.defaultTestLoader.loadTestsFromName(module))
    )
    if name == "--list":
        say(tests=[test.id() for test in tests])
        return 0
    chosen = [t for t in tests if type(t).__name__ == name and t.id() not in leave_out]
    unittest.TestSuite(chosen).run(Result())
    say(finished=True)
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that a failed test has left must not keep the process.
    os._exit(status)
