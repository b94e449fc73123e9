"""Building an executor, one call through it, and shutting it down: the price of a pool."""

from __future__ import annotations

from typing import Any, Callable

from treadle.lab import executors
from treadle.lab.protocol import Spec
from treadle.lab.workloads.base import Inputs, Workload
from treadle.lab.workloads.noop import give_back


def open_and_close(spec: Spec, value: int) -> Any:
    """Builds the executor of `spec`, sends one call through it and shuts it down."""
    with executors.build(spec) as pool:
        return pool.submit(give_back, value).result()


class Startup(Workload):
    """Each task makes and closes an executor of the cell's kind and size, one after the other."""

    name = "startup"
    kind = "overhead"
    summary = "build the executor, one call, shut down"
    runs_inline = True

    @property
    def work(self) -> Callable[..., Any]:
        return open_and_close

    def inputs(self, index: int) -> Inputs:
        return (self.spec, index), {}

    def verify(self, index: int, result: Any) -> None:
        self.expect(index, result, index)
