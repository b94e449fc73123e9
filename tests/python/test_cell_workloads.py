"""Every workload runs under every executor by the real protocol, and notices a wrong result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator, List

import pytest
from cell_driver import run_cell

from treadle.lab import executors, workloads
from treadle.lab.protocol import Spec, WrongResult
from treadle.lab.workloads.base import Workload

EXECUTORS = list(executors.TABLE)
PLAIN = [name for name in workloads.TABLE if name not in ("http", "classify")]


def check_outcome(result: Any, executor: str) -> None:
    """ok, or for an executor that is not built, skipped with the command that builds it."""
    missing = executors.extension_missing() if executor == "treadle-threads" else None
    if missing is not None:
        assert result["outcome"] == "skipped"
        assert result["reason"] == str(missing)
        assert result["install"] == f"make PYTHON={sys.executable}"
    else:
        assert result["outcome"] == "ok", result
        assert result["tasks"] >= 1


@pytest.fixture(scope="module")
def http_port() -> Iterator[int]:
    command = Path(os.environ.get("TREADLE_BUILD", "build")) / "treadle"
    if not command.exists():
        pytest.skip(f"{command} is not built (TREADLE_BUILD names the build folder)")
    server = subprocess.Popen(
        [command, "serve-http", "--mean-ms", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdout is not None and server.stdin is not None
    yield json.loads(server.stdout.readline())["port"]
    server.stdin.close()
    assert server.wait(10) == 0
    server.stdout.close()


def need(name: str) -> None:
    missing = workloads.find(name).missing()
    if missing is not None:
        pytest.skip(f"{missing}: {missing.install}")


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("name", PLAIN)
def test_a_workload_runs_and_is_verified(name: str, executor: str) -> None:
    need(name)
    check_outcome(run_cell(workload=name, executor=executor), executor)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_http_fetches_the_pages_of_the_studys_server(http_port: int, executor: str) -> None:
    result = run_cell(workload="http", executor=executor, http_port=http_port)
    check_outcome(result, executor)


def test_http_notices_a_page_that_is_not_the_one_asked_for(http_port: int) -> None:
    workload = prepared("http", "", Spec(seed=3, http_port=http_port))
    status, size, checksum = do(workload, 0)
    for wrong in (
        (404, size, checksum),
        (status, size + 1, checksum),
        (status, size, checksum ^ 1),
    ):
        with pytest.raises(WrongResult):
            workload.verify(0, wrong)


@pytest.mark.parametrize("variant", ["per-task", "per-worker"])
@pytest.mark.parametrize("executor", EXECUTORS)
def test_classify_runs_where_torchvision_is_installed(variant: str, executor: str) -> None:
    result = run_cell(workload="classify", executor=executor, variant=variant)
    missing = workloads.find("classify").missing()
    if missing is None:
        check_outcome(result, executor)
    else:
        assert result["outcome"] == "skipped"
        assert "torch" in result["reason"]
        assert result["install"] == missing.install != ""


@pytest.mark.parametrize(
    "name, variant",
    [
        ("compress", "pure"),
        ("file-read", "cold"),
        ("file-read", "return"),
        ("file-write", "fsync"),
        ("synthetic", "cpu"),
    ],
)
def test_every_further_variant_runs(name: str, variant: str) -> None:
    check_outcome(run_cell(workload=name, executor="stdlib-threads", variant=variant), "")


def prepared(name: str, variant: str, spec: Spec) -> Workload:
    workload = workloads.find(name)(spec, variant)
    workload.setup()
    return workload


def do(workload: Workload, index: int) -> Any:
    args, kwargs = workload.inputs(index)
    return workload.work(*args, **kwargs)


def spoil(result: Any) -> List[Any]:
    """Results that look like `result` and are not it."""
    if isinstance(result, tuple):
        return [
            (*result[:place], *spoil(item)[:1], *result[place + 1 :])
            for place, item in enumerate(result)
            if not isinstance(item, float)
        ]
    if isinstance(result, bytes):
        return [result[:-1] + bytes((result[-1] ^ 1,)), b""]
    if isinstance(result, str):
        return [result + "x"]
    return [result + 1, None]


@pytest.mark.parametrize(
    "name, variant",
    [
        ("noop", ""),
        ("startup", ""),
        ("fibonacci", ""),
        ("prime", ""),
        ("compress", "zlib"),
        ("compress", "pure"),
        ("file-read", "warm"),
        ("file-read", "return"),
        ("file-write", "cached"),
        ("image", ""),
        ("synthetic", "cpu"),
    ],
)
def test_a_workload_tells_a_wrong_result_from_a_right_one(
    name: str, variant: str, tmp_path: Path
) -> None:
    need(name)
    workload = prepared(name, variant, Spec(scratch=str(tmp_path), seed=5))
    result = do(workload, 1)
    for wrong in spoil(result):
        with pytest.raises(Exception):
            workload.verify(1, wrong)
    workload.verify(1, result)
    workload.teardown()


def test_synthetic_notices_a_task_that_has_not_waited() -> None:
    workload = prepared("synthetic", "wait", Spec())
    value, text, waited = do(workload, 0)
    workload.verify(0, (value, text, waited))
    with pytest.raises(WrongResult):
        workload.verify(0, (value, text, 0.0))


def test_synthetic_does_all_three_parts() -> None:
    result = run_cell(
        workload="synthetic", executor="serial", params={"c": 0.001, "r": 0.001, "w": 0.001}
    )
    assert result["outcome"] == "ok", result


def test_image_notices_a_thumbnail_of_the_wrong_picture(tmp_path: Path) -> None:
    need("image")
    workload = prepared("image", "", Spec(scratch=str(tmp_path)))
    path = do(workload, 0)
    os.replace(do(workload, 1), path)
    with pytest.raises(WrongResult):
        workload.verify(0, path)


def test_the_pure_coder_undoes_itself() -> None:
    from treadle.lab.workloads.compress import lzw, unlzw

    for text in (b"", b"a", b"aaaaaaaa", bytes(range(256)) * 3, b"abababababa" * 100):
        assert unlzw(lzw(text)) == text
    assert len(lzw(b"to be or not to be " * 200)) < 19 * 200 / 2


def test_trial_division_agrees_with_the_test_that_checks_it() -> None:
    from treadle.lab.workloads.prime import is_prime, is_prime_quickly

    numbers = [*range(2000), 561, 2047, 3215031751, 999983, 999983 * 1000003]
    assert [is_prime(n) for n in numbers] == [is_prime_quickly(n) for n in numbers]


def test_startup_is_one_task_after_the_other() -> None:
    result = run_cell(workload="startup", executor="stdlib-threads", workers=4)
    assert result["outcome"] == "ok"
    assert "workers_peak" not in result["metrics"]  # there is no pool that spans the tasks


USER = """
import os

