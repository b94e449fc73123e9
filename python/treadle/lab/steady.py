"""When has a run warmed up, and how many tasks fill the timed window.

The rule of the study: the last five batches against the five before, medians within 1 % and spreads
within a factor of two. Short batches scatter by more than that by themselves, so a difference that
is no larger than the batches' own scatter explains is not held against the run.
"""

from __future__ import annotations

import math
from typing import Sequence

GROUP = 5  # batches that are compared with as many before them
_DRIFT = 0.01
_SPREAD = 2.0
_TASKS_MOST = 150_000  # of one window: inputs and results are all kept


def median(values: Sequence[float]) -> float:
    """The median; `values` must not be empty."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def scatter(values: Sequence[float]) -> float:
    """The median absolute deviation from the median, scaled to a standard deviation."""
    centre = median(values)
    return 1.4826 * median([abs(value - centre) for value in values])


def is_steady(batches: Sequence[float]) -> bool:
    """Do the last batches (seconds a task) look like those before them? False when too few."""
    if len(batches) < 2 * GROUP:
        return False
    before, last = batches[-2 * GROUP : -GROUP], batches[-GROUP:]
    old, new = median(before), median(last)
    noise = math.hypot(scatter(before), scatter(last)) * 1.2533 / math.sqrt(GROUP)
    if abs(new - old) > max(_DRIFT * old, 2.0 * noise):
        return False
    spreads = scatter(before), scatter(last)
    small = _DRIFT * old  # spreads below the drift that is allowed are all alike
    return max(spreads) <= max(_SPREAD * min(spreads), small) or noise <= small


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
