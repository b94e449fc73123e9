"""The executors of the Python lane: one table, and how each is built."""

from __future__ import annotations

import sys
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from treadle.lab.protocol import CellError, Spec, Unsupported, one_line
from treadle.lab.versions import label

START_METHODS = ("fork", "spawn", "forkserver")


class _Finished:
    """The result of a call that has been made already; all that is asked of a Future here."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def result(self, timeout: Optional[float] = None) -> Any:
        return self._value


class SerialExecutor(Executor):
    """The baseline: submit makes the call and comes back when it has returned."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return _Finished(fn(*args, **kwargs))


def split_variant(variant: str) -> Tuple[str, str]:
    """Parts `variant` into the workload's part and the start method ("" when none is named)."""
    words = [word for word in variant.split(",") if word]
    methods = [word for word in words if word in START_METHODS]
    rest = [word for word in words if word not in START_METHODS]
    return ",".join(rest), methods[0] if methods else ""


def _build_serial(spec: Spec) -> Executor:
    return SerialExecutor()


def _build_threads(spec: Spec) -> Executor:
    return ThreadPoolExecutor(max_workers=spec.workers)


def _build_processes(spec: Spec) -> Executor:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    method = split_variant(spec.variant)[1]
    if not method:
        return ProcessPoolExecutor(max_workers=spec.workers)
    known = multiprocessing.get_all_start_methods()
    if method not in known:
        raise Unsupported(f"no start method {method} here; there are {', '.join(known)}")
    context = multiprocessing.get_context(method)
    return ProcessPoolExecutor(max_workers=spec.workers, mp_context=context)


def _build_treadle(spec: Spec) -> Executor:
    missing = extension_missing()
    if missing is not None:
        raise missing
    import treadle

    options: Dict[str, Any] = {"max_workers": spec.workers}
    if spec.policy:
        options["policy"] = spec.policy
    if spec.sizer:
        options["sizer"] = spec.sizer
    if "min_workers" in spec.params:
        options["min_workers"] = int(spec.params["min_workers"])
    try:
        pool: Executor = treadle.ThreadPoolExecutor(**options)
    except ValueError as error:
        raise CellError(str(error)) from None
    return pool


class ExecutorKind(NamedTuple):
    """One row of the table."""

    name: str
    summary: str
    build: Callable[[Spec], Executor]
    is_pool: bool = True
    is_treadle: bool = False
    is_process: bool = False


TABLE: Dict[str, ExecutorKind] = {
    kind.name: kind
    for kind in (
        ExecutorKind("serial", "one task after the other, no pool", _build_serial, is_pool=False),
        ExecutorKind(
            "stdlib-threads",
            "concurrent.futures.ThreadPoolExecutor of the interpreter",
            _build_threads,
        ),
        ExecutorKind(
            "stdlib-processes",
            "concurrent.futures.ProcessPoolExecutor of the interpreter",
            _build_processes,
            is_process=True,
        ),
        ExecutorKind(
            "treadle-threads", "treadle.ThreadPoolExecutor", _build_treadle, is_treadle=True
        ),
    )
}


def find(name: str) -> ExecutorKind:
    """The executor called `name`. Raises CellError that names the known ones."""
    if name not in TABLE:
        raise CellError(f"unknown executor {name!r}; known: {', '.join(TABLE)}")
    return TABLE[name]


def build(spec: Spec) -> Executor:
    """Makes the executor of a specification.

    Raises CellError when the specification cannot be met, Unsupported when this interpreter cannot.
    """
    kind = find(spec.executor)
    if kind.is_pool and spec.workers < 1:
        raise CellError(f"{spec.executor} needs workers >= 1, not {spec.workers}")
    return kind.build(spec)


def workers_of(spec: Spec) -> int:
    """How many tasks the executor of `spec` can run at once: the largest size, 1 for serial."""
    return spec.workers if find(spec.executor).is_pool else 1


def extension_missing() -> Optional[Unsupported]:
    """None when treadle's extension works in this interpreter; else why not, and what would help."""
    try:
        import treadle

        treadle.ThreadPoolExecutor
    except (ImportError, AttributeError) as error:
        reason = f"treadle's extension is not built for {label()}"
        is_there = isinstance(error, ImportError) and not isinstance(error, ModuleNotFoundError)
        if is_there and getattr(error, "name", "") != "treadle._treadle":  # it does not load
            reason = f"treadle's extension does not load in {label()}: {one_line(error)}"
        return Unsupported(reason, f"make PYTHON={sys.executable}")
    return None


def workers_peak(pool: Executor) -> Optional[int]:
    """The most workers `pool` has had, where it can be told; None otherwise."""
    stats = getattr(pool, "stats", None)
    if callable(stats):
        snapshot = stats()
        peak = (
            snapshot.get("workers_peak")
            if isinstance(snapshot, dict)
            else getattr(snapshot, "workers_peak", None)
        )
        return int(peak) if peak is not None else None
    if isinstance(pool, ThreadPoolExecutor):
        return len(pool._threads)
    processes = getattr(pool, "_processes", None)
    return len(processes) if processes else None


def listing() -> List[Dict[str, Any]]:
    """The rows of `--list`."""
    missing = extension_missing()
    rows: List[Dict[str, Any]] = []
    for kind in TABLE.values():
        gone = missing if kind.is_treadle else None
        rows.append(
            {
                "id": kind.name,
                "summary": kind.summary,
                "pool": kind.is_pool,
                "treadle": kind.is_treadle,
                "supported": gone is None,
                "reason": str(gone) if gone else "",
                "install": gone.install if gone else "",
            }
        )
    return rows
