"""A closed run: submit everything, then wait for everything, in a timed window."""

from __future__ import annotations

import gc
import time
from concurrent.futures import Executor
from typing import Any, List, Tuple

from treadle.lab import executors, steady, workloads
from treadle.lab.executors import SerialExecutor
from treadle.lab.protocol import Channel, Measured, Spec
from treadle.lab.versions import of_run
from treadle.lab.warm_up import WarmUp, stamped
from treadle.lab.workloads.base import Inputs, Workload

_STAMPED_TASK_S = 0.001  # tasks shorter than this are not stamped: it would show
_STAMPED_MOST = 4000  # nor are more tasks than this


def make_workload(spec: Spec) -> Workload:
    """The workload of a specification, not yet set up. Raises CellError or Unsupported."""
    kind = workloads.find(spec.workload)
    missing = kind.missing()
    if missing is not None:
        raise missing
    return kind(spec, executors.split_variant(spec.variant)[0])


def submit_all(pool: Executor, workload: Workload, calls: List[Inputs]) -> List[Any]:
    """Runs the calls through the pool and returns the results in their order."""
    submit, work = pool.submit, workload.work
    futures = [submit(work, *args, **kwargs) for args, kwargs in calls]
    return [future.result() for future in futures]


def submit_all_stamped(pool: Executor, workload: Workload, calls: List[Inputs]) -> List[Any]:
    """The same; each result is (submitted, start, end, result)."""
    submit, work, now = pool.submit, workload.work, time.perf_counter
    futures = [(now(), submit(stamped, work, args, kwargs)) for args, kwargs in calls]
    return [(submitted, *future.result()) for submitted, future in futures]


class ClosedRun:
    """One closed run, from the specification to the result."""

    def __init__(self, spec: Spec, channel: Channel, born_s: float) -> None:
        """`born_s` is when the child began, on time.perf_counter()."""
        self._spec = spec
        self._channel = channel
        self._born_s = born_s
        self._next_index = 0
        self._workers = 1  # tasks that run at once
        self.measured = Measured()

    def run(self) -> Measured:
        """Does it. Raises whatever the work raises, WrongResult, CellError or Unsupported."""
        workload = make_workload(self._spec)
        executors.find(self._spec.executor)
        setup_begin = time.perf_counter()
        workload.setup()
        self._born_s += time.perf_counter() - setup_begin  # the tasks' files are no cost of a pool
        pool = SerialExecutor() if workload.runs_inline else executors.build(self._spec)
        try:
            self.measured.setup_s = time.perf_counter() - self._born_s
            self._workers = 1 if workload.runs_inline else executors.workers_of(self._spec)
            self._first(pool, workload)
            per_task_s = self._warm(pool, workload)
            self._timed(pool, workload, per_task_s)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()
        workload.teardown()
        self.measured.versions = of_run(workload.versions())
        return self.measured

    def _calls(self, workload: Workload, count: int) -> Tuple[int, List[Inputs]]:
        first = self._next_index
        self._next_index += count
        return first, [workload.inputs(index) for index in range(first, first + count)]

    def _first(self, pool: Executor, workload: Workload) -> None:
        first, calls = self._calls(workload, 1)
        begin = time.perf_counter()
        results = submit_all(pool, workload, calls)
        self.measured.first_s = time.perf_counter() - begin
        workload.verify(first, results[0])

    def _warm(self, pool: Executor, workload: Workload) -> float:
        """Works until the run is warm; returns the seconds a task takes then."""
        warm_up = WarmUp(pool, workload, self._workers, self._spec.warm_s, self._next_index)
        per_task_s = warm_up.run()
        self._next_index = warm_up.next_index
        self.measured.steady = warm_up.is_steady
        self.measured.metrics["warm_batches"] = float(len(warm_up.batches))
        return per_task_s

    def _timed(self, pool: Executor, workload: Workload, per_task_s: float) -> None:
        workers = self._workers
        count = steady.tasks_for(self._spec.timed_s, per_task_s, workers, workload.cycle)
        is_stamped = per_task_s * workers >= _STAMPED_TASK_S and count <= _STAMPED_MOST
        is_stamped = is_stamped and workload.kind != "overhead"
        first, calls = self._calls(workload, count)
        collect = submit_all_stamped if is_stamped else submit_all
        gc.collect()
        self._channel.ready(self.measured.setup_s)
        begin = time.perf_counter()
        results = collect(pool, workload, calls)
        self.measured.wall_s = time.perf_counter() - begin
        self._channel.done()
        self.measured.tasks = count
        if is_stamped:
            self.measured.latency = [_row(begin, result) for result in results]
            results = [result[-1] for result in results]
        for index, result in enumerate(results, first):
            workload.verify(index, result)
        peak = executors.workers_peak(pool)
        if peak is not None:
            self.measured.metrics["workers_peak"] = float(peak)


def _row(begin: float, result: Tuple[float, float, float, Any]) -> List[float]:
    submitted, start, end = (round(stamp - begin, 7) for stamp in result[:3])
    return [0, 0, submitted, start, end]
