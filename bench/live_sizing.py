"""A pool that finds its own size, against pools of every fixed size, on CPython as it is.

Tasks compute in Python (c), hash or compress with the interpreter's lock given away (r), and wait
for a timer or a socket (w), in milliseconds. Each workload runs on fixed pools of a range of sizes,
on the standard library's size, min(32, cores + 4), and on a pool with the sizer; all of them once a
round, in an order drawn anew, so that whatever else the machine does meets all of them. There are
always tasks waiting; the sizer is given time to find its size before the clock starts.

    best        the fixed size with the highest median of tasks a second, and that median
    of best     the sizer's tasks a second over the best size's, of the same round; the median
    of default  the same over the standard size

The second part blocks: every worker waits, and tasks are queued behind. How long until the sizer
starts the first extra worker, and until there are enough for a hundred of them?

Measures, and judges nothing; the last lines count how often the goals were met.
"""

import argparse
import hashlib
import os
import random
import select
import socket
import statistics
import sys
import threading
import time
import zlib
from typing import Dict, List, NamedTuple, Optional

import treadle

_BUFFER = random.Random(1).randbytes(128 * 1024)
_SOCKETS = socket.socketpair()  # nobody ever writes


class Workload(NamedTuple):
    """Milliseconds a task, and what it does without the lock and while it waits."""

    c: float
    r: float
    w: float
    release: str = "sha256"
    wait: str = "sleep"

    def __str__(self) -> str:
        kinds = [self.release] * (self.r > 0) + [self.wait] * (self.w > 0)
        return f"{self.c:g}/{self.r:g}/{self.w:g} {' '.join(kinds)}"


WORKLOADS = [
    Workload(2, 0, 0),
    Workload(2, 0, 2),
    Workload(5, 0, 5, wait="socket"),
    Workload(1, 0, 9),
    Workload(1, 0, 49),
    Workload(0.5, 0, 20, wait="socket"),
    Workload(0.2, 0, 10),
    Workload(0, 2, 0),
    Workload(0, 2, 8, release="zlib"),
    Workload(0.2, 4, 20, release="zlib"),
    Workload(1, 2, 7),
    Workload(1, 1, 1),
    Workload(0.5, 0.5, 20, wait="socket"),
]


def task(work: Workload) -> None:
    """One task."""
    begin = held = time.thread_time()
    while held < begin + work.c / 1e3:
        held = time.thread_time()
    released = held
    while released < held + work.r / 1e3:
        if work.release == "zlib":
            zlib.crc32(_BUFFER)
        else:
            hashlib.sha256(_BUFFER)
        released = time.thread_time()
    if work.w > 0 and work.wait == "socket":
        select.select([_SOCKETS[0]], [], [], work.w / 1e3)
    elif work.w > 0:
        time.sleep(work.w / 1e3)


def most_tasks(work: Workload, workers: int, cores: int, seconds: float) -> int:
    """More than can be done."""
    rates = [workers / max(work.c + work.r + work.w, 0.01)]
    rates += [1 / work.c] if work.c > 0 else []
    rates += [cores / (work.c + work.r)] if work.c + work.r > 0 else []
    return int(1.3e3 * min(rates) * seconds) + 4 * workers + 10


class Run(NamedTuple):
    """What one pool did: tasks a second while the clock ran, and its workers at the end."""

    rate: float
    workers: int


def run(work: Workload, size: Optional[int], options: argparse.Namespace) -> Run:
    """On a fixed pool of `size`, or with the sizer."""
    cores = os.cpu_count() or 1
    warm = options.find if size is None else options.warm
    if size is None:
        pool = treadle.ThreadPoolExecutor(options.most, sizer=options.sizer)
    else:
        pool = treadle.ThreadPoolExecutor(size, sizer="fixed", min_workers=size)
    for _ in range(most_tasks(work, size or options.most, cores, warm + options.window)):
        pool.submit(task, work)
    time.sleep(warm)
    before = pool.stats()
    time.sleep(options.window)
    after = pool.stats()
    pool.shutdown(cancel_futures=True)
    return Run((after.finished - before.finished) / (after.age - before.age), after.workers)


