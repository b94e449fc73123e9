"""The table that compare.py fills: every figure, who it is measured against, and the goal.

A Side is one program with its words, which prints lines "name value". All sides of a group run one
after the other in every round, and a row compares two of them. Counts are what a full run uses.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Iterator, Tuple


@dataclass(frozen=True)
class Side:
    """One contestant's run of one figure."""

    contestant: str  # "glib"; "python/stdlib" is run by an interpreter
    figure: str
    count: int
    option: str = ""
    is_pinned: bool = False  # to one CPU
    python: str = ""  # the interpreter, for contestants of Python


@dataclass(frozen=True)
class Row:
    """One line of the table: ours over the peer's, which may be a sum of several."""

    key: str  # for --only
    title: str
    value: str  # the name that both sides print
    unit: str
    ours: Side
    peers: Tuple[Side, ...]  # none: the goal is of the value itself
    bound: float = 1.0  # what ours is divided by without a peer
    goal: float = 0.0  # 0: no goal, for the picture
    is_more_better: bool = False

    @property
    def sides(self) -> Tuple[Side, ...]:
        """Everything that a round has to run for this row."""
        return (self.ours, *self.peers)

    @property
    def peer_name(self) -> str:
        """What the table calls the peer."""
        if not self.peers:
            return "bound"
        return " + ".join(_short(side, self.ours) for side in self.peers)


def _short(side: Side, ours: Side) -> str:
    name = side.contestant.rpartition("/")[2]
    if side.contestant != ours.contestant:
        return name
    return f"own {side.option or side.figure}"


_FLOOD = 1_000_000
_QUEUED = 1_000_000
_OTHERS = ("glib", "libuv", "dispatch", "gnu_openmp", "llvm_openmp", "java_threads", "go")
_JAVA = "java_forkjoin"


def _rows_of(
    key: str, title: str, value: str, unit: str, ours: Side, goals: "dict[str, float]", more: bool
) -> Iterator[Row]:
    for name, goal in goals.items():
        peer = Side(name, ours.figure, ours.count, is_pinned=ours.is_pinned)
        yield Row(key, title, value, unit, ours, (peer,), goal=goal, is_more_better=more)


def _throughput() -> Iterator[Row]:
    goals = {"onetbb": 3.0, "moodycamel": 1.3, _JAVA: 0.0}
    goals.update(dict.fromkeys(_OTHERS, 0.0))
    one = Side("treadle", "flood1", _FLOOD)
    yield from _rows_of("noop1", "no-op, 1 producer", "jobs_per_s", "M/s", one, goals, True)
    four = Side("treadle", "flood4", _FLOOD)
    goals = {"onetbb": 2.5, "moodycamel": 0.0, _JAVA: 0.0, "glib": 0.0}
    yield from _rows_of("noop4", "no-op, 4 producers", "jobs_per_s", "M/s", four, goals, True)
    yield Row("noop4", "no-op, 4 producers", "jobs_per_s", "M/s", four, (one,), 1.0, 0.7, True)
    submit = Side("treadle", "submit", 200_000)
    goals = {"onetbb": 1 / 3, "moodycamel": 0.0, "glib": 0.0, "libuv": 0.0}
    yield from _rows_of("submit", "submit, workers busy", "fill_ns", "ns", submit, goals, False)
    inner = Side("treadle", "inner", _FLOOD)
    goals = {"onetbb": 2.0, "glib": 0.0, "moodycamel": 0.0, _JAVA: 0.0, "go": 0.0}
    yield from _rows_of("inner", "submit inside a worker", "jobs_per_s", "M/s", inner, goals, True)


