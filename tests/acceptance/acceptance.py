"""CPython's own tests of executors and futures, unmodified, with Treadle's classes in their place.

    PYTHONPATH=build/python python3 tests/acceptance/acceptance.py [--only REGEX] [--jobs N] [-v]

Runs what concerns threads and futures of test_concurrent_futures, and those files of test_asyncio
that use executors or their futures. A process a test class: one that hangs or dies costs one test,
which counts as failed, and the others go on. The last line is "N passed, N failed, N skipped"; the
exit status is 1 if any failed, and 77 if this interpreter has no tests.
"""

import argparse
import concurrent.futures
import importlib.util
import json
import os
import pkgutil
import re
import subprocess
import sys
from typing import Dict, List, NamedTuple, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
NO_TESTS = 77
SECONDS = 120.0  # a class; only a hang takes that long

# What is about processes and interpreters is not about our classes.
FOREIGN = re.compile("Process|Interpreter|Fork|Spawn|Deadlock")
ASYNCIO = ("test_threads", "test_base_events", "test_events", "test_runners", "test_futures2")


class Outcome(NamedTuple):
    test: str
    outcome: str  # passed, failed or skipped
    text: str


class ClassOfTests(NamedTuple):
    module: str
    name: str
    tests: Tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


def child(module: str, *arguments: str, seconds: float = SECONDS) -> Tuple[List[dict], str]:
    """The lines that one_class.py printed, and what became of it."""
    path = os.pathsep.join(p for p in (HERE, os.environ.get("PYTHONPATH", "")) if p)
    environment = {**os.environ, "PYTHONPATH": path}
    process = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "one_class.py"), module, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    try:
        out, err = process.communicate(timeout=seconds)
        end = "" if process.returncode == 0 else f"died: exit status {process.returncode}\n{err}"
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        end = f"hung for {seconds:g} s\n{err}"
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")], end


def has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def modules() -> List[str]:
    found = []
    if has("test.test_concurrent_futures"):
        package = importlib.util.find_spec("test.test_concurrent_futures")
        where = package.submodule_search_locations if package else None
        if where:  # since 3.12 a package
            names = sorted(m.name for m in pkgutil.iter_modules(where))
            found += [f"test.test_concurrent_futures.{n}" for n in names if n.startswith("test_")]
        else:
            found.append("test.test_concurrent_futures")
    if has("test.test_asyncio"):
        found += [f"test.test_asyncio.{n}" for n in ASYNCIO if has(f"test.test_asyncio.{n}")]
    return found


def classes_of(module: str) -> List[ClassOfTests]:
    lines, end = child(module, "--list")
    if end:
        raise RuntimeError(f"the tests of {module} cannot be listed: {end}")
    classes: Dict[str, List[str]] = {}
    for test in lines[-1]["tests"]:
        name = test.split(".")[-2]
        if not FOREIGN.search(test.split(".")[-3] + "." + name) or "asyncio" in module:
            classes.setdefault(name, []).append(test)
    return [ClassOfTests(module, name, tuple(tests)) for name, tests in classes.items()]


def run_class(tests: ClassOfTests) -> List[Outcome]:
    outcomes: Dict[str, Outcome] = {}
    while True:
        lines, end = child(tests.module, tests.name, "--but", *outcomes)
        started = ""
        for line in lines:
            started = line.get("started", started)
            if "test" in line:
                outcomes[line["test"]] = Outcome(line["test"], line["outcome"], line["text"])
        if any("finished" in line for line in lines):
            return list(outcomes.values())
        left = [test for test in tests.tests if test not in outcomes]
        if not left:
            return list(outcomes.values())
        guilty = started if started in left else left[0]
        outcomes[guilty] = Outcome(guilty, "failed", end[-4000:])


def count(outcomes: List[Outcome]) -> Dict[str, int]:
    counts = dict.fromkeys(("passed", "failed", "skipped"), 0)
    for outcome in outcomes:
        counts[outcome.outcome] += 1
    return counts


def run(only: str = "", jobs: int = 2, is_verbose: bool = False) -> List[Outcome]:
    chosen = [c for m in modules() for c in classes_of(m) if re.search(only, str(c))]
    everything: List[Outcome] = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for tests, outcomes in zip(chosen, pool.map(run_class, chosen)):
            everything += outcomes
            counts = count(outcomes)
            print(
                f"{str(tests):75} {counts['passed']:4} passed {counts['failed']:3} failed "
                f"{counts['skipped']:3} skipped",
                flush=True,
            )
            for outcome in outcomes:
                if outcome.outcome == "failed" or (is_verbose and outcome.outcome == "skipped"):
                    text = outcome.text.strip().replace("\n", "\n      ")
                    print(f"  {outcome.outcome} {outcome.test}\n      {text}", flush=True)
    return everything


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="classes whose module.Class matches this")
    parser.add_argument("--jobs", type=int, default=2, help="classes at the same time")
    parser.add_argument("-v", action="store_true", dest="is_verbose", help="why tests were skipped")
    options = parser.parse_args()
    if not modules():
        print(f"{sys.executable} has no tests of its own (Debian: libpython3-testsuite)")
        return NO_TESTS
    counts = count(run(options.only, options.jobs, options.is_verbose))
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
