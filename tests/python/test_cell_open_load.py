"""Open load: seeded arrivals, a queue that really forms, latency from the intended arrival."""

from __future__ import annotations

from typing import Any, List

import pytest
from cell_driver import run_cell

from treadle.lab import arrivals, executors, queueing
from treadle.lab.queueing import Served

POLICIES = ["fifo", "lifo", "priority", "round_robin"]


def test_the_same_seed_gives_the_same_arrivals_and_another_seed_others() -> None:
    first = arrivals.poisson(5, 100.0, 3.0)
    assert first == arrivals.poisson(5, 100.0, 3.0)
    assert first != arrivals.poisson(6, 100.0, 3.0)


def test_the_rate_only_stretches_the_arrivals() -> None:
    slow, fast = arrivals.poisson(5, 100.0, 4.0), arrivals.poisson(5, 200.0, 2.0)
    assert [one[1:] for one in slow] == [one[1:] for one in fast]
    assert [one.at_s for one in slow] == pytest.approx([2 * one.at_s for one in fast])


def test_arrivals_have_the_mix_that_the_study_promises() -> None:
    many = arrivals.poisson(1, 1000.0, 40.0)
    count = len(many)
    assert count == pytest.approx(40_000, rel=0.02)
    for client, share in arrivals.CLIENTS:
        assert sum(one.client == client for one in many) / count == pytest.approx(share, rel=0.05)
    assert sum(one.priority == 10 for one in many) / count == pytest.approx(0.1, rel=0.05)
    assert sum(one.size for one in many) / count == pytest.approx(1.0, rel=0.05)
    sizes = sorted({one.size for one in many})
    assert len(sizes) == 2 and sizes[1] / sizes[0] == pytest.approx(10.0)


@pytest.mark.parametrize("variant", sorted(arrivals.LAWS))
def test_every_law_of_sizes_has_the_mean_one(variant: str) -> None:
    sizes = [one.size for one in arrivals.poisson(3, 1000.0, 200.0, variant)]
    assert sum(sizes) / len(sizes) == pytest.approx(1.0, rel=0.03)
    assert min(sizes) > 0


