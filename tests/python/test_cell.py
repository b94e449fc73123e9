"""The child of a study keeps the protocol, whatever it is told and whatever its work does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cell_driver import MODULE, Cell, run_cell, spec


def test_a_run_is_ready_then_done_then_a_result() -> None:
    result = run_cell(workload="fibonacci", executor="stdlib-threads")
    assert result["events"] == ["ready", "done", "result"]
    assert result["outcome"] == "ok"
    assert result["tasks"] >= 2
    assert result["wall_s"] > 0 and result["setup_s"] > 0 and result["first_s"] > 0
    assert isinstance(result["steady"], bool)
    assert "python" in result["versions"]


def test_unknown_keys_are_ignored_and_missing_ones_mean_none() -> None:
    with Cell() as cell:
        cell.say('{"protocol":1,"workload":"noop","timed_s":0.01,"warm_s":0.01,"colour":"blue"}')
        assert cell.hear()["event"] == "ready"
        cell.say("go")
        assert cell.hear() == {"event": "done"}
        cell.say("go")
        assert cell.hear()["outcome"] == "ok"


def test_nothing_of_the_timed_work_begins_before_go(tmp_path: Path) -> None:
    (tmp_path / "mark.py").write_text(
        "import os\n"
        "def touch(path):\n"
        "    with open(path, 'a') as file:\n"
        "        file.write('x')\n"
    )
    marks = tmp_path / "marks"
    inputs = tmp_path / "inputs"
    inputs.write_text(json.dumps([str(marks)]))
    with Cell(cwd=tmp_path) as cell:
        cell.say(spec(workload="mark:touch", executor="serial", inputs=str(inputs)))
        assert cell.hear()["event"] == "ready"
        before = marks.stat().st_size
        cell.say("go")
        assert cell.hear()["event"] == "done"
        after = marks.stat().st_size
        cell.say("go")
        assert cell.hear()["tasks"] == after - before


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("no json", "not JSON"),
        ("[1]", "must be a JSON object"),
        ('{"protocol":2}', "this side speaks 1"),
        ('{"protocol":1,"workers":"two"}', "workers must be of type int"),
        ('{"protocol":1,"load":true}', "load must be of type float"),
    ],
)
def test_a_wrong_specification_ends_with_status_2_and_says_why(line: str, complaint: str) -> None:
    with Cell() as cell:
        cell.say(line)
        assert cell.hear() is None
        assert cell.process.wait() == 2
        assert complaint in cell.stderr()


@pytest.mark.parametrize(
    "values, complaint",
    [
        ({"workload": "sleep"}, "unknown workload 'sleep'; known: http, file-read"),
        ({"workload": "noop", "executor": "fast"}, "unknown executor 'fast'; known: serial"),
        ({"workload": "compress", "variant": "brotli"}, "known: zlib, pure"),
        ({"workload": "noop", "executor": "stdlib-threads", "workers": 0}, "workers >= 1"),
        ({"workload": "http"}, "no http_port"),
        ({"workload": "noop", "load": 0.5}, "open load runs on treadle-threads"),
        ({"workload": "nosuch:f"}, "cannot import nosuch"),
        ({"workload": "math:nosuch"}, "math has no nosuch"),
        ({"workload": "math:pi"}, "not callable"),
        ({"part": "outcomes", "workload": "nosuch"}, "unknown scenario"),
    ],
)
def test_what_cannot_be_run_fails_with_the_reason_before_ready(values: Any, complaint: str) -> None:
    result = run_cell(**values)
    assert result["events"] == ["result"]
    assert result["outcome"] == "failed"
    assert complaint in result["reason"]
    assert "\n" not in result["reason"]


def test_without_descriptor_3_it_says_who_should_start_it() -> None:
    ended = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" 3>&-', sys.executable, *MODULE],
        input="{}\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "treadle study" in ended.stderr


def test_an_unknown_option_is_a_usage_error() -> None:
    ended = subprocess.run(
        [sys.executable, *MODULE, "--lists"], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("usage:")


def test_a_cell_whose_runner_has_gone_ends() -> None:
    with Cell() as cell:
        cell.say(spec(workload="noop", executor="stdlib-threads"))
        assert cell.hear()["event"] == "ready"
        cell.process.stdin.close()
        assert cell.process.wait(30) != 0


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_worker_processes_do_not_hold_the_event_pipe(method: str) -> None:
    with Cell() as cell:
        cell.say(spec(workload="noop", executor="stdlib-processes", variant=method))
        assert cell.hear()["event"] == "ready"
        cell.process.kill()
        cell.process.wait()
        # The workers live on, orphans, until their group is killed: were descriptor 3 theirs too,
        # this would not be the end.
        assert cell.hear() is None


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_every_start_method_runs(method: str) -> None:
    result = run_cell(workload="compress", executor="stdlib-processes", variant=f"pure,{method}")
    assert result["outcome"] == "ok", result


def test_work_that_raises_is_failed_with_its_exception() -> None:
    result = run_cell(workload="math:sqrt", executor="stdlib-threads")
    assert result["outcome"] == "failed"
    assert result["reason"].startswith("TypeError: ")


def test_a_worker_that_is_killed_fails_the_cell_and_leaves_nobody(tmp_path: Path) -> None:
    (tmp_path / "killer.py").write_text(
        "import os, signal\ndef die():\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with Cell(cwd=tmp_path) as cell:
        cell.say(spec(workload="killer:die", executor="stdlib-processes"))
        result = cell.hear()
        assert result["outcome"] == "failed"
        assert "BrokenProcessPool" in result["reason"]
        cell.process.wait()
        with pytest.raises(ProcessLookupError):
            os.killpg(cell.process.pid, 0)


def test_a_wrong_result_of_the_timed_work_is_failed() -> None:
    # The check is told that the Fibonacci numbers are others.
    patched = (
        "import sys, treadle.lab.workloads.fibonacci as f;"
        "f.known = lambda n: 7;"
        "from treadle.lab import cell; sys.exit(cell.main([]))"
    )
    for executor in ("serial", "stdlib-threads"):
        result = run_cell(["-c", patched], workload="fibonacci", executor=executor)
        assert result["outcome"] == "failed"
        assert "fibonacci returned" in result["reason"]


def test_the_same_seed_gives_the_same_inputs() -> None:
    from treadle.lab import workloads
    from treadle.lab.protocol import Spec

    for name in ("prime", "compress", "synthetic"):
        kind = workloads.find(name)
        drawn = []
        for seed in (1, 1, 2):
            workload = kind(Spec(workload=name, seed=seed), "")
            workload.setup()
            drawn.append([workload.inputs(index) for index in range(3)])
        assert drawn[0] == drawn[1]
        assert name == "synthetic" or drawn[0] != drawn[2]


def test_scale_multiplies_the_work_of_a_task() -> None:
    from treadle.lab import workloads
    from treadle.lab.protocol import Spec

    def calls(scale: float) -> int:
        workload = workloads.find("fibonacci")(Spec(scale=scale), "")
        workload.setup()
        (_, times), _ = workload.inputs(0)
        return int(times)

    assert calls(1.05) == 1.05 * calls(1.0)