def _waiting() -> Iterator[Row]:
    wake = Side("treadle", "wake", 6000)
    for value, title, goal in (
        ("p50_us", "idle: submit to start p50", 0.5),
        ("p99_us", "idle: submit to start p99", 0.9),
        ("p999_us", "idle: submit to start p99.9", 1.2),
    ):
        goals = {"glib": goal, "onetbb": 0.0}
        yield from _rows_of("idle", title, value, "us", wake, goals, False)
    trip = Side("treadle", "round_trip", 10_000)
    goals = {"onetbb": 0.1, "glib": 0.0, "moodycamel": 0.0, "libuv": 0.0, _JAVA: 0.0, "go": 0.0}
    yield from _rows_of("rtt", "round trip", "us", "us", trip, goals, False)
    pinned = Side("treadle", "round_trip", 10_000, is_pinned=True)
    goals = {"glib": 0.6, "onetbb": 0.0, "moodycamel": 0.0}
    yield from _rows_of("rtt_1cpu", "round trip, one CPU", "us", "us", pinned, goals, False)


def _memory() -> Iterator[Row]:
    memory = Side("treadle", "memory", _QUEUED)
    yield Row("mem", "bytes a pending task", "bytes", "B", memory, (), 64.0, 1.0)
    goals = dict.fromkeys(("onetbb", "glib", "libuv", "moodycamel"), 0.0)
    yield from _rows_of("mem", "bytes a pending task", "bytes", "B", memory, goals, False)
    title = "of these kept 1 s after the drain"
    yield Row("mem", title, "kept_share", "", memory, (), 1.0, 0.1)
    yield from _rows_of("mem", title, "kept_share", "", memory, {"onetbb": 0.0}, False)


def _efficiency() -> Iterator[Row]:
    for job_us, count, goal in ((1, 200_000, 0.93), (10, 20_000, 0.97), (100, 2000, 0.98)):
        ours = Side("treadle", f"efficiency{job_us}", count)
        title = f"efficiency, {job_us} us tasks"
        yield Row("spin", title, "efficiency", "", ours, (), 1.0, goal, True)
        goals = {"onetbb": 0.0, "moodycamel": 0.0}
        yield from _rows_of("spin", title, "efficiency", "", ours, goals, True)


# Policies that give the next task in O(1) or O(log clients), and those that sort by any key; in C
# also some that do it in another way.
SHARING = ("mlfq", "round_robin", "drr", "sfq", "stride")
KEYED = ("priority", "edf", "sjf")
KEYED_OTHERS = ("priority_aging", "none/drr/edf")


def _policies() -> Iterator[Row]:
    fifo = Side("treadle", "pass", _QUEUED, "fifo")
    heap = Side("heap_floor", "pass", _QUEUED)
    for policy in SHARING:
        ours = Side("treadle", "pass", _QUEUED, policy)
        title = f"{policy}, 10^6 pending"
        yield Row("policies", title, "pass_ns", "ns", ours, (fifo,), goal=2.0)
    for policy in KEYED + KEYED_OTHERS:
        ours = Side("treadle", "pass", _QUEUED, policy)
        title = f"{policy}, 10^6 pending"
        yield Row("policies", title, "pass_ns", "ns", ours, (heap, fifo), goal=1.3)


def c_rows() -> Tuple[Row, ...]:
    """The figures of libtreadle's pool."""
    made = (_throughput, _waiting, _memory, _efficiency, _policies)
    return tuple(row for make in made for row in make())


_CALLS = 200_000
SIZES = (1, 2, 8, 32, 128)
WORKLOADS = ("io", "cpu", "mixed")


def _python(name: str, figure: str, count: int, python: str, option: str = "") -> Side:
    return Side(f"python/{name}", figure, count, option, python=python)


