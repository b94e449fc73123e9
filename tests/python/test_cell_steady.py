"""When a run counts as warm, and how many tasks its window gets."""

from __future__ import annotations

import random

import pytest

from treadle.lab import steady, warm_up

QUIET = [1.0, 1.001, 0.999, 1.0, 1.002] * 2


def test_batches_that_stay_the_same_are_steady() -> None:
    assert steady.is_steady(QUIET)
    assert steady.is_steady([5.0, 3.0, 2.0, *QUIET])  # what came before does not count


def test_too_few_batches_are_not_steady() -> None:
    assert not steady.is_steady(QUIET[:9])
    assert not steady.is_steady([])


def test_a_drift_is_not_steady() -> None:
    assert not steady.is_steady([1.0 - 0.02 * step for step in range(10)])
    assert not steady.is_steady([2.0] * 5 + [1.9] * 5)


def test_a_sudden_scatter_is_not_steady() -> None:
    assert not steady.is_steady([1.0, 1.01, 0.99, 1.0, 1.0] + [0.6, 1.4, 1.0, 0.5, 1.5])


def test_noise_alone_is_called_steady_mostly() -> None:
    draws = random.Random(7)
    trials = [steady.is_steady([draws.gauss(1.0, 0.03) for _ in range(10)]) for _ in range(500)]
    assert sum(trials) > 400


def test_overlapping_tasks_take_their_mean_over_the_most_at_once() -> None:
    assert warm_up.overlapped([(0.0, 2.0)]) == 2.0
    assert warm_up.overlapped([(0.0, 2.0), (0.0, 4.0), (1.0, 4.0)]) == pytest.approx(1.0)
    assert warm_up.overlapped([(0.0, 1.0), (1.0, 2.0)]) == 1.0  # one after the other


@pytest.mark.parametrize("workers", [1, 3, 4, 32])
@pytest.mark.parametrize("cycle", [1, 3, 6])
@pytest.mark.parametrize("per_task_s", [1e-7, 1e-3, 0.02, 5.0])
def test_the_window_has_at_least_a_task_a_worker_and_lasts_about_as_asked(
    workers: int, cycle: int, per_task_s: float
) -> None:
    count = steady.tasks_for(0.28, per_task_s, workers, cycle)
    assert count >= workers and count % workers == 0
    assert count * per_task_s <= max(0.28 * 1.5, 1.01 * workers * per_task_s)
