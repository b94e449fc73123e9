"""Claim T5, that process pools can fail for I/O-bound tasks: what a task may return, and be."""

from __future__ import annotations

import os
import signal
import threading
import time
import zlib
from concurrent.futures import Executor, Future, wait
from typing import Any, List, TextIO

from treadle.lab.outcomes import Found
from treadle.lab.protocol import Spec, WrongResult, one_line

LIMIT_S = 20.0
_LARGE_TASKS = 3
_LARGE_BYTES = 32 * 2**20
_INNOCENT = 20
_VICTIM_AT = 5  # the task that takes its worker with it comes after so many others


def make_bytes(size: int, value: int) -> bytes:
    """`size` bytes that all have `value`, as if read from a file."""
    return bytes((value,)) * size


def large_result(spec: Spec, pool: Executor) -> Found:
    """A few tasks that each return `bytes` bytes; every byte must arrive."""
    size = int(spec.param("bytes", _LARGE_BYTES))
    begin = time.perf_counter()
    futures = [pool.submit(make_bytes, size, value) for value in range(_LARGE_TASKS)]
    for value, future in enumerate(futures):
        data = future.result(LIMIT_S)
        if len(data) != size or zlib.crc32(data) != zlib.crc32(make_bytes(size, value)):
            raise WrongResult(f"task {value} returned {len(data)} bytes, or other ones")
    wall_s = time.perf_counter() - begin
    rate = size * _LARGE_TASKS / 1e6 / wall_s
    return Found(_LARGE_TASKS, {"mb_per_s": rate, "bytes": float(size)}, {})


def lambda_task(spec: Spec, pool: Executor) -> Found:
    """A task that is a lambda."""
    value = pool.submit(lambda: 42).result(LIMIT_S)
    if value != 42:
        raise WrongResult(f"the lambda returned {value!r}, not 42")
    return Found(1, {}, {})


def open_text(path: str) -> TextIO:
    """Opens a file and returns it open."""
    return open(path, encoding="utf-8")


def open_file(spec: Spec, pool: Executor) -> Found:
    """A task whose result is an open file, from which the caller then reads."""
    path = os.path.join(spec.scratch, "open-file.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("read me")
    with pool.submit(open_text, path).result(LIMIT_S) as handed:
        text = handed.read()
    if text != "read me":
        raise WrongResult(f"the file handed over reads {text!r}")
    return Found(1, {}, {})


def work_a_little(value: int) -> int:
    """A short task that hurts nobody."""
    time.sleep(0.01)
    return value


def die(parent: int) -> None:
    """Ends the worker it runs in: a process by a signal, as the system does when memory is short.

    A thread has no death of its own; the nearest thing is to leave by an exception nobody expects.
    """
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit(f"worker {threading.current_thread().name} leaves")


def worker_killed(spec: Spec, pool: Executor) -> Found:
    """One task kills its worker; the others must come back, and the pool must go on."""
    futures: List[Future[Any]] = []
    for value in range(_INNOCENT):
        if value == _VICTIM_AT:
            victim = pool.submit(die, os.getpid())
        futures.append(pool.submit(work_a_little, value))
    wait([*futures, victim], LIMIT_S)
    lost = [future for future in futures if not future.done() or future.exception() is not None]
    if lost:
        error = lost[0].exception(0) if lost[0].done() else None
        cause = one_line(error) if error is not None else f"no answer in {LIMIT_S:.0f} s"
        raise WrongResult(f"{len(lost)} of {_INNOCENT} innocent tasks lost: {cause}")
    if victim.exception(LIMIT_S) is None:
        raise WrongResult("the task that ended its worker has a result")
    if pool.submit(work_a_little, -1).result(LIMIT_S) != -1:
        raise WrongResult("the pool does not go on after a worker's death")
    return Found(_INNOCENT, {"lost": 0.0}, {})
