"""Recursive Fibonacci numbers in pure Python: processor time that holds the GIL."""

from __future__ import annotations

from typing import Any, Callable

from treadle.lab.workloads.base import Inputs, Workload


def fibonacci(n: int) -> int:
    """The n-th Fibonacci number by the definition, exponentially many calls."""
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def repeated(n: int, times: int) -> int:
    """The sum of `times` computations of the n-th Fibonacci number."""
    total = 0
    for _ in range(times):
        total += fibonacci(n)
    return total


def known(n: int) -> int:
    """The n-th Fibonacci number by addition."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


class Fibonacci(Workload):
    """Each task computes the n-th number `times` times (times the specification's scale)."""

    name = "fibonacci"
    kind = "cpu"
    summary = "recursive Fibonacci numbers in pure Python"
    params = {"n": 17.0, "times": 20.0}

    def setup(self) -> None:
        self._n = int(self.param("n"))
        self._times = self.scaled(self.param("times"))
        self._wanted = known(self._n) * self._times

    @property
    def work(self) -> Callable[..., Any]:
        return repeated

    def inputs(self, index: int) -> Inputs:
        return (self._n, self._times), {}

    def verify(self, index: int, result: Any) -> None:
        self.expect(index, result, self._wanted)
