"""An open run: tasks come when the seed says, whether or not the pool keeps up.

Latency counts from the intended arrival, so that a generator or a pool that falls behind cannot
hide it. For tasks that wait, load is arrivals × mean time ÷ workers; for tasks that compute, it is
against the capacity that the same pool reached just before, on the same mix.

With `timeout` in the parameters every client gives up so many seconds after its task was meant to
come. The pool is not told; what still runs then is work for nobody, and only the rest is goodput.
"""

from __future__ import annotations

import gc
import math
import time
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as PoolTimeout
from typing import Any, Callable, List, Optional, Tuple

from treadle.lab import arrivals, executors, queueing
from treadle.lab.arrivals import Arrival
from treadle.lab.closed import make_workload
from treadle.lab.protocol import CellError, Channel, Measured, Spec
from treadle.lab.queueing import Served
from treadle.lab.versions import of_run
from treadle.lab.warm_up import stamped
from treadle.lab.workloads.synthetic import Synthetic

EXECUTORS = ("treadle-threads", "stdlib-threads")
_CAPACITY_MOST_S = 0.5  # of measuring what CPU-bound tasks reach
_CONTENDED_TASKS = 20  # fewer tasks than this under contention say nothing about fairness

Submit = Callable[..., Any]


def submitters(pool: Executor, spec: Spec, coming: List[Arrival], mean_s: float) -> List[Submit]:
    """For every arrival the function that submits it, made before the clock runs."""
    target: Any = pool
    if not executors.find(spec.executor).is_treadle:
        return [target.submit] * len(coming)
    slack = {0: arrivals.USUAL_SLACK, arrivals.URGENT_PRIORITY: arrivals.URGENT_SLACK}
    return [
        target.options(
            priority=arrival.priority,
            client=arrival.client,
            cost=arrival.size * mean_s,
            deadline=slack[arrival.priority] * mean_s,
        ).submit
        for arrival in coming
    ]


def outcome(future: Any) -> Optional[Any]:
    """The result, or None when the pool's policy dropped the task."""
    try:
        return future.result()
    except PoolTimeout:
        return None


