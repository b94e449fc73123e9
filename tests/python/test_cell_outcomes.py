"""The one-shot scenarios: what works, what fails, in whose words, and that nobody is left behind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from cell_driver import run_cell

from treadle.lab import executors, outcomes
from treadle.lab.protocol import Spec, WrongResult


def scenario(name: str, executor: str, variant: str = "", **values: Any) -> Any:
    return run_cell(part="outcomes", workload=name, executor=executor, variant=variant, **values)


def need(name: str) -> None:
    missing = outcomes.missing(outcomes.TABLE[name])
    if missing is not None:
        pytest.skip(f"{missing}: {missing.install}")


@pytest.mark.parametrize("executor", ["stdlib-threads", "treadle-threads"])
@pytest.mark.parametrize(
    "name", ["io-large-result", "io-lambda", "io-open-file", "io-worker-killed"]
)
def test_threads_take_anything(name: str, executor: str) -> None:
    if executor == "treadle-threads" and executors.extension_missing() is not None:
        missing = executors.extension_missing()
        pytest.skip(f"{missing}: {missing.install if missing else ''}")
    result = scenario(name, executor, params={"bytes": 1_000_000})
    assert result["outcome"] == "ok", result
    assert result["events"] == ["ready", "done", "result"]


def test_processes_carry_a_large_result() -> None:
    result = scenario("io-large-result", "stdlib-processes", params={"bytes": 3_000_000})
    assert result["outcome"] == "ok", result
    assert result["metrics"]["mb_per_s"] > 0


@pytest.mark.parametrize(
    "name, words",
    [
        ("io-lambda", "ickle"),
        ("io-open-file", "pickle"),
        ("io-worker-killed", "innocent tasks lost: BrokenProcessPool"),
    ],
)
def test_processes_fail_in_the_words_of_their_exception(name: str, words: str) -> None:
    result = scenario(name, "stdlib-processes")
    assert result["outcome"] == "failed", result
    assert words in result["reason"]


@pytest.mark.parametrize("name", ["model-argument", "model-closure", "model-per-task"])
def test_models_in_threads_work_or_are_skipped_with_the_command_that_helps(name: str) -> None:
    missing = outcomes.missing(outcomes.TABLE[name])
    result = scenario(name, "stdlib-threads")
    if missing is None:
        assert result["outcome"] == "ok", result
    else:
        assert result["outcome"] == "skipped"
        assert result["install"] == missing.install != ""


def test_a_closure_over_a_model_does_not_reach_a_process() -> None:
    need("model-closure")
    result = scenario("model-closure", "stdlib-processes")
    assert result["outcome"] == "failed" and "pickle" in result["reason"], result


@pytest.mark.parametrize(
    "name, executor, variant, outcome",
    [
        ("notebook-function", "stdlib-threads", "", "ok"),
        ("notebook-lambda", "stdlib-threads", "", "ok"),
        ("notebook-redefined", "stdlib-threads", "", "ok"),
        ("notebook-function", "stdlib-processes", "fork", "ok"),
        ("notebook-redefined", "stdlib-processes", "fork", "failed"),
        ("notebook-lambda", "stdlib-processes", "fork", "failed"),
        ("notebook-function", "stdlib-processes", "spawn", "failed"),
    ],
)
def test_a_real_notebook_kernel_answers(
    name: str, executor: str, variant: str, outcome: str
) -> None:
    need(name)
    result = scenario(name, executor, variant)
    if result["outcome"] == "skipped":
        pytest.skip(result["reason"])  # the machine is too busy for a kernel
    if outcome == "failed" or not result.get("reason", "").startswith("hung"):
        assert result["outcome"] == outcome, result
    assert outcome == "ok" or result["reason"]


def test_a_cell_that_never_ends_is_hung_and_its_processes_are_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    need("notebook-function")
    from treadle.lab import outcome_notebook as notebook

    started = []
    find_session = notebook._session_of
    monkeypatch.setattr(notebook, "LIMIT_S", 0.5)
    monkeypatch.setattr(notebook, "START_LIMIT_S", 30.0)
    monkeypatch.setattr(
        notebook, "_session_of", lambda manager: started.append(find_session(manager)) or started[0]
    )
    cell = "import os, time\nos.fork()\nos.fork()\ntime.sleep(100)"
    with pytest.raises(WrongResult, match="^hung: "):
        notebook._type_cells(Spec(), [cell], "")
    assert started and started[0] != os.getsid(0)
    assert [pid for pid in notebook.members(started[0]) if not notebook._is_zombie(pid)] == []
