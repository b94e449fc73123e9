"""`--list`: one object, whatever is installed, and nothing heavy imported to make it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, List

from cell_driver import MODULE, PACKAGES

from treadle.lab import executors, outcomes, workloads


def run(arguments: List[str]) -> str:
    ended = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": PACKAGES},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def listing() -> Any:
    return json.loads(run([*MODULE, "--list"]))


def test_it_lists_every_table() -> None:
    found = listing()
    assert found["protocol"] == 1
    assert [row["id"] for row in found["workloads"]] == list(workloads.TABLE)
    assert [row["id"] for row in found["executors"]] == list(executors.TABLE)
    assert [row["id"] for row in found["outcomes"]] == list(outcomes.TABLE)
    assert found["interpreter"]["executable"] == sys.executable
    version = ".".join(map(str, sys.version_info[:3]))
    assert found["interpreter"]["label"].split()[1].startswith(version)
    assert {row["claim"] for row in found["outcomes"]} == {"T5", "T10", "T11"}


def test_whatever_is_not_supported_has_a_reason() -> None:
    found = listing()
    rows = [*found["workloads"], *found["executors"], *found["outcomes"]]
    assert all(row["supported"] == (row["reason"] == "") for row in rows)
    assert found["extension"]["available"] == (found["extension"]["reason"] == "")
    if not found["extension"]["available"]:
        assert found["extension"]["install"] == f"make PYTHON={sys.executable}"


def test_without_any_optional_package_it_says_what_installs_them() -> None:
    found = json.loads(run(["-S", *MODULE, "--list"]))
    rows = {row["id"]: row for row in [*found["workloads"], *found["outcomes"]]}
    needs = {
        "image": ("python3-pil", "Pillow"),
        "classify": ("python3-torchvision", "torchvision"),
        "model-closure": ("python3-torchvision", "torchvision"),
        "notebook-lambda": (
            "python3-ipykernel python3-jupyter-client",
            "ipykernel jupyter_client",
        ),
    }
    is_distribution = sys.prefix == "/usr"
    for name, (package, project) in needs.items():
        command = f"{sys.executable} -m pip install {project}"
        assert not rows[name]["supported"]
        assert rows[name]["install"] == (f"apt install {package}" if is_distribution else command)
    assert rows["fibonacci"]["supported"]


def test_it_imports_nothing_heavy() -> None:
    heavy = ("torch", "torchvision", "PIL", "numpy", "jupyter_client", "IPython")
    code = (
        "import sys; from treadle.lab import workloads, outcomes;"
        "workloads.listing(); outcomes.listing();"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    assert run(["-c", code]).strip() == "[]"
