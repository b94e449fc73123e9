"""Calls that do nothing: what an executor itself costs, Treadle's against the standard library's.

Four measurements, in rounds of A B A B with both executors in one process, so that whatever else
the machine does meets both alike:

    throughput   N calls submitted from one thread, futures kept, then all results collected
    submit       the submitting part of it
    round trip   submit one call and wait for it, again and again: the worker is still awake
    idle         the same, after the pool has slept for some milliseconds: the worker must be woken

Prints medians, their ratio and the range of the ratios between neighbours. Measures, and judges
nothing: the exit status is 0 unless it could not run.
"""

import argparse
import concurrent.futures
import statistics
import sys
import time
from typing import Any, Callable, Dict, List, Tuple

import treadle

Measured = Dict[str, float]


def noop() -> None:
    """The call."""


def throughput(executor: Any, count: int, workers: int) -> Measured:
    with executor(workers) as pool:
        begin = time.perf_counter()
        futures = [pool.submit(noop) for _ in range(count)]
        submitted = time.perf_counter()
        for future in futures:
            future.result()
        end = time.perf_counter()
    return {"throughput": count / (end - begin), "submit": (submitted - begin) / count * 1e6}


def round_trips(executor: Any, count: int, workers: int) -> Measured:
    with executor(workers) as pool:
        for _ in range(20):
            pool.submit(noop).result()
        times: List[float] = []
        for _ in range(count):
            begin = time.perf_counter()
            pool.submit(noop).result()
            times.append(time.perf_counter() - begin)
        idle: List[float] = []
        for _ in range(max(count // 20, 5)):
            time.sleep(0.002)
            begin = time.perf_counter()
            pool.submit(noop).result()
            idle.append(time.perf_counter() - begin)
    return {
        "round trip": statistics.median(times) * 1e6,
        "idle": statistics.median(idle) * 1e6,
    }


ROWS: List[Tuple[str, str, str, bool]] = [
    # name, unit, format, more is better
    ("throughput", "calls/s", "{:,.0f}", True),
    ("submit", "us", "{:.2f}", False),
    ("round trip", "us", "{:.1f}", False),
    ("idle", "us", "{:.1f}", False),
]


def measure(options: argparse.Namespace) -> Tuple[List[Measured], List[Measured]]:
    ours: List[Measured] = []
    theirs: List[Measured] = []
    for _ in range(options.rounds):
        for executor, into in (
            (treadle.ThreadPoolExecutor, ours),
            (concurrent.futures.ThreadPoolExecutor, theirs),
        ):
            one = throughput(executor, options.calls, options.workers)
            one.update(round_trips(executor, options.round_trips, options.workers))
            into.append(one)
    return ours, theirs


def report(ours: List[Measured], theirs: List[Measured], write: Callable[[str], object]) -> None:
    write(f"{'':12}{'treadle':>14}{'standard':>14}  {'':8}{'ratio':>7}  neighbours\n")
    for name, unit, form, is_more_better in ROWS:
        a = [one[name] for one in ours]
        b = [one[name] for one in theirs]
        ratios = [x / y if is_more_better else y / x for x, y in zip(a, b)]
        write(
            f"{name:12}{form.format(statistics.median(a)):>14}"
            f"{form.format(statistics.median(b)):>14}  {unit:8}"
            f"{statistics.median(ratios):>6.1f}x  {min(ratios):.1f}x to {max(ratios):.1f}x\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=200_000, help="of a throughput run")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5, help="times A B")
    parser.add_argument("--round-trips", type=int, default=2000)
    options = parser.parse_args()
    print(
        f"Python {sys.version.split()[0]}, {options.calls} calls, {options.workers} workers, "
        f"{options.rounds} rounds; a ratio above 1 is in treadle's favour"
    )
    report(*measure(options), sys.stdout.write)


if __name__ == "__main__":
    main()
