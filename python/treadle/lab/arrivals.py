"""Open arrivals: when which client asks for how much, all decided by the seed before the run.

Arrivals are Poisson. Three clients of unequal appetite share them, and a tenth of each client's
tasks is urgent. Every policy that is given the same seed meets the same arrivals, and the rate only
stretches them. Sizes follow one of a few laws, each with the mean 1.
"""

from __future__ import annotations

import math
import random
from typing import Callable, Dict, List, NamedTuple, Tuple

# (client, share of the arrivals)
CLIENTS: Tuple[Tuple[int, float], ...] = ((1, 0.6), (2, 0.3), (3, 0.1))
URGENT_SHARE, URGENT_PRIORITY = 0.1, 10
# An urgent task should have started within so many mean sizes, any other within so many.
URGENT_SLACK, USUAL_SLACK = 2.0, 20.0
LONG_SHARE, LONG_TIMES = 0.1, 10.0
# Short tasks are so much of the mean, that the mean is 1.
SHORT = 1.0 / (1.0 - LONG_SHARE + LONG_SHARE * LONG_TIMES)
# The heavy tail: bounded Pareto, the largest so many times the smallest.
PARETO_SHAPE, PARETO_RANGE = 1.5, 1000.0


class Arrival(NamedTuple):
    """One task to come."""

    at_s: float  # since the window began
    client: int
    priority: int
    size: float  # in units of the mean


def _mixed(draws: random.Random) -> float:
    """Nine tasks in ten are short, the tenth is ten times as long."""
    return SHORT * (LONG_TIMES if draws.random() < LONG_SHARE else 1.0)


def _exponential(draws: random.Random) -> float:
    return draws.expovariate(1.0)


def _pareto_mean() -> float:
    """Of the bounded Pareto law that begins at 1 (Harchol-Balter, 2013, section 20.4)."""
    shape, span = PARETO_SHAPE, PARETO_RANGE
    above = (1.0 - math.pow(span, 1.0 - shape)) / (1.0 - math.pow(span, -shape))
    return shape / (shape - 1.0) * above


_PARETO_LEAST = 1.0 / _pareto_mean()


def _heavy(draws: random.Random) -> float:
    """By inversion of the bounded Pareto distribution."""
    tail = 1.0 - draws.random() * (1.0 - math.pow(PARETO_RANGE, -PARETO_SHAPE))
    return _PARETO_LEAST * math.pow(tail, -1.0 / PARETO_SHAPE)


# The law of the sizes, by variant of the synthetic workload.
LAWS: Dict[str, Callable[[random.Random], float]] = {
    "wait": _mixed,
    "cpu": _mixed,
    "exp": _exponential,
    "heavy": _heavy,
}


def poisson(seed: int, rate_per_s: float, window_s: float, variant: str = "wait") -> List[Arrival]:
    """The arrivals of a window, in order; at least one. `variant` is a key of LAWS."""
    draws = random.Random(seed)
    size_of = LAWS[variant]
    clients = [client for client, _ in CLIENTS]
    shares = [share for _, share in CLIENTS]
    arrivals: List[Arrival] = []
    at_s = 0.0
    while True:
        at_s += draws.expovariate(1.0) / rate_per_s
        if at_s > window_s and arrivals:
            return arrivals
        client = draws.choices(clients, shares)[0]
        priority = URGENT_PRIORITY if draws.random() < URGENT_SHARE else 0
        arrivals.append(Arrival(at_s, client, priority, size_of(draws)))
