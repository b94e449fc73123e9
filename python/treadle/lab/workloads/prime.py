"""Trial division by 6k±1 in pure Python: how many of a few large numbers are prime."""

from __future__ import annotations

import random
from typing import Any, Callable, List, Tuple

from treadle.lab.workloads.base import Inputs, Workload

_CANDIDATES = 4  # numbers a task tests besides its prime
_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)  # decide every number below 3.3e24


def is_prime(n: int) -> bool:
    """Trial division by 2, 3 and every 6k±1 up to the root."""
    if n < 4:
        return n > 1
    if n % 2 == 0 or n % 3 == 0:
        return False
    divisor = 5
    while divisor * divisor <= n:
        if n % divisor == 0 or n % (divisor + 2) == 0:
            return False
        divisor += 6
    return True


def count_primes(numbers: Tuple[int, ...]) -> int:
    """How many of the numbers are prime."""
    return sum(1 for n in numbers if is_prime(n))


def is_prime_quickly(n: int) -> bool:
    """Miller-Rabin with witnesses that leave no doubt below 3.3e24 (Sorenson and Webster, 2015)."""
    if n < 2:
        return False
    for p in _WITNESSES:
        if n % p == 0:
            return n == p
    twos = ((n - 1) & -(n - 1)).bit_length() - 1
    odd = (n - 1) >> twos
    return all(_passes(n, witness, odd, twos) for witness in _WITNESSES)


def _passes(n: int, witness: int, odd: int, twos: int) -> bool:
    x = pow(witness, odd, n)
    if x in (1, n - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False


class Prime(Workload):
    """Each task counts the primes among one prime near `low` and a few numbers with a small factor.

    So that every task costs the same: the prime costs the whole search, the others next to nothing,
    and the answer is not the same for all, for some of the others are prime and small.
    """

    name = "prime"
    kind = "cpu"
    summary = "6k±1 trial division in pure Python"
    params = {"low": 1e12}

    def setup(self) -> None:
        # The search goes up to the root, so work times s needs numbers s² as large.
        self._low = int(self.param("low") * self.spec.scale**2)
        self._random = random.Random(self.spec.seed)
        self._inputs: List[Tuple[int, ...]] = []

    @property
    def work(self) -> Callable[..., Any]:
        return count_primes

    def inputs(self, index: int) -> Inputs:
        while len(self._inputs) <= index:
            self._inputs.append(self._draw())
        return (self._inputs[index],), {}

    def _draw(self) -> Tuple[int, ...]:
        n = self._low + self._random.randrange(self._low // 1000) * 2 + 1
        while not is_prime_quickly(n):
            n += 2
        others = [self._random.randrange(1, 10_000) for _ in range(_CANDIDATES)]
        return (*others, n)

    def verify(self, index: int, result: Any) -> None:
        numbers = self._inputs[index]
        self.expect(index, result, sum(1 for n in numbers if is_prime_quickly(n)))
