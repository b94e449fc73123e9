"""The warm-up of a closed run: it also finds out how fast tasks go, and whether that has settled.

Tasks go in batches, and nothing else is done while one runs: with many CPU-bound threads every look
at a clock would wait for the interpreter's lock. A small batch lasts as long as its slowest task,
while the workers of the timed window always have a next one. So for tasks that wait, the tasks' own
stamps say what one takes: their mean duration over how many of them were under way at once. For
tasks that compute, it is the time of the batch; for those in between, something in between.
"""

from __future__ import annotations

import time
from concurrent.futures import Executor
from typing import Any, Callable, List, Mapping, Tuple

from treadle.lab import steady
from treadle.lab.workloads.base import Inputs, Workload

_MOST = 1.5  # it may last so many times as long as asked, to become steady
_LARGE = 8  # a batch of so many tasks a worker is not ruled by its slowest
_GROWTH = 4  # from one batch to the next
_BATCHES = 2 * steady.GROUP
_WAITING = {"io": 1.0, "cpu": 0.0}  # how far tasks of a kind wait; the other kinds: half

Stamped = Tuple[float, float, Any]


def stamped(work: Callable[..., Any], args: Tuple[Any, ...], kwargs: Mapping[str, Any]) -> Stamped:
    """Calls work and says when: (start, end, result). The clock is one for all processes."""
    start = time.perf_counter()
    result = work(*args, **kwargs)
    return start, time.perf_counter(), result


def overlapped(spans: List[Tuple[float, float]]) -> float:
    """The mean length of the spans over the most of them at one moment."""
    edges = [(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans]
    now = most = 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return sum(end - start for start, end in spans) / len(spans) / max(most, 1)


class WarmUp:
    """One warm-up; `batches`, `is_steady` and `next_index` are what it leaves behind."""

    def __init__(
        self, pool: Executor, workload: Workload, workers: int, warm_s: float, first_index: int
    ) -> None:
        self.next_index = first_index
        self.batches: List[float] = []  # seconds a task, of each batch
        self.is_steady = False
        self._pool = pool
        self._workload = workload
        self._workers = workers
        self._warm_s = warm_s

    def run(self) -> float:
        """Warms up, verifies every result and returns the seconds a task takes in the end."""
        spent_s, size = 0.0, self._workers * self._workload.warm_rounds
        while not self._is_enough(spent_s):
            wall_s, per_task_s = self._batch(size)
            spent_s += wall_s
            self.batches.append(per_task_s)
            rounds = self._warm_s / _BATCHES / max(per_task_s, 1e-9) / self._workers
            size = self._workers * max(1, min(round(rounds), _GROWTH * size // self._workers))
        self.is_steady = steady.is_steady(self.batches)
        return steady.median(self.batches[1:][-steady.GROUP :] or self.batches)

    def _is_enough(self, spent_s: float) -> bool:
        if not self.batches or spent_s < self._warm_s:
            return False
        return spent_s >= _MOST * self._warm_s or steady.is_steady(self.batches)

    def _batch(self, size: int) -> Tuple[float, float]:
        """Runs and verifies `size` tasks: (seconds they took, seconds a task)."""
        first = self.next_index
        self.next_index += size
        calls = [self._workload.inputs(index) for index in range(first, first + size)]
        is_stamped = self._workers > 1 and size < _LARGE * self._workers
        begin = time.perf_counter()
        results = self._collect(calls, is_stamped)
        wall_s = time.perf_counter() - begin
        per_task_s = wall_s / size
        if is_stamped:
            overlapped_s = overlapped([(start, end) for start, end, _ in results])
            share = _WAITING.get(self._workload.kind, 0.5)
            per_task_s = per_task_s ** (1.0 - share) * overlapped_s**share
            results = [result for _, _, result in results]
        for index, result in enumerate(results, first):
            self._workload.verify(index, result)
        return wall_s, per_task_s

    def _collect(self, calls: List[Inputs], is_stamped: bool) -> List[Any]:
        submit, work = self._pool.submit, self._workload.work
        if is_stamped:
            futures = [submit(stamped, work, args, kwargs) for args, kwargs in calls]
        else:
            futures = [submit(work, *args, **kwargs) for args, kwargs in calls]
        return [future.result() for future in futures]