def test_heavy_tails_are_heavy_and_bounded() -> None:
    sizes = sorted(one.size for one in arrivals.poisson(3, 1000.0, 200.0, "heavy"))
    assert sizes[-1] <= arrivals.PARETO_RANGE * sizes[0]
    # One task in a hundred does about a fifth of the work; of exponential sizes, a twentieth.
    assert 0.15 < sum(sizes[-len(sizes) // 100 :]) / sum(sizes) < 0.35


def test_the_law_of_the_sizes_leaves_the_arrivals_as_they_are() -> None:
    times = [
        {one.at_s for one in arrivals.poisson(3, 100.0, 1.0, variant)}
        for variant in ("wait", "cpu")
    ]
    assert times[0] == times[1]


def served(client: int, came: float, start: float, size: float = 1.0) -> Served:
    return Served(client, 0, came, came, start, start + size, size)


def test_the_longest_queue_counts_who_waits_and_not_who_is_served() -> None:
    assert queueing.longest_queue([]) == 0
    assert queueing.longest_queue([served(1, 0, 0), served(1, 1, 1)]) == 1
    assert queueing.longest_queue([served(1, 0, 0), served(1, 0.1, 1), served(1, 0.2, 2)]) == 2


def test_contention_counts_only_while_every_client_waits() -> None:
    tasks = [
        served(1, 0.0, 0.0),  # alone: not contended
        served(1, 0.1, 1.0),
        served(2, 0.5, 2.0, size=3.0),
        served(1, 0.6, 5.0),
    ]
    found = queueing.contention(tasks)
    # From 0.5 on both wait, until client 2 is taken at 2.0.
    assert found.seconds == pytest.approx(1.5)
    assert found.service == {1: 1.0, 2: 3.0}
    assert found.tasks == {1: 1, 2: 1}


def test_jains_index_is_one_for_equals_and_one_in_n_for_a_single_winner() -> None:
    assert queueing.jain([2.0, 2.0, 2.0]) == pytest.approx(1.0)
    assert queueing.jain([1.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)
    assert queueing.jain([0.6, 0.3, 0.1]) == pytest.approx(1 / (3 * 0.46))
    assert queueing.jain([]) is None and queueing.jain([0.0]) is None


def open_run(executor: str, **values: Any) -> Any:
    values = {"workers": 4, "load": 0.8, "seed": 42, "timed_s": 1.0, **values}
    params = values.pop("params", {"w": 0.005})
    return run_cell(workload="synthetic", executor=executor, params=params, **values)


def check_rows(result: Any, executor: str) -> None:
    rows: List[List[float]] = result["latency"]
    assert len(rows) == result["tasks"]
    assert all(intended <= start <= end for _, _, intended, start, end, _ in rows)
    asked = sum(row[5] for row in rows) / len(rows)
    assert asked == pytest.approx(result["metrics"]["mean_s"], rel=0.25)
    assert {row[0] for row in rows} == {1, 2, 3}
    assert {row[1] for row in rows} == {0, 10}
    late = result["metrics"]["late_max_s"]
    assert late >= result["metrics"]["late_p99_s"] >= 0
    assert executor


def available(executor: str) -> None:
    missing = executors.extension_missing() if executor == "treadle-threads" else None
    if missing is not None:
        pytest.skip(f"{missing}: {missing.install}")


@pytest.mark.parametrize("executor", ["stdlib-threads", "treadle-threads"])
@pytest.mark.parametrize("load", [0.8, 1.1])
def test_a_queue_forms_longer_than_the_workers(executor: str, load: float) -> None:
    available(executor)
    result = open_run(executor, load=load, variant="wait")
    assert result["outcome"] == "ok", result
    check_rows(result, executor)
    # Without any delay of the machine's these arrivals already queue up to 15 (0.8) and 34 (1.1).
    assert result["metrics"]["queue_max"] > 4
    assert result["metrics"]["offered"] == pytest.approx(load, rel=0.2)


@pytest.mark.parametrize("load", [0.8, 1.1])
def test_these_very_arrivals_queue_on_four_ideal_workers(load: float) -> None:
    free = [0.0] * 4
    tasks = []
    for arrival in arrivals.poisson(42, load * 4 / 0.005, 1.0):
        free.sort()
        start = max(free[0], arrival.at_s)
        free[0] = start + 0.005 * arrival.size
        tasks.append(Served(arrival.client, 0, arrival.at_s, arrival.at_s, start, free[0], 1.0))
    assert queueing.longest_queue(tasks) > 8


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_meets_the_same_arrivals(policy: str) -> None:
    available("treadle-threads")
    result = open_run("treadle-threads", policy=policy, sizer="fixed", load=1.1, timed_s=0.5)
    assert result["outcome"] == "ok", result
    expected = arrivals.poisson(42, 1.1 * 4 / 0.005, 0.5)
    assert [row[:3] for row in result["latency"]] == [
        [one.client, one.priority, pytest.approx(one.at_s, abs=1e-6)] for one in expected
    ]


def test_round_robin_is_fairer_than_fifo_where_clients_compete() -> None:
    available("treadle-threads")
    index = {
        policy: open_run("treadle-threads", policy=policy, sizer="fixed", load=1.3)["metrics"]
        for policy in ("fifo", "round_robin")
    }
    assert index["round_robin"]["jain_tasks"] > index["fifo"]["jain_tasks"]


def test_clients_that_give_up_leave_fifo_with_work_for_nobody() -> None:
    """Above capacity the queue of fifo makes everybody late; the newest are still waited for."""
    available("treadle-threads")
    params = {"w": 0.005, "timeout": 0.05}
    goodput = {
        policy: open_run(
            "treadle-threads", policy=policy, sizer="fixed", load=1.5, params=params, variant="exp"
        )["metrics"]["goodput"]
        for policy in ("fifo", "lifo")
    }
    assert goodput["fifo"] < goodput["lifo"]
    assert 0.0 <= goodput["fifo"] and goodput["lifo"] <= 1.6


def test_a_dropped_task_has_a_row_without_start_and_end() -> None:
    available("treadle-threads")
    result = open_run(
        "treadle-threads", policy="codel", sizer="fixed", load=2.0, variant="exp", timed_s=0.6
    )
    assert result["outcome"] == "ok", result
    dropped = [row for row in result["latency"] if row[3] is None]
    assert len(dropped) == result["metrics"]["dropped"] > 0
    assert all(row[4] is None and row[5] > 0 for row in dropped)
    assert result["tasks"] + len(dropped) == len(result["latency"])


def test_for_cpu_tasks_the_load_is_against_the_capacity_measured_first() -> None:
    result = open_run("stdlib-threads", variant="cpu", params={"c": 0.002}, load=0.5)
    assert result["outcome"] == "ok", result
    metrics = result["metrics"]
    assert metrics["capacity"] > 0
    expected = arrivals.poisson(42, 0.5 * metrics["capacity"], 1.0)
    assert result["tasks"] == len(expected)


def test_a_policy_that_drops_tasks_has_a_capacity_too() -> None:
    available("treadle-threads")
    result = open_run(
        "treadle-threads",
        policy="codel:target=0.001,interval=0.005",
        sizer="fixed",
        variant="cpu",
        params={"c": 0.002},
        load=0.5,
    )
    assert result["outcome"] == "ok", result
    assert 0 < result["metrics"]["capacity"] < 1000


def test_a_capacity_that_is_given_is_not_measured() -> None:
    result = open_run("stdlib-threads", params={"w": 0.001, "capacity": 100}, timed_s=0.3)
    assert result["metrics"]["capacity"] == 100
    assert result["tasks"] == len(arrivals.poisson(42, 80.0, 0.3))


@pytest.mark.parametrize(
    "values, complaint",
    [
        ({"params": {"w": 0.0}}, "tasks that last"),
        ({"executor": "stdlib-processes"}, "open load runs on"),
    ],
)
def test_open_load_refuses_what_it_cannot_mean(values: Any, complaint: str) -> None:
    result = open_run(**{"executor": "stdlib-threads", **values})
    assert result["outcome"] == "failed"
    assert complaint in result["reason"]
