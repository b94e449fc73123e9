"""Nothing at all: what an executor costs by itself."""

from __future__ import annotations

from typing import Any, Callable

from treadle.lab.workloads.base import Inputs, Workload


def give_back(value: int) -> int:
    """Returns what it was given."""
    return value


class Noop(Workload):
    """A call that returns its argument."""

    name = "noop"
    kind = "overhead"
    summary = "a call that returns its argument"

    @property
    def work(self) -> Callable[..., Any]:
        return give_back

    def inputs(self, index: int) -> Inputs:
        return (index,), {}

    def verify(self, index: int, result: Any) -> None:
        self.expect(index, result, index)
