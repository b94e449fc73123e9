"""The meter of the interpreter's lock: what it says of tasks whose parts are known, and its price.

Each task computes under the lock (c), hashes without it (r) and sleeps (w). It clocks the CPU time
of the first two itself; the third is what was asked for, and the timer's lateness on an idle
machine. Beside that stands what follows from the meter, for the pool as a whole:

    c   time for which workers held the lock and had a core, a task
    r   CPU time of the workers less c
    w   time with a task, less waiting for the lock, less being on a core or ready for one

and the share of a core that the meter's thread has used. Measures, and judges nothing.
"""

import argparse
import hashlib
import os
import select
import statistics
import sys
import time
from typing import List, NamedTuple, Optional

import treadle


class Parts(NamedTuple):
    """Milliseconds a task."""

    c: float
    r: float
    w: float


WORKLOADS = [  # large beside what a task costs apart from its parts, some ten microseconds
    Parts(4, 0, 36),
    Parts(10, 0, 10),
    Parts(5, 0, 0),
    Parts(1, 0, 50),
    Parts(1, 20, 100),
    Parts(5, 10, 35),
    Parts(5, 5, 5),
    Parts(0, 10, 40),
]


class Measured(NamedTuple):
    """What tasks said of themselves, and what the meter said."""

    true: Parts
    meter: Parts
    held: float  # share of the time
    price: float  # share of a core


def task(parts: Parts) -> Parts:
    """Does its parts, and says what they took."""
    begin = held = time.thread_time()
    while held < begin + parts.c / 1e3:
        held = time.thread_time()
    if parts.r > 0:
        stretch(int(parts.r * _ROUNDS))
    hashed = time.thread_time()
    if parts.w > 0:
        rest(parts.w / 1e3)
    return Parts((held - begin) * 1e3, (hashed - held) * 1e3, parts.w)


def stretch(rounds: int) -> None:
    """Computes without the lock: in one piece, for it is held between calls, and in little memory,
    for what comes after would run with cold caches."""
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", rounds)


def rest(seconds: float) -> None:
    """Waits. Not time.sleep(), which reads the clock before it gives the lock away: where somebody
    wants the lock it waits until he has it, and that would be part of what was asked for."""
    select.select([], [], [], seconds)


def rounds_a_ms() -> float:
    """How many rounds take a millisecond of CPU time."""
    rates: List[float] = []
    for _ in range(20):
        begin = time.thread_time()
        stretch(1000)
        rates.append(1 / (time.thread_time() - begin))
    return statistics.median(rates)


_ROUNDS = rounds_a_ms()


def lateness() -> float:
    """Milliseconds by which a sleep is too long."""
    late: List[float] = []
    for _ in range(50):
        begin = time.perf_counter()
        rest(0.002)
        late.append((time.perf_counter() - begin) * 1e3 - 2)
    return statistics.median(late)


def cpu_of(native_id: int) -> float:
    """CPU seconds of a thread of this process, by the number that Linux gives its clock."""
    return time.clock_gettime(~native_id << 3 | 6)


def meter_thread() -> Optional[int]:
    """The number of the meter's thread."""
    for name in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{name}/comm") as file:
            if file.read() == "treadle-meter\n":
                return int(name)
    return None


def measure(parts: Parts, workers: int, seconds: float, late: float) -> Measured:
    with treadle.ThreadPoolExecutor(workers, sizer="gil_model", min_workers=workers) as pool:
        count = 1
        futures = []
        begin = time.perf_counter()
        while True:  # ever more, until they take long enough
            before, cpu = pool.stats(), time.process_time()
            begin = time.perf_counter()
            meter = meter_thread()
            meter_cpu = cpu_of(meter) if meter else 0.0
            futures = [pool.submit(task, parts) for _ in range(count)]
            said = [future.result() for future in futures]
            took = time.perf_counter() - begin
            if took >= seconds:
                break
            count = 1 + int(count * min(1.3 * seconds / took, 8))
        after = pool.stats()
        price = cpu_of(meter) - meter_cpu if meter else 0.0
        cpu = time.process_time() - cpu - price
    if after.gil_meter != "measured":
        sys.exit(f"not measured: {after.gil_meter}")

    def each(total: float) -> float:
        return total / count * 1e3

    wait = each(after.gil_wait - before.gil_wait)
    ready = each(after.ready - before.ready)
    c = each(after.gil_core - before.gil_core)
    busy = each(after.busy_time - before.busy_time)
    true = Parts(*(statistics.fmean(column) for column in zip(*said)))
    if true.w > 0:
        true = true._replace(w=true.w + late)
    return Measured(
        true,
        Parts(c, max(each(cpu) - c, 0.0), max(busy - wait - ready, 0.0)),
        (after.gil_held - before.gil_held) / took,
        price / took,
    )


def off(said: float, true: float) -> str:
    return (
        f"{said:7.2f} {100 * (said / true - 1):+4.0f} %" if true > 0.05 else f"{said:7.2f}       "
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[4, 32, 128])
    parser.add_argument("--seconds", type=float, default=4.0, help="at least, of a measurement")
    parser.add_argument("--only", type=int, nargs="+", help="workloads, from 0")
    options = parser.parse_args()
    late = lateness()
    print(f"Python {sys.version.split()[0]}, a sleep is {late:.2f} ms too long; ms a task")
    print(f"{'':7}{'tasks':^20}   {'meter':^44}")
    print(
        f"workers{'c':>6}{'r':>7}{'w':>7}   {'c':>7}       {'r':>8}       {'w':>8}        "
        "lock held   meter's price"
    )
    for workers in options.workers:
        for parts in (WORKLOADS[i] for i in options.only or range(len(WORKLOADS))):
            one = measure(parts, workers, options.seconds, late)
            true, said = one.true, one.meter
            print(
                f"{workers:7}{true.c:6.2f}{true.r:7.2f}{true.w:7.2f}   "
                f"{off(said.c, true.c)}  {off(said.r, true.r)}  {off(said.w, true.w)}   "
                f"{100 * one.held:6.0f} %   {100 * one.price:6.2f} % of a core",
                flush=True,
            )


if __name__ == "__main__":
    main()
