"""One figure of one Python executor, once: python_peer.py EXECUTOR FIGURE [COUNT [OPTION]].

Prints lines "name value"; compare.py runs it, in turns with others. Exit status 2: it could not,
and the last line says why; 3: the executor is not installed, or does not have the OPTION.

Executors: treadle, stdlib, mp_threadpool, cymade. Figures: noop (OPTION: workers), map,
map_chunked, round_trip (OPTION "caller": the caller's thread may run the call), idle, memory,
queued (OPTION: the policy), and io, cpu, mixed (OPTION: workers).
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import threading
import time
from typing import Any, Callable, Dict, List

WORKERS = 2
Figure = Callable[[Callable[[int], Any], int, str], None]


def give_up(reason: str, status: int = 2) -> None:
    print(reason, file=sys.stderr)
    sys.exit(status)


def tell(name: str, value: float) -> None:
    print(f"{name} {value:.9g}")


def noop(*_: object) -> None:
    """The call."""


def executor(name: str) -> Callable[..., Any]:
    if name == "treadle":
        import treadle

        return treadle.ThreadPoolExecutor
    if name == "stdlib":
        import concurrent.futures

        return concurrent.futures.ThreadPoolExecutor
    if name == "mp_threadpool":
        import multiprocessing.pool

        return multiprocessing.pool.ThreadPool
    if name == "cymade":
        try:
            from cymade.threadpool import ThreadPool
        except ImportError as error:
            give_up(f"cymade is no package of the distribution: {error}", 3)
        return ThreadPool
    give_up(f"no executor {name!r}")
    raise AssertionError


def start_all(pool: Any, workers: int) -> None:
    """So many calls that wait for each other: afterwards every worker has been started."""
    meeting = threading.Barrier(workers, timeout=60)
    for future in [pool.submit(meeting.wait) for _ in range(workers)]:
        future.result()


def measure_noop(make: Callable[[int], Any], count: int, option: str) -> None:
    """Calls from one thread, all futures kept, all results collected; threads run before that."""
    workers = int(option or WORKERS)
    with make(workers) as pool:
        start_all(pool, workers)
        for future in [pool.submit(noop) for _ in range(count // 10)]:
            future.result()
        gc.collect()
        begin = time.perf_counter()
        futures = [pool.submit(noop) for _ in range(count)]
        submitted = time.perf_counter()
        for future in futures:
            future.result()
        end = time.perf_counter()
    tell("calls_per_s", count / (end - begin))
    tell("submit_us", (submitted - begin) / count * 1e6)


def map_with(call: Callable[[Any, int], int], make: Callable[[int], Any], count: int) -> None:
    with make(WORKERS) as pool:
        call(pool, count // 10)
        gc.collect()
        begin = time.perf_counter()
        done = call(pool, count)
        end = time.perf_counter()
    if done != count:
        give_up(f"{done} results of {count}")
    tell("calls_per_s", count / (end - begin))


def measure_map(make: Callable[[int], Any], count: int, option: str) -> None:
    map_with(lambda pool, n: len(list(pool.map(noop, range(n)))), make, count)


def measure_map_chunked(make: Callable[[int], Any], count: int, option: str) -> None:
    """As the executor chooses its chunks itself, where it does."""

    def auto(pool: Any, n: int) -> int:
        return len(list(pool.map(noop, range(n), chunksize="auto")))

    def plain(pool: Any, n: int) -> int:
        return len(list(pool.map(noop, range(n))))

    map_with(auto if sys.argv[1] == "treadle" else plain, make, count)


def measure_round_trip(make: Callable[[int], Any], count: int, option: str) -> None:
    if option == "caller":
        make = helping(make)
    with make(WORKERS) as pool:
        for _ in range(count // 10):
            pool.submit(noop).result()
        times: List[float] = []
        for _ in range(count):
            begin = time.perf_counter()
            pool.submit(noop).result()
            times.append(time.perf_counter() - begin)
    tell("p50_us", statistics.median(times) * 1e6)


def helping(make: Callable[..., Any]) -> Callable[[int], Any]:
    """The same executor, asked to let whoever waits for a call run it."""
    try:
        make(1, caller_helps=True).shutdown()
    except TypeError:
        give_up("this build has no option that lets the caller run what it waits for", 3)
    return lambda workers: make(workers, caller_helps=True)


def measure_idle(make: Callable[[int], Any], count: int, option: str) -> None:
    """From submit to the start of the call, after the pool has slept for 2 ms."""
    with make(WORKERS) as pool:
        times: List[float] = []
        for index in range(count + 20):
            time.sleep(0.002)
            begin = time.perf_counter()
            started = pool.submit(time.perf_counter).result()
            if index >= 20:
                times.append(started - begin)
    tell("p50_us", statistics.median(times) * 1e6)


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def hold_workers(pool: Any) -> "threading.Event":
    """Every worker waits, until the event is set."""
    gate = threading.Event()
    held = threading.Semaphore(0)

    def hold() -> None:
        held.release()
        gate.wait()

    for _ in range(WORKERS):
        pool.submit(hold)
    for _ in range(WORKERS):
        held.acquire()
    return gate


def measure_memory(make: Callable[[int], Any], count: int, option: str) -> None:
    """Of calls that wait, futures kept; without the list that keeps them."""
    with make(WORKERS) as pool:
        gate = hold_workers(pool)
        futures: List[Any] = [None] * count
        before = resident()
        for index in range(count):
            futures[index] = pool.submit(noop)
        after = resident()
        gate.set()
        futures[-1].result()
    tell("bytes", (after - before) / count)


def measure_queued(make: Callable[..., Any], count: int, option: str) -> None:
    """Calls of 64 clients with keys of their own, submitted behind a gate, then run."""
    with make(WORKERS, policy=option) as pool:
        ways = [
            pool.options(
                client=1 + n % 64,
                priority=n * 7 % 8,
                cost=(1 + n * 37 % 101) / 1e3,
                deadline=10.0 + n * 29 % 97,
            )
            for n in range(256)
        ]
        gate = hold_workers(pool)
        gc.collect()
        begin = time.perf_counter()
        futures = [ways[n & 255].submit(noop) for n in range(count)]
        gate.set()
        for future in futures:
            future.result()
        end = time.perf_counter()
    tell("call_us", (end - begin) / count * 1e6)


# The study's synthetic tasks: seconds of Python, of hashing without its lock, and of waiting.
DEMANDS: Dict[str, Dict[str, float]] = {
    "io": {"c": 0.0, "r": 0.0, "w": 0.001},
    "cpu": {"c": 0.0005, "r": 0.0, "w": 0.0},
    "mixed": {"c": 0.0002, "r": 0.0002, "w": 0.0006},
}


def measure_work(kind: str) -> Figure:
    def measure(make: Callable[[int], Any], count: int, option: str) -> None:
        from treadle.lab.workloads import synthetic

        workers = int(option or WORKERS)
        demand = DEMANDS[kind]
        rounds = int(demand["c"] * 20e6)  # a fixed amount of work, the same for both sides
        pieces = int(demand["r"] * 20e3)
        lanes = workers if demand["w"] else 1
        tasks = count or max(int(0.15 / max(sum(demand.values()), 1e-6)) * min(lanes, 32), 2)
        with make(workers) as pool:
            for share in (10, 1):  # the first warms up
                begin = time.perf_counter()
                futures = [
                    pool.submit(synthetic.perform, rounds, pieces, demand["w"])
                    for _ in range(max(tasks // share, workers))
                ]
                for future in futures:
                    future.result()
                seconds = time.perf_counter() - begin
        tell("tasks_per_s", len(futures) / seconds)

    return measure


FIGURES: Dict[str, Figure] = {
    "noop": measure_noop,
    "map": measure_map,
    "map_chunked": measure_map_chunked,
    "round_trip": measure_round_trip,
    "idle": measure_idle,
    "memory": measure_memory,
    "queued": measure_queued,
    **{kind: measure_work(kind) for kind in DEMANDS},
}


def main() -> None:
    if len(sys.argv) < 3 or sys.argv[2] not in FIGURES:
        give_up(f"usage: python_peer.py EXECUTOR {'|'.join(FIGURES)} [COUNT [OPTION]]")
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    FIGURES[sys.argv[2]](executor(sys.argv[1]), count, sys.argv[4] if len(sys.argv) > 4 else "")


if __name__ == "__main__":
    main()
