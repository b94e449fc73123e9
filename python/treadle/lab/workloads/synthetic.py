"""Tasks made to measure: c seconds with the GIL, r seconds of processor without it, w of waiting.

The processor parts are amounts of work, not of time: a task that is held up still does all of it.
How much work a second is, is measured once before the run, or given: `c_per_s` (rounds of the
loop) and `r_per_s` (bytes hashed) in `params` make every run of a study do the same work.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any, Callable, Dict, NamedTuple, Tuple

from treadle.lab.protocol import WrongResult
from treadle.lab.workloads.base import Inputs, Workload

_MULTIPLIER = 1103515245
_INCREMENT = 12345
_MODULUS = 1 << 31
_PIECE = bytes(range(256)) * 256  # 64 KiB: hashlib lets the GIL go above 2 KiB


class Demand(NamedTuple):
    """What one task has to do."""

    rounds: int  # of the loop that holds the GIL
    pieces: int  # of 64 KiB to hash without it
    wait_s: float


Done = Tuple[int, str, float]


def spin(rounds: int) -> int:
    """A linear congruential generator, `rounds` steps from 1, in pure Python."""
    x = 1
    for _ in range(rounds):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return x


def digest(pieces: int) -> str:
    """SHA-256 of `pieces` pieces."""
    sha = hashlib.sha256()
    for _ in range(pieces):
        sha.update(_PIECE)
    return sha.hexdigest()


def perform(rounds: int, pieces: int, wait_s: float) -> Done:
    """Does what is demanded: (the generator's value, the digest, seconds really waited)."""
    value = spin(rounds) if rounds else 1
    text = digest(pieces) if pieces else ""
    waited = 0.0
    if wait_s > 0.0:
        begin = time.monotonic()
        time.sleep(wait_s)
        waited = time.monotonic() - begin
    return value, text, waited


def spun(rounds: int) -> int:
    """spin(rounds), by squaring the affine map: O(log rounds)."""
    a, b, x = _MULTIPLIER, _INCREMENT, 1
    while rounds:
        if rounds & 1:
            x = (a * x + b) % _MODULUS
        a, b = a * a % _MODULUS, (a * b + b) % _MODULUS
        rounds >>= 1
    return x


def measure_rates() -> Tuple[float, float]:
    """(rounds a second, pieces a second) of this machine: the best of a few short trials."""
    rounds, pieces = 40_000, 16
    best = [0.0, 0.0]
    for _ in range(4):
        for which, call, amount in ((0, spin, rounds), (1, digest, pieces)):
            begin = time.perf_counter()
            call(amount)
            best[which] = max(best[which], amount / (time.perf_counter() - begin))
    return best[0], best[1]


class Synthetic(Workload):
    """Every task does (c, r, w) seconds, times the specification's scale.

    Variants choose the defaults: c = 5 ms for `cpu`, w = 5 ms for the others; what `params` sets
    counts. Under open load they choose the law of the sizes, too: see treadle.lab.arrivals.
    """

    name = "synthetic"
    kind = "any"
    summary = "c seconds with the GIL, r without it, w of waiting"
    variants = ("wait", "cpu", "exp", "heavy")
    params = {"c": 0.0, "r": 0.0, "w": 0.005, "c_per_s": 0.0, "r_per_s": 0.0, "timeout": 0.0}

    def setup(self) -> None:
        given = self.spec.params
        default_c, default_w = (0.005, 0.0) if self.variant == "cpu" else (0.0, 0.005)
        is_given = any(name in given for name in "crw")
        self.c_s = float(given.get("c", 0.0 if is_given else default_c)) * self.spec.scale
        self.r_s = float(given.get("r", 0.0)) * self.spec.scale
        self.w_s = float(given.get("w", 0.0 if is_given else default_w)) * self.spec.scale
        self.mean_s = self.c_s + self.r_s + self.w_s
        self._rates = self._find_rates()
        self._digests: Dict[int, str] = {0: ""}
        self._demands: Dict[int, Demand] = {}
        self._usual = self.demand(1.0)

    def _find_rates(self) -> Tuple[float, float]:
        c_per_s, r_per_s = self.param("c_per_s"), self.param("r_per_s") / len(_PIECE)
        if (self.c_s and not c_per_s) or (self.r_s and not r_per_s):
            measured = measure_rates()
            c_per_s, r_per_s = c_per_s or measured[0], r_per_s or measured[1]
        return c_per_s, r_per_s

    def demand(self, factor: float) -> Demand:
        """What a task of `factor` times the usual size has to do."""
        rounds = round(self.c_s * factor * self._rates[0])
        pieces = round(self.r_s * factor * self._rates[1])
        return Demand(rounds, pieces, self.w_s * factor)

    def resize(self, index: int, factor: float) -> None:
        """Makes task `index` `factor` times the usual size."""
        self._demands[index] = self.demand(factor)

    @property
    def work(self) -> Callable[..., Any]:
        return perform

    def inputs(self, index: int) -> Inputs:
        return tuple(self._demands.get(index, self._usual)), {}

    def verify(self, index: int, result: Any) -> None:
        rounds, pieces, wait_s = self._demands.get(index, self._usual)
        value, text, waited = result
        if pieces not in self._digests:
            self._digests[pieces] = digest(pieces)
        self.expect(index, (value, text), (spun(rounds), self._digests[pieces]))
        if waited < wait_s:
            raise WrongResult(f"task {index} of synthetic waited {waited} s of {wait_s} s")