class OpenRun:
    """One run under open load, from the specification to the result."""

    def __init__(self, spec: Spec, channel: Channel, born_s: float) -> None:
        """`born_s` is when the child began, on time.perf_counter()."""
        if spec.executor not in EXECUTORS:
            raise CellError(f"open load runs on {' and '.join(EXECUTORS)}, not {spec.executor}")
        self._spec = spec
        self._channel = channel
        self._born_s = born_s
        self.measured = Measured()

    def run(self) -> Measured:
        """Does it. Raises whatever the work raises, WrongResult, CellError or Unsupported."""
        workload = make_workload(self._spec)
        if not isinstance(workload, Synthetic):
            raise CellError(f"open load runs synthetic tasks, not {self._spec.workload}")
        workload.setup()
        pool = executors.build(self._spec)
        try:
            self.measured.setup_s = time.perf_counter() - self._born_s
            self._first(pool, workload)
            rate_per_s = self._rate(pool, workload)
            coming = arrivals.poisson(
                self._spec.seed, rate_per_s, self._spec.timed_s, workload.variant
            )
            self._timed(pool, workload, coming)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()
        workload.teardown()
        self.measured.versions = of_run(workload.versions())
        return self.measured

    def _first(self, pool: Executor, workload: Synthetic) -> None:
        """One task, then one for every worker: all of them have started when the clock runs."""
        args, kwargs = workload.inputs(0)
        begin = time.perf_counter()
        workload.verify(0, pool.submit(workload.work, *args, **kwargs).result())
        self.measured.first_s = time.perf_counter() - begin
        futures = [
            pool.submit(workload.work, *args, **kwargs) for _ in range(2 * self._spec.workers)
        ]
        for result in map(outcome, futures):
            if result is not None:
                workload.verify(0, result)
        self.measured.steady = True

    def _rate(self, pool: Executor, workload: Synthetic) -> float:
        """Arrivals a second for the load that is asked for."""
        given = self._spec.param("capacity", 0.0)
        if given > 0:
            capacity = given
        elif workload.c_s or workload.r_s:
            capacity = self._measure_capacity(pool, workload)
        elif workload.w_s:
            capacity = self._spec.workers / workload.w_s
        else:
            raise CellError("open load needs tasks that last: set c, r or w of synthetic")
        self.measured.metrics["capacity"] = capacity
        return self._spec.load * capacity

    def _measure_capacity(self, pool: Executor, workload: Synthetic) -> float:
        """Mean-sized tasks a second of the pool with all workers busy, on the mix of the run. A
        policy may drop some of so many at once: what was done counts."""
        budget_s = min(_CAPACITY_MOST_S, max(0.2, self._spec.timed_s / 4))
        count = max(4 * self._spec.workers, math.ceil(budget_s / workload.mean_s))
        mix = arrivals.poisson(self._spec.seed + 1, 1.0, float(count), workload.variant)
        demands = [workload.demand(arrival.size) for arrival in mix]
        begin = time.perf_counter()
        futures = [pool.submit(workload.work, *demand) for demand in demands]
        done = [outcome(future) is not None for future in futures]
        took_s = time.perf_counter() - begin
        return sum(arrival.size for arrival, is_done in zip(mix, done) if is_done) / took_s

    def _timed(self, pool: Executor, workload: Synthetic, coming: List[Arrival]) -> None:
        for index, arrival in enumerate(coming):
            workload.resize(index, arrival.size)
        calls = [workload.inputs(index)[0] for index in range(len(coming))]
        submit = submitters(pool, self._spec, coming, workload.mean_s)
        self.measured.metrics.update(
            mean_s=workload.mean_s,
            deadline_s=arrivals.USUAL_SLACK * workload.mean_s,
            urgent_deadline_s=arrivals.URGENT_SLACK * workload.mean_s,
        )
        gc.collect()
        self._channel.ready(self.measured.setup_s)
        begin = time.perf_counter()
        futures, submitted = self._generate(begin, coming, calls, submit, workload.work)
        results = [outcome(future) for future in futures]
        self.measured.wall_s = time.perf_counter() - begin
        self._channel.done()
        for index, result in enumerate(results):
            if result is not None:
                workload.verify(index, result[2])
        peak = executors.workers_peak(pool)
        if peak is not None:
            self.measured.metrics["workers_peak"] = float(peak)
        self._rows(workload, coming, results, begin)
        self._account(
            [
                Served(
                    arrival.client,
                    arrival.priority,
                    arrival.at_s,
                    stamp - begin,
                    result[0] - begin,
                    result[1] - begin,
                    arrival.size,
                )
                for arrival, stamp, result in zip(coming, submitted, results)
                if result is not None
            ],
            coming,
        )

    def _rows(
        self,
        workload: Synthetic,
        coming: List[Arrival],
        results: List[Optional[Any]],
        begin: float,
    ) -> None:
        """One row for every arrival; a task that was dropped has neither start nor end."""
        self.measured.latency = [
            [
                arrival.client,
                arrival.priority,
                round(arrival.at_s, 7),
                None if result is None else round(result[0] - begin, 7),
                None if result is None else round(result[1] - begin, 7),
                round(arrival.size * workload.mean_s, 7),
            ]
            for arrival, result in zip(coming, results)
        ]

    def _generate(
        self,
        begin: float,
        coming: List[Arrival],
        calls: List[Tuple[Any, ...]],
        submit: List[Submit],
        work: Callable[..., Any],
    ) -> Tuple[List[Any], List[float]]:
        """Submits each task at its time, asleep in between; returns futures and times of submit."""
        futures: List[Any] = []
        submitted: List[float] = []
        now, sleep = time.perf_counter, time.sleep
        for arrival, args, submit_one in zip(coming, calls, submit):
            ahead_s = begin + arrival.at_s - now()
            if ahead_s > 0:
                sleep(ahead_s)
            submitted.append(now())
            futures.append(submit_one(stamped, work, args, {}))
        return futures, submitted

    def _account(self, served: List[Served], coming: List[Arrival]) -> None:
        measured, workers = self.measured, self._spec.workers
        measured.tasks = len(served)
        capacity = measured.metrics["capacity"]
        asked_s = sum(arrival.size for arrival in coming) / capacity
        busy_s = sum(task.end_s - task.start_s for task in served)
        late = [task.submitted_s - task.intended_s for task in served]
        measured.metrics.update(
            {
                "queue_max": float(queueing.longest_queue(served)),
                "offered": asked_s / self._spec.timed_s,
                "busy": busy_s / workers / measured.wall_s,
                "throughput": len(served) / measured.wall_s,
                "completion_s": measured.wall_s,
                "dropped": float(len(coming) - len(served)),
                "late_p50_s": queueing.quantile(late, 0.5),
                "late_p99_s": queueing.quantile(late, 0.99),
                "late_max_s": max(late),
            }
        )
        self._account_goodput(served, coming)
        self._account_fairness(served)

    def _account_goodput(self, served: List[Served], coming: List[Arrival]) -> None:
        """How much of the load that was offered was done while its client still waited for it."""
        timeout_s = self._spec.param("timeout", 0.0)
        if timeout_s > 0:
            in_time = [task.size for task in served if task.end_s - task.intended_s <= timeout_s]
            share = sum(in_time) / sum(arrival.size for arrival in coming)
            self.measured.metrics["goodput"] = share * self.measured.metrics["offered"]
            self.measured.metrics["timeout_s"] = timeout_s

    def _account_fairness(self, served: List[Served]) -> None:
        competed = queueing.contention(served)
        self.measured.metrics["contended_s"] = competed.seconds
        self.measured.metrics["contended_tasks"] = sum(competed.tasks.values())
        if sum(competed.tasks.values()) < _CONTENDED_TASKS:
            return
        for name, shares in (("jain", competed.service), ("jain_tasks", competed.tasks)):
            index = queueing.jain(list(shares.values()))
            if index is not None:
                self.measured.metrics[name] = index
