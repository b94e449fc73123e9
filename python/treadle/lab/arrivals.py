"""Open arrivals: when which client asks for how much, all decided by the seed before the run.

Arrivals are Poisson. Three clients of unequal appetite share them; a tenth of each client's tasks
is urgent; nine tasks in ten are short and the tenth is ten times as long. Every policy that is
given the same seed meets the same arrivals, and the rate only stretches them.
"""

from __future__ import annotations

import random
from typing import List, NamedTuple, Tuple

# (client, share of the arrivals)
CLIENTS: Tuple[Tuple[int, float], ...] = ((1, 0.6), (2, 0.3), (3, 0.1))
URGENT_SHARE, URGENT_PRIORITY = 0.1, 10
LONG_SHARE, LONG_TIMES = 0.1, 10.0
# Short tasks are so much of the mean, that the mean is 1.
SHORT = 1.0 / (1.0 - LONG_SHARE + LONG_SHARE * LONG_TIMES)


class Arrival(NamedTuple):
    """One task to come."""

    at_s: float  # since the window began
    client: int
    priority: int
    size: float  # in units of the mean


def poisson(seed: int, rate_per_s: float, window_s: float) -> List[Arrival]:
    """The arrivals of a window, in order; at least one."""
    draws = random.Random(seed)
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
        size = SHORT * (LONG_TIMES if draws.random() < LONG_SHARE else 1.0)
        arrivals.append(Arrival(at_s, client, priority, size))