def is_free_threaded(python: str) -> bool:
    """Asks the interpreter itself; one that cannot be run is not."""
    ask = "import sysconfig; print(sysconfig.get_config_var('Py_GIL_DISABLED'))"
    try:
        done = subprocess.run([python, "-c", ask], text=True, capture_output=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == "1"


def _calls(python: str) -> Iterator[Row]:
    noop = _python("treadle", "noop", _CALLS, python)
    standard = _python("stdlib", "noop", _CALLS, python)
    cymade = _python("cymade", "noop", _CALLS, python)
    title = "submit and collect"
    goal = 8.0 if is_free_threaded(python) else 15.0
    yield Row("py_noop", title, "calls_per_s", "k/s", noop, (standard,), 1.0, goal, True)
    yield Row("py_noop", title, "calls_per_s", "k/s", noop, (cymade,), 1.0, 3.0, True)
    yield Row("py_noop", "submit() alone", "submit_us", "us", noop, (standard,), 1.0, 1 / 15)
    yield Row("py_noop", "submit() alone", "submit_us", "us", noop, (cymade,))
    mapped = _python("treadle", "map", _CALLS, python)
    peer = _python("stdlib", "map", _CALLS, python)
    yield Row("py_map", "map, a task an item", "calls_per_s", "k/s", mapped, (peer,), 1, 15.0, True)
    mapped = _python("treadle", "map_chunked", 2_000_000, python)
    peer = _python("mp_threadpool", "map_chunked", 2_000_000, python)
    yield Row("py_map", "map, chunked", "calls_per_s", "k/s", mapped, (peer,), 1.0, 1.0, True)
    many = _python("treadle", "noop", _CALLS, python, "128")
    title = "submit and collect, 128 workers"
    yield Row("py_noop", title, "calls_per_s", "k/s", many, (noop,), 1.0, 0.95, True)
    memory = _python("treadle", "memory", _CALLS, python)
    yield Row("py_mem", "bytes a pending call", "bytes", "B", memory, (), 300.0, 1.0)
    for peer_name in ("stdlib", "cymade"):
        peer = _python(peer_name, "memory", _CALLS, python)
        yield Row("py_mem", "bytes a pending call", "bytes", "B", memory, (peer,))


def _python_waiting(python: str) -> Iterator[Row]:
    trip = _python("treadle", "round_trip", 5000, python)
    standard = _python("stdlib", "round_trip", 5000, python)
    cymade = _python("cymade", "round_trip", 5000, python)
    yield Row("py_rtt", "round trip p50", "p50_us", "us", trip, (standard,), 1.0, 0.7)
    yield Row("py_rtt", "round trip p50", "p50_us", "us", trip, (cymade,))
    own = _python("treadle", "round_trip", 5000, python, "caller")
    title = "round trip p50, the caller may run it"
    yield Row("py_rtt", title, "p50_us", "us", own, (standard,), 1.0, 0.5)
    wake = _python("treadle", "idle", 400, python)
    for peer_name, goal in (("cymade", 1.0), ("stdlib", 0.0)):
        peer = _python(peer_name, "idle", 400, python)
        yield Row("py_idle", "idle wake p50", "p50_us", "us", wake, (peer,), 1.0, goal)


def _python_policies(python: str) -> Iterator[Row]:
    fifo = _python("treadle", "queued", 100_000, python, "fifo")
    goals = dict.fromkeys(SHARING, 1.3)
    goals.update(dict.fromkeys(KEYED, 2.0))
    for policy, goal in goals.items():
        ours = _python("treadle", "queued", 100_000, python, policy)
        title = f"{policy}, 100 000 queued"
        yield Row("py_policies", title, "call_us", "us", ours, (fifo,), 1.0, goal)


def _python_work(python: str) -> Iterator[Row]:
    for kind in WORKLOADS:
        for size in SIZES:
            ours = _python("treadle", kind, 0, python, str(size))
            peer = _python("stdlib", kind, 0, python, str(size))
            title = f"{kind} work, {size} worker{'s' if size > 1 else ''}"
            yield Row("py_work", title, "tasks_per_s", "/s", ours, (peer,), 1.0, 0.95, True)


def python_rows(python: str) -> Tuple[Row, ...]:
    """The figures of treadle.ThreadPoolExecutor under one interpreter."""
    made = (_calls, _python_waiting, _python_policies, _python_work)
    return tuple(row for make in made for row in make(python))