class Row(NamedTuple):
    """A workload's outcome."""

    work: Workload
    best: int
    of_best: float
    of_default: float


def compare(work: Workload, options: argparse.Namespace, draw: random.Random) -> Row:
    default = min(32, (os.cpu_count() or 1) + 4)
    pools: List[Optional[int]] = [*sorted({*options.sizes, default}), None]
    rates: Dict[Optional[int], List[float]] = {size: [] for size in pools}
    found: List[int] = []
    for _ in range(options.rounds):
        for size in draw.sample(pools, len(pools)):
            one = run(work, size, options)
            rates[size].append(one.rate)
            found += [one.workers] if size is None else []
    fixed = [size for size in pools if size is not None]
    best = max(fixed, key=lambda size: statistics.median(rates[size]))

    def over(size: int) -> float:
        return statistics.median(a / b for a, b in zip(rates[None], rates[size]))

    row = Row(work, best, over(best), over(default))
    medians = " ".join(f"{size}:{statistics.median(rates[size]):.0f}" for size in fixed)
    print(
        f"{str(work):24}{best:6}{statistics.median(rates[best]):8.0f}/s"
        f"{statistics.median(found):8.0f}{statistics.median(rates[None]):8.0f}/s"
        f"{row.of_best:9.2f}{row.of_default:12.2f}   {medians}",
        flush=True,
    )
    return row


class Blocked(NamedTuple):
    """Milliseconds from the moment at which every worker is blocked, or all tasks are queued."""

    first: float
    covered: float


def block(count: int, options: argparse.Namespace) -> Blocked:
    gate = threading.Event()
    entered: List[float] = []

    def blocker() -> None:
        entered.append(time.perf_counter())
        gate.wait()

    with treadle.ThreadPoolExecutor(options.most, sizer=options.sizer) as pool:
        pool.submit(int).result()
        begin = time.perf_counter()
        for _ in range(count):
            pool.submit(blocker)
        workers = pool.stats().workers
        deadline = begin + 10
        while len(entered) < count and time.perf_counter() < deadline:
            time.sleep(0.001)
        gate.set()
    times = sorted(entered)
    if len(times) < count or workers >= count:
        return Blocked(float("inf"), float("inf"))
    return Blocked((times[workers] - times[workers - 1]) * 1e3, (times[count - 1] - begin) * 1e3)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizer", default="gil_model")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[1, 2, 3, 4, 8, 12, 16, 24, 32, 48, 64, 96]
    )
    parser.add_argument("--most", type=int, default=128, help="workers the sizer may have")
    parser.add_argument("--warm", type=float, default=0.2, help="seconds, of a fixed pool")
    parser.add_argument("--find", type=float, default=3.0, help="seconds, of the sizer")
    parser.add_argument("--window", type=float, default=0.5, help="seconds that count")
    parser.add_argument("--only", type=int, nargs="+", help="workloads, from 0")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with treadle.ThreadPoolExecutor(1, sizer=options.sizer) as pool:
        meter = pool.stats().gil_meter
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {options.sizer}, lock {meter}")
    print(f"{'c/r/w ms':24}{'best':>6}{'':10}{'found':>8}{'':10}{'of best':>9}{'of default':>12}")
    rows = [compare(WORKLOADS[i], options, draw) for i in options.only or range(len(WORKLOADS))]
    near = sum(row.of_best >= 0.93 for row in rows)
    safe = sum(row.of_default >= 0.97 for row in rows)
    waiting = [row for row in rows if row.work.w >= 20 * row.work.c > 0]
    twice = sum(row.of_default >= 2 for row in waiting)
    blocked = [block(100, options) for _ in range(options.rounds)]
    first = statistics.median(one.first for one in blocked)
    covered = statistics.median(one.covered for one in blocked)
    print(f"within 7 % of the best fixed size:         {near} of {len(rows)}")
    print(f"not more than 3 % below the default size:  {safe} of {len(rows)}")
    print(f"twice the default size's, w at least 20 c: {twice} of {len(waiting)}")
    print(f"all workers blocked: the first extra one after {first:.1f} ms (goal 10)")
    print(f"100 blockers queued: all of them in a worker after {covered:.0f} ms (goal 200)")


if __name__ == "__main__":
    main()
