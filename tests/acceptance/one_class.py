"""Runs the tests of one class of CPython's, with Treadle's classes in place; see acceptance.py.

one_class.py list MODULE: the module's test classes with the names of their tests, as JSON.
one_class.py run MODULE CLASS RECORD LIMIT [SKIP...]: runs all tests of CLASS but those called SKIP
and writes to the file RECORD, line by line as JSON, each test when it begins and when it has ended.
A test that takes longer than LIMIT seconds ends the process, which says on stderr where every
thread was: the watchdog is faulthandler's, which needs no lock of the interpreter.
"""

import faulthandler
import json
import os
import sys
import unittest
from typing import Any, Dict, Iterator, List, TextIO

import swap

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


def reach_isolated_programs() -> None:
    """The programs that tests start by assert_python_ok() run with `python -I`, which ignores
    PYTHONPATH: let their first line find Treadle and put it in place."""
    from test.support import script_helper

    start = script_helper.run_python_until_end
    here = os.path.dirname(os.path.abspath(__file__))
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [here, *(os.path.abspath(path) for path in given if path)]
    first = f"import sys; sys.path[:0] = {paths!r}; import swap; swap.put_in_place()\n"

    def start_with_treadle(*args: Any, **env_vars: Any) -> Any:
        arguments = list(args)
        if "-c" in arguments:
            arguments[arguments.index("-c") + 1] = first + arguments[arguments.index("-c") + 1]
        return start(*arguments, **env_vars)

    script_helper.run_python_until_end = start_with_treadle


def tests_of(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from tests_of(part)
        else:
            yield part


class Recorder(unittest.TestResult):
    """Writes every step down at once: what the process does next may be its end."""

    def __init__(self, record: TextIO, limit: float) -> None:
        super().__init__()
        self.record, self.limit = record, limit
        self.outcome, self.text = PASSED, ""

    def write(self, **row: str) -> None:
        self.record.write(json.dumps(row) + "\n")
        self.record.flush()

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.outcome, self.text = PASSED, ""
        self.write(begun=test.id())
        faulthandler.dump_traceback_later(self.limit, exit=True)

    def stopTest(self, test: unittest.TestCase) -> None:
        faulthandler.cancel_dump_traceback_later()
        self.write(ended=test.id(), outcome=self.outcome, text=self.text)
        super().stopTest(test)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self.note(test, FAILED, "it was expected to fail, and passed")

    def note(self, test: Any, outcome: str, text: str) -> None:
        if not isinstance(test, unittest.TestCase):  # setUpClass, tearDownModule, ...
            self.write(ended=test.id(), outcome=outcome, text=text)
        elif self.outcome != FAILED:
            self.outcome, self.text = outcome, text

    def addFailure(self, test: Any, err: Any) -> None:
        self.note(test, FAILED, self._exc_info_to_string(err, test))  # type: ignore[attr-defined]

    addError = addFailure

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self.addFailure(test, err)

    def addSkip(self, test: Any, reason: str) -> None:
        self.note(test, SKIPPED, reason)


def check_in_place(test: unittest.TestCase) -> None:
    """Tests of the standard library's own thread pool would pass, and say nothing."""
    executor = getattr(type(test), "executor_type", None)
    if getattr(executor, "__module__", "") == "concurrent.futures.thread":
        raise RuntimeError(f"{test.id()} does not test Treadle's executor")


def load(module: str) -> Dict[str, List[unittest.TestCase]]:
    swap.put_in_place()
    from test import support

    reach_isolated_programs()
    support.verbose = 0
    support.use_resources = {"cpu": None, "walltime": None}
    classes: Dict[str, List[unittest.TestCase]] = {}
    for test in tests_of(unittest.defaultTestLoader.loadTestsFromName(module)):
        check_in_place(test)
        classes.setdefault(type(test).__name__, []).append(test)
    return classes


def main() -> None:
    command, module, *rest = sys.argv[1:]
    classes = load(module)
    if command == "list":
        print(json.dumps({name: [test.id() for test in tests] for name, tests in classes.items()}))
        return
    name, path, limit, *skipped = rest
    suite = unittest.TestSuite(test for test in classes[name] if test.id() not in skipped)
    with open(path, "a", encoding="utf-8") as record:
        recorder = Recorder(record, float(limit))
        suite.run(recorder)
        from test import support

        if support.environment_altered:  # by a thread, say, that has not ended
            recorder.write(ended=f"{name}, afterwards", outcome=FAILED, text="see stderr")
        recorder.write(ended="", outcome="", text="")
    sys.stdout.flush()
    os._exit(0)  # how the interpreter ends is tested by programs of their own


if __name__ == "__main__":
    main()
