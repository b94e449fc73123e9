"""One-shot scenarios: does it work at all, for which executor, and how does it fail?

They answer the claims that are about outcomes and not about time. The result is `ok`, with what it
took, or `failed` with the exception in its own words; both are findings of the study.
"""

from __future__ import annotations

import importlib
import time
from concurrent.futures import Executor
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from treadle.lab import executors
from treadle.lab.protocol import CellError, Channel, Measured, Spec, Unsupported
from treadle.lab.versions import label

THREADS: Tuple[Tuple[str, str], ...] = (("stdlib-threads", ""), ("treadle-threads", ""))
POOLS: Tuple[Tuple[str, str], ...] = (("stdlib-threads", ""), ("stdlib-processes", ""), THREADS[1])
NOTEBOOK: Tuple[Tuple[str, str], ...] = (
    ("stdlib-threads", ""),
    ("stdlib-processes", "fork"),
    ("stdlib-processes", "spawn"),
    ("stdlib-processes", "forkserver"),
)


class Scenario(NamedTuple):
    """One row of the table; `place` is module:function of this folder."""

    name: str
    claim: str
    summary: str
    place: str
    pairs: Tuple[Tuple[str, str], ...]
    needs: str = ""  # module:function that says what is missing
    builds_pool: bool = True  # false: the scenario makes its own, elsewhere


_MODEL_NEEDS = "workloads.classify:missing_torchvision"
_NOTEBOOK_NEEDS = "outcome_notebook:missing_kernel"

TABLE: Dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "io-large-result",
            "T5",
            "tasks that return large bytes",
            "outcome_io:large_result",
            POOLS,
        ),
        Scenario("io-lambda", "T5", "a lambda as the task", "outcome_io:lambda_task", POOLS),
        Scenario("io-open-file", "T5", "an open file in the result", "outcome_io:open_file", POOLS),
        Scenario(
            "io-worker-killed",
            "T5",
            "a worker dies while others work",
            "outcome_io:worker_killed",
            POOLS,
        ),
        Scenario(
            "model-argument",
            "T10",
            "a ResNet-18 as an argument",
            "outcome_model:as_argument",
            POOLS,
            _MODEL_NEEDS,
        ),
        Scenario(
            "model-closure",
            "T10",
            "a ResNet-18 in a closure",
            "outcome_model:as_closure",
            POOLS,
            _MODEL_NEEDS,
        ),
        Scenario(
            "model-per-task",
            "T10",
            "a ResNet-18 loaded in each task",
            "outcome_model:per_task",
            POOLS,
            _MODEL_NEEDS,
        ),
        Scenario(
            "notebook-function",
            "T11",
            "a function typed into a notebook",
            "outcome_notebook:function",
            NOTEBOOK,
            _NOTEBOOK_NEEDS,
            builds_pool=False,
        ),
        Scenario(
            "notebook-lambda",
            "T11",
            "a lambda typed into a notebook",
            "outcome_notebook:lambda_cell",
            NOTEBOOK,
            _NOTEBOOK_NEEDS,
            builds_pool=False,
        ),
        Scenario(
            "notebook-redefined",
            "T11",
            "a function changed in a later cell",
            "outcome_notebook:redefined",
            NOTEBOOK,
            _NOTEBOOK_NEEDS,
            builds_pool=False,
        ),
    )
}


def _resolve(place: str) -> Callable[..., Any]:
    module, name = place.split(":")
    found: Callable[..., Any] = getattr(importlib.import_module(f"treadle.lab.{module}"), name)
    return found


def missing(scenario: Scenario) -> Optional[Unsupported]:
    """None when the scenario can run here; else why not and what would help."""
    if not scenario.needs:
        return None
    gone: Optional[Unsupported] = _resolve(scenario.needs)(scenario.name)
    return gone


def listing() -> List[Dict[str, Any]]:
    """The rows of `--list`."""
    rows: List[Dict[str, Any]] = []
    for scenario in TABLE.values():
        gone = missing(scenario)
        rows.append(
            {
                "id": scenario.name,
                "claim": scenario.claim,
                "summary": scenario.summary,
                "executors": [list(pair) for pair in scenario.pairs],
                "supported": gone is None,
                "reason": str(gone) if gone else "",
                "install": gone.install if gone else "",
            }
        )
    return rows


class Found(NamedTuple):
    """What a scenario that came to its end reports."""

    tasks: int
    metrics: Dict[str, float]
    versions: Dict[str, str]


class OutcomeRun:
    """One scenario with one executor, from the specification to the result."""

    def __init__(self, spec: Spec, channel: Channel, born_s: float) -> None:
        """`born_s` is when the child began, on time.perf_counter()."""
        self._spec = spec
        self._channel = channel
        self._born_s = born_s

    def run(self) -> Measured:
        """Does it. Raises what the scenario raises: that is its finding."""
        scenario = TABLE.get(self._spec.workload)
        if scenario is None:
            raise CellError(f"unknown scenario {self._spec.workload!r}; known: {', '.join(TABLE)}")
        gone = missing(scenario)
        if gone is not None:
            raise gone
        act = _resolve(scenario.place)
        pool = executors.build(self._spec) if scenario.builds_pool else None
        measured = Measured()
        measured.setup_s = time.perf_counter() - self._born_s
        self._channel.ready(measured.setup_s)
        try:
            begin = time.perf_counter()
            found: Found = act(self._spec, pool)
            measured.wall_s = time.perf_counter() - begin
            self._channel.done()
        finally:
            close(pool)
        measured.tasks = found.tasks
        measured.metrics = found.metrics
        measured.versions = {"python": label(), **found.versions}
        return measured


def close(pool: Optional[Executor]) -> None:
    """Shuts a pool down without waiting for what may never end."""
    if pool is not None:
        pool.shutdown(wait=False, cancel_futures=True)
