"""When has a run warmed up, and how many tasks fill the timed window.

The last five batches are compared with the five before: their medians must agree within 1 %, their
spreads within a factor. Short batches scatter by more than 1 % by themselves, so a difference that is
no larger than their own scatter explains is not held against the run; and the spreads of twice five
draws of one distribution differ by more than a factor of two in a fifth of all cases, by more than
three in one of twenty, so three is the factor.
"""

from __future__ import annotations

import math
from typing import Sequence

GROUP = 5  # batches that are compared with as many before them
_DRIFT = 0.01
_SPREAD = 3.0
_TASKS_MOST = 150_000  # of one window: inputs and results are all kept


def median(values: Sequence[float]) -> float:
    """The median; `values` must not be empty."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def spread(values: Sequence[float]) -> float:
    """The standard deviation of a sample; `values` must be at least two."""
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def is_steady(times: Sequence[float]) -> bool:
    """Do the last batches (seconds a task) look like those before them? False when too few."""
    if len(times) < 2 * GROUP:
        return False
    before, last = times[-2 * GROUP : -GROUP], times[-GROUP:]
    old, new = median(before), median(last)
    spreads = spread(before), spread(last)
    # The median of n normal draws has 1.2533 / sqrt(n) of their standard deviation.
    noise = math.hypot(*spreads) * 1.2533 / math.sqrt(GROUP)
    if abs(new - old) > max(_DRIFT * old, 2.0 * noise):
        return False
    # Spreads below the drift that is allowed are all alike.
    return max(spreads) <= max(_SPREAD * min(spreads), _DRIFT * old)


def tasks_for(timed_s: float, per_task_s: float, workers: int, cycle: int) -> int:
    """How many tasks last about `timed_s`: never fewer than the workers.

    A multiple of the workers, so that none is idle in the last round for want of a task, and of
    `cycle` where that is a small correction.
    """
    wanted = timed_s / max(per_task_s, 1e-9)
    step = max(1, workers)
    both = step * cycle // math.gcd(step, cycle)
    if wanted >= 4 * both:
        step = both
    return max(step, round(min(wanted, _TASKS_MOST) / step) * step)
