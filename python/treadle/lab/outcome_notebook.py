"""Claim T11, that a notebook cannot run process pools: a real kernel, spoken to as a notebook does.

Each scenario starts an ipykernel with jupyter_client, types cells into it and reads what comes
back, within a time limit. A cell that never answers is a finding ("hung"); nothing that the kernel
has started outlives the scenario.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any, Dict, List, Optional, Tuple

from treadle.lab.outcomes import Found
from treadle.lab.protocol import Spec, Unsupported, WrongResult
from treadle.lab.versions import of_package
from treadle.lab.workloads.base import load, need_module

START_LIMIT_S = 5.0
LIMIT_S = 4.0  # for all cells of a scenario together

_PROCESSES = """
import concurrent.futures, multiprocessing
pool = concurrent.futures.ProcessPoolExecutor(
    2, mp_context=multiprocessing.get_context({method!r}))
"""
_THREADS = """
import concurrent.futures
pool = concurrent.futures.ThreadPoolExecutor(2)
"""
_FUNCTION = "def square(x):\n    return x * x"
_CUBE = "def square(x):\n    return x * x * x"
_MAP = "print(list(pool.map(square, [1, 2, 3])))"
_LAMBDA = "print([f.result() for f in [pool.submit(lambda x: x * x, n) for n in [1, 2, 3]]])"


def missing_kernel(purpose: str) -> Optional[Unsupported]:
    """None when a kernel could be started; else who misses what, and what installs it."""
    for module in ("ipykernel", "jupyter_client"):
        gone = need_module(module, purpose)
        if gone is not None:
            return gone
    return None


def function(spec: Spec, pool: None) -> Found:
    """A function of one cell, mapped in another, as every introduction does."""
    return _type_cells(spec, [_FUNCTION, _make_pool(spec), _MAP], "[1, 4, 9]")


def lambda_cell(spec: Spec, pool: None) -> Found:
    """A lambda, submitted."""
    return _type_cells(spec, [_make_pool(spec), _LAMBDA], "[1, 4, 9]")


def redefined(spec: Spec, pool: None) -> Found:
    """A function is used, changed in a later cell, and used again with the same pool."""
    return _type_cells(spec, [_FUNCTION, _make_pool(spec), _MAP, _CUBE, _MAP], "[1, 8, 27]")


def _make_pool(spec: Spec) -> str:
    if spec.executor == "stdlib-threads":
        return _THREADS
    return _PROCESSES.format(method=spec.variant or "fork")


def _type_cells(spec: Spec, cells: List[str], wanted: str) -> Found:
    manager = make_manager()
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # no advice of the debugger's
    begin = time.perf_counter()
    manager.start_kernel(stdout=2, stderr=2)
    session = _session_of(manager)
    try:
        client = manager.blocking_client()
        client.start_channels()
        _wait_until_ready(client)
        started_s = time.perf_counter() - begin
        printed = _Notebook(client, LIMIT_S).run(cells)
        client.stop_channels()
    finally:
        end_session(session)
        manager.cleanup_resources()
    if printed != wanted:
        raise WrongResult(f"the notebook printed {printed}, not {wanted}")
    versions = {name: of_package(name) or "" for name in ("ipykernel", "jupyter_client")}
    return Found(len(cells), {"kernel_start_s": started_s}, versions)


def _wait_until_ready(client: Any) -> None:
    """Raises Unsupported when no kernel answers: that says nothing about pools."""
    try:
        client.wait_for_ready(timeout=START_LIMIT_S)
    except RuntimeError as error:
        raise Unsupported(f"no notebook kernel within {START_LIMIT_S:.0f} s: {error}") from None


def make_manager() -> Any:
    """A manager of a kernel of this very interpreter, whatever kernels are installed."""
    specs = load("jupyter_client.kernelspec")
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = specs.KernelSpec(argv=command, display_name="study", language="python")
    members = {"get_kernel_spec": lambda self, name: spec}
    only_this = type("OnlyThisInterpreter", (specs.KernelSpecManager,), members)
    manager_class = load("jupyter_client.manager").KernelManager
    return manager_class(ip="127.0.0.1", kernel_spec_manager=only_this())


def _session_of(manager: Any) -> int:
    """The session that the kernel leads: jupyter_client starts it in one of its own."""
    return os.getsid(manager.provisioner.process.pid)


class _Notebook:
    """Types cells into a kernel, all within one time limit."""

    def __init__(self, client: Any, limit_s: float) -> None:
        self._client = client
        self._limit_s = limit_s
        self._deadline_s = time.monotonic() + limit_s

    def run(self, cells: List[str]) -> str:
        """Runs the cells in order and returns the last line that was printed.

        Raises WrongResult with the cell's own error, or when no answer comes in time.
        """
        printed: List[str] = []
        for cell in cells:
            error = self._run_cell(cell, printed)
            if error:
                raise WrongResult(error)
        lines = "".join(printed).splitlines()
        return lines[-1] if lines else ""

    def _run_cell(self, cell: str, printed: List[str]) -> str:
        """Runs one cell, collects what it prints; returns its error, or ""."""
        request = self._client.execute(cell, store_history=False)
        error = ""
        while True:
            kind, content = self._next_message(request)
            if kind == "stream" and content["name"] == "stdout":
                printed.append(content["text"])
            elif kind == "error":
                error = f"{content['ename']}: {content['evalue']}"
            elif kind == "status" and content["execution_state"] == "idle":
                return error

    def _next_message(self, request: str) -> Tuple[str, Dict[str, Any]]:
        """The next message of a request's cell. Raises WrongResult when none comes in time."""
        import queue

        while True:
            left_s = self._deadline_s - time.monotonic()
            try:
                message = self._client.get_iopub_msg(timeout=max(0.01, left_s))
            except queue.Empty:
                limit = f"{self._limit_s:.0f} s"
                raise WrongResult(f"hung: the notebook's cell gave no answer in {limit}") from None
            if message["parent_header"].get("msg_id") == request:
                return message["msg_type"], message["content"]
            if left_s <= 0:
                raise WrongResult("hung: the notebook's kernel only talks of something else")


def members(session: int) -> List[int]:
    """The processes of a session, this one's never."""
    if session == os.getsid(0):
        return []
    found: List[int] = []
    for name in os.listdir("/proc"):
        if name.isdigit() and _session_id(int(name)) == session:
            found.append(int(name))
    return found


def _session_id(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def end_session(session: int, limit_s: float = 5.0) -> None:
    """Kills every process of a session and waits until all are gone, at most `limit_s`."""
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s:
        alive = [pid for pid in members(session) if not _is_zombie(pid)]
        if not alive:
            return
        for pid in alive:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.005)  # for the kernel to bury them; the loop is bounded
    raise WrongResult(f"processes of the notebook outlive it: {members(session)}")


def _is_zombie(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True
