"""Repeats every test that uses the extension in this process, and finds what each repetition leaves.

As the interpreter's own `regrtest -R 3:3`: a test runs some times to warm up, and three times
measured. It leaks when every measured repetition has left more than there was before: of references
(sys.gettotalrefcount, on debug builds), of memory blocks and of futures, which have memory of their
own, of objects of the collector, of the extension's own objects, or of file descriptors. Whatever
looks like a leak is repeated four times as often: a cache that grows now and then, or ever more
slowly, is none. Where the interpreter itself keeps classes for ever, blocks and objects are not
judged. Exit 1 if anything leaks or fails.

    run_leaks.py [--quick] [--folder FOLDER] [NAME...]

NAME is a module or a part of a test's full name.
"""

import argparse
import array
import contextlib
import gc
import importlib
import io
import linecache
import os
import re
import sys
import sysconfig
import threading
import time
import unittest
import warnings

from treadle._treadle import future_count

WARM_UP, MEASURED = 4, 3
QUICK_SECONDS = 0.05  # --quick leaves out tests that take longer

FOLDER = os.path.dirname(os.path.abspath(__file__))

# They are about other processes, or about the time that something takes.
LEFT_OUT = {"test_ending", "test_exit", "test_interpreters", "test_gil_meter", "test_replay"}
LEFT_OUT_TESTS = ("test_a_notebook_gets_it",)


def modules(folder):
    """The names of the modules of tests that use the extension in this process."""
    for name in sorted(os.listdir(folder)):
        if not re.fullmatch(r"test_\w+\.py", name) or name[:-3] in LEFT_OUT:
            continue
        with open(os.path.join(folder, name)) as file:
            text = file.read()
        uses = re.search(r"^(?:import|from) treadle(?: |$)", text, re.MULTILINE)
        if uses and not re.search(r"^import pytest|^from pytest", text, re.MULTILINE):
            yield name[:-3]


def tests_of(suite):
    """The single tests of a suite."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def settle():
    """Until nothing goes by itself any more: threads of forgotten pools, caches, garbage."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(5)
    re.purge()
    linecache.clearcache()
    clear = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache
    clear()
    for _ in range(3):
        gc.collect()


COUNTED = ["blocks", "objects", "own objects", "descriptors"]
if hasattr(sys, "gettotalrefcount"):
    COUNTED.append("references")


def count(into, at):
    """Writes what there is into an array: nothing of the counting may count."""
    settle()
    objects = gc.get_objects()
    into[at + 1] = len(objects)
    into[at + 2] = sum(type(one).__module__.startswith("treadle") for one in objects)
    del objects
    into[at + 3] = len(os.listdir("/proc/self/fd"))
    into[at] = sys.getallocatedblocks() + future_count()
    if len(COUNTED) > 4:
        into[at + 4] = sys.gettotalrefcount()


def run_once(test):
    """Runs a test; what it printed if it failed, else None. True if it was skipped."""
    again = type(test)(test._testMethodName)
    result = unittest.TestResult()
    printed = io.StringIO()
    with contextlib.redirect_stderr(printed), warnings.catch_warnings():
        again.run(result)
    for _, text in result.errors + result.failures:
        return text
    return True if result.skipped else None


def repeat(test, times):
    """What each of so many repetitions has left: a list by name. Or what run_once() said."""
    width = len(COUNTED)
    counts = array.array("q", [0]) * (width * (times + 1))
    count(counts, 0)
    for number in range(1, times + 1):
        answer = run_once(test)
        if answer is not None:
            return answer
        count(counts, number * width)
    return {
        name: [
            counts[(number + 1) * width + column] - counts[number * width + column]
            for number in range(times)
        ]
        for column, name in enumerate(COUNTED)
    }


def keeps_classes():
    """Does the interpreter keep what a class was made of, for ever? Free-threaded 3.13 does, once
    there was a second thread."""
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    before = 0
    for _ in range(3):  # the first one fills caches

        class _Gone:
            pass

        del _Gone
        gc.collect()
        now = len(gc.get_objects())
        has_grown, before = now > before, now
    return has_grown


# Many a test defines classes. The extension's own objects are counted in any case.
NOT_JUDGED = ()
if sysconfig.get_config_var("Py_GIL_DISABLED") and keeps_classes():
    NOT_JUDGED = ("blocks", "objects")


def leaks(deltas):
    """Those that grow every time."""
    return {
        name: delta for name, delta in deltas.items() if name not in NOT_JUDGED and min(delta) > 0
    }


def examine(test):
    """None, or why the test is not clean."""
    for times in (WARM_UP, MEASURED, 4 * MEASURED):
        deltas = repeat(test, times)
        if deltas is True:
            return None  # skipped
        if isinstance(deltas, str):
            return deltas
        if times != WARM_UP and not leaks(deltas):
            return None
    return ", ".join(f"{name} {delta}" for name, delta in leaks(deltas).items())


def chosen(folder, names):
    """The tests that `names` say, all when there are none."""
    wanted = [name for name in names if name.startswith("test_") and "." not in name]
    sys.path.insert(0, folder)
    for name in modules(folder):
        if wanted and name not in wanted:
            continue
        suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(name))
        for test in tests_of(suite):
            if test.id().endswith(LEFT_OUT_TESTS):
                continue
            if not names or name in wanted or any(part in test.id() for part in names):
                yield test


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="only tests that take no time")
    parser.add_argument("--folder", default=FOLDER, help="of the tests")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    passed = failed = 0
    tests = list(chosen(options.folder, options.names))
    gc.collect()
    for test in tests:
        if options.quick:
            begin = time.monotonic()
            run_once(test)
            if time.monotonic() - begin > QUICK_SECONDS:
                continue
        why = examine(test)
        passed += why is None
        failed += why is not None
        if why is not None:
            print(f"{test.id()}: {why}", flush=True)
    what = "references and blocks" if hasattr(sys, "gettotalrefcount") else "blocks"
    if NOT_JUDGED:
        print(f"this interpreter keeps classes for ever: not judged are {', '.join(NOT_JUDGED)}")
    print(f"leaks of {what}: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
