"""CPython's own tests of executors and futures, unmodified, with Treadle's classes in place.

acceptance.py [--suite NAME] [--only REGEX] [--jobs N] [--limit SECONDS] [--everything] [-v]

They are those of the interpreter that runs this: test.test_concurrent_futures, and the modules of
test.test_asyncio that have to do with executors. Every test class has a process of its own. A test
that takes longer than the limit, or ends its process, has failed, and the class goes on in a new
process with the next one. Without --everything the classes of process pools are left out, where
nothing but the future is Treadle's. Ends with one line, "N passed, N failed, N skipped"; the exit
code is 1 if any failed, and 77 if this interpreter has no tests.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import importlib.util
import json
import os
import pkgutil
import re
import signal
import subprocess
import sys
import tempfile
from typing import Dict, Iterator, List, NamedTuple, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
CHILD = os.path.join(HERE, "one_class.py")
LIMIT = 120.0  # seconds for a test; only a hang takes that long
NO_TESTS = 77
WHY_NO_TESTS = f"{sys.executable} came without its tests (Debian: libpython3.11-testsuite)"
SUITES = {
    "futures": ["test.test_concurrent_futures"],
    "asyncio": [
        "test.test_asyncio." + name
        for name in (
            "test_threads",
            "test_base_events",
            "test_events",
            "test_runners",
            "test_futures2",
        )
    ],
}
# Left out unless everything is wanted: there, only the futures are Treadle's.
OF_PROCESSES = re.compile("ProcessPool|Interpreter")


class Verdict(NamedTuple):
    outcome: str
    text: str


def modules_of(suite: str) -> Iterator[str]:
    """The test modules of a suite that this interpreter has; a package stands for its modules."""
    for name in SUITES[suite]:
        try:
            spec = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            continue
        if spec is None:
            continue
        if spec.submodule_search_locations is None:
            yield name
            continue
        for module in pkgutil.iter_modules(list(spec.submodule_search_locations)):
            if module.name.startswith("test_"):
                yield f"{name}.{module.name}"


def has_tests() -> bool:
    return any(True for suite in SUITES for _ in modules_of(suite))


def list_classes(module: str) -> Dict[str, List[str]]:
    done = subprocess.run(
        [sys.executable, CHILD, "list", module], capture_output=True, text=True, timeout=120
    )
    if done.returncode != 0:
        if "SkipTest" in done.stderr:  # the module has no business on this system
            return {}
        raise RuntimeError(f"{module} cannot be loaded:\n{done.stderr}")
    classes: Dict[str, List[str]] = json.loads(done.stdout.splitlines()[-1])
    return classes


def run_process(arguments: List[str], log: str, seconds: float) -> int:
    """Runs the child in a session of its own, of which nothing is left afterwards."""
    with open(log, "w", encoding="utf-8") as output:
        child = subprocess.Popen(
            [sys.executable, CHILD, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def read_record(path: str, verdicts: Dict[str, Verdict]) -> Tuple[str, bool]:
    """Takes over what a child has written down; the test it did not end, and whether it was whole."""
    begun, is_whole = "", False
    with open(path, encoding="utf-8") as record:
        for row in map(json.loads, record):
            if "begun" in row:
                begun = row["begun"]
            elif row["ended"] == "":
                is_whole = True
            else:
                verdicts[row["ended"]] = Verdict(row["outcome"], row["text"])
    return (begun if begun not in verdicts else ""), is_whole


def run_class(module: str, name: str, tests: List[str], limit: float) -> Dict[str, Verdict]:
    verdicts: Dict[str, Verdict] = {}
    with tempfile.TemporaryDirectory(prefix="treadle-acceptance-") as folder:
        record, log = os.path.join(folder, "record"), os.path.join(folder, "log")
        while True:
            open(record, "w").close()
            done = [test for test in tests if test in verdicts]
            arguments = ["run", module, name, record, str(limit), *done]
            code = run_process(arguments, log, limit * (2 + len(tests) - len(done)))
            hung, is_whole = read_record(record, verdicts)
            if is_whole:
                return verdicts
            with open(log, encoding="utf-8", errors="replace") as output:
                text = output.read()[-6000:]
            why = f"took longer than {limit:g} s" if "Timeout (" in text else f"exit code {code}"
            verdicts[hung or f"{module}.{name}"] = Verdict("failed", f"{why}\n{text}")
            if not hung or all(test in verdicts for test in tests):
                return verdicts


def is_wanted(options: argparse.Namespace, module: str, name: str) -> bool:
    if not options.everything and OF_PROCESSES.search(name):
        return False
    return re.search(options.only, f"{module}.{name}") is not None


def run_all(options: argparse.Namespace) -> Dict[str, Verdict]:
    suites = [options.suite] if options.suite else list(SUITES)
    modules = [module for suite in suites for module in modules_of(suite)]
    everything: Dict[str, Verdict] = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {}
        for module, classes in zip(modules, pool.map(list_classes, modules)):
            for name, tests in classes.items():
                if is_wanted(options, module, name):
                    run = pool.submit(run_class, module, name, tests, options.limit)
                    runs[run] = f"{module}.{name}"
        for run in concurrent.futures.as_completed(runs):
            everything.update(run.result())
            print_class(runs[run], run.result(), options.v)
    return everything


def count_of(verdicts: Dict[str, Verdict]) -> "collections.Counter[str]":
    return collections.Counter(verdict.outcome for verdict in verdicts.values())


def print_class(name: str, verdicts: Dict[str, Verdict], is_verbose: bool) -> None:
    count = count_of(verdicts)
    print(f"{count['passed']:4} {count['failed']:4} {count['skipped']:4}  {name}")
    for test, (outcome, text) in verdicts.items():
        if outcome == "failed" or (is_verbose and outcome == "skipped"):
            lines = text.strip().splitlines() or [""]
            print(f"{outcome} {test}:", *lines, sep="\n    | ")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--suite", choices=list(SUITES), help="only this one")
    parser.add_argument("--only", default="", help="only classes that match (module.class)")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for one test")
    parser.add_argument("--everything", action="store_true", help="process pools, too")
    parser.add_argument("-v", action="store_true", help="say why tests were skipped")
    options = parser.parse_args()
    if not has_tests():
        print(f"skipped: {WHY_NO_TESTS}")
        return NO_TESTS
    total = count_of(run_all(options))
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