seen = []

def record(*args, **kwargs):
    return [list(args), kwargs]

def record_verify(result, *args, **kwargs):
    return result == [list(args), kwargs] and (args, kwargs) in (
        ((1, 2), {}), ((), {"a": 3}), ((4,), {}), (("text",), {}))

def wrong():
    return 1

def wrong_verify(result):
    return False

def square(x):
    return x * x
"""


@pytest.fixture
def user_folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(USER)
    return tmp_path


@pytest.mark.parametrize("executor", ["serial", "stdlib-threads", "stdlib-processes"])
def test_a_users_function_gets_the_inputs_of_its_lines(user_folder: Path, executor: str) -> None:
    inputs = user_folder / "inputs.jsonl"
    inputs.write_text('[1, 2]\n{"a": 3}\n\n4\n"text"\n')
    result = run_cell(
        cwd=user_folder, workload="mine:record", executor=executor, inputs=str(inputs)
    )
    assert result["outcome"] == "ok", result


def test_a_users_check_can_refuse_a_result(user_folder: Path) -> None:
    result = run_cell(cwd=user_folder, workload="mine:wrong", executor="stdlib-threads")
    assert result["outcome"] == "failed"
    assert "wrong_verify refuses 1" in result["reason"]


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("1\n{oops\n", "line 2: not JSON"),
        ("\n\n", "has no inputs"),
        (None, "cannot read the inputs"),
    ],
)
def test_inputs_that_cannot_be_read_are_named(user_folder: Path, text: Any, complaint: str) -> None:
    inputs = user_folder / "inputs.jsonl"
    if text is not None:
        inputs.write_text(text)
    result = run_cell(
        cwd=user_folder, workload="mine:square", executor="serial", inputs=str(inputs)
    )
    assert result["outcome"] == "failed"
    assert complaint in result["reason"]
