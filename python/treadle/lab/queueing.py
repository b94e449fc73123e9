"""What the stamps of an open run say: how long the queue was, and how fairly it was served.

Pure functions over finished tasks, so that nothing is counted while the clock runs.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple


class Served(NamedTuple):
    """One finished task; seconds since the window began."""

    client: int
    priority: int
    intended_s: float  # when it should have come
    submitted_s: float  # when it did
    start_s: float
    end_s: float
    size: float  # what it asked for, in units of the mean


class Contention(NamedTuple):
    """What clients got while every one of them had a task waiting."""

    seconds: float
    service: Dict[int, float]  # client → size of its tasks that started then
    tasks: Dict[int, float]  # client → number of them


# Orders events of one moment: who comes is there before somebody is taken.
_COMES, _STARTS = 0, 1


def _events(served: Sequence[Served]) -> List[Tuple[float, int, int]]:
    events = [(task.submitted_s, _COMES, index) for index, task in enumerate(served)]
    events += [
        (max(task.start_s, task.submitted_s), _STARTS, index) for index, task in enumerate(served)
    ]
    return sorted(events)


def longest_queue(served: Sequence[Served]) -> int:
    """The most tasks that waited at one moment."""
    waiting = most = 0
    for _, what, _ in _events(served):
        waiting += 1 if what == _COMES else -1
        most = max(most, waiting)
    return most


def contention(served: Sequence[Served]) -> Contention:
    """Sums up the moments in which all clients competed."""
    clients = sorted({task.client for task in served})
    waiting = dict.fromkeys(clients, 0)
    service = dict.fromkeys(clients, 0.0)
    tasks = dict.fromkeys(clients, 0.0)
    seconds, last_s = 0.0, 0.0
    for at_s, what, index in _events(served):
        is_contended = all(waiting.values())
        if is_contended:
            seconds += at_s - last_s
        task = served[index]
        if what == _STARTS and is_contended:
            service[task.client] += task.size
            tasks[task.client] += 1
        waiting[task.client] += 1 if what == _COMES else -1
        last_s = at_s
    return Contention(seconds, service, tasks)


def jain(shares: Sequence[float]) -> Optional[float]:
    """Jain's index of fairness, 1/n to 1 (Jain, Chiu and Hawe, 1984); None for no shares at all."""
    squares = sum(share * share for share in shares)
    if not shares or squares == 0.0:
        return None
    return sum(shares) ** 2 / (len(shares) * squares)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed; 0 when there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
