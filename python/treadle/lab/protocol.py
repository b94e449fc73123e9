"""What a cell is told and what it answers: docs/reference/cell-protocol.md, sections 1 and 2."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, TextIO

PROTOCOL = 1
EVENT_FD = 3
REASON_MAX = 400  # characters; a reason is one line


class Spec(NamedTuple):
    """The specification of one run; the defaults are what a missing key means."""

    part: str = "executors"
    lane: str = "python"
    workload: str = ""
    executor: str = "serial"
    workers: int = 0
    sizer: str = ""
    policy: str = ""
    variant: str = ""
    load: float = 0.0
    seed: int = 0
    timed_s: float = 0.25
    warm_s: float = 0.05
    scale: float = 1.0
    scratch: str = ""
    http_port: int = 0
    inputs: str = ""
    weights: str = ""
    params: Dict[str, float] = {}

    def param(self, name: str, fallback: float) -> float:
        """The number called `name`, or `fallback` when the specification does not set it."""
        return float(self.params.get(name, fallback))


class CellError(Exception):
    """The specification cannot be run as it stands; the message says what to change."""


class Unsupported(Exception):
    """This interpreter or machine cannot run the cell.

    `install` is the command that would change that, or "".
    """

    def __init__(self, reason: str, install: str = "") -> None:
        super().__init__(reason)
        self.install = install


class WrongResult(Exception):
    """A task returned something else than it must."""


def parse_spec(line: str) -> Spec:
    """Reads the first line of the protocol. Unknown keys are ignored.

    Raises CellError when the line is not an object of this protocol or a value has the wrong type.
    """
    try:
        given = json.loads(line)
    except ValueError as error:
        raise CellError(f"the specification is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise CellError("the specification must be a JSON object")
    if given.get("protocol") != PROTOCOL:
        raise CellError(f"protocol {given.get('protocol')!r}: this side speaks {PROTOCOL}")
    values: Dict[str, Any] = {}
    for key, fallback in Spec._field_defaults.items():
        value = given.get(key)
        if value is not None:
            values[key] = _checked(key, value, fallback)
    return Spec(**values)


def _checked(key: str, value: Any, fallback: Any) -> Any:
    wanted = type(fallback)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise CellError(f"{key} must be of type {wanted.__name__}, not {value!r}")
    return value


def one_line(error: BaseException) -> str:
    """An exception as a reason: its type and its message, on one line of bounded length."""
    text = " ".join(str(error).split())
    whole = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return whole if len(whole) <= REASON_MAX else whole[: REASON_MAX - 1] + "…"


class Channel:
    """The child's end: reads the specification and the go-aheads, writes events.

    Descriptor 3 belongs to this process alone: a program it executes does not inherit it, and a
    process it forks closes it, so that only one voice is ever heard on it and the runner sees its
    end when this process ends.
    """

    def __init__(self, source: Optional[TextIO] = None, fd: int = EVENT_FD) -> None:
        self._source = source if source is not None else sys.stdin
        self._fd = fd
        os.set_inheritable(fd, False)
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        if self._fd < 0:
            return
        os.close(self._fd)
        self._fd = -1
        # stdin is the runner's voice to the parent; a worker must not eat from it.
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)

    def read_spec(self) -> Spec:
        """Waits for the specification. Raises CellError when there is none."""
        line = self._source.readline()
        if not line:
            raise CellError("stdin ended before a specification came")
        return parse_spec(line)

    def send(self, event: Dict[str, Any]) -> None:
        """Writes one event as one line. Ends the process when the runner has gone."""
        data = (json.dumps(event, separators=(",", ":")) + "\n").encode()
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except BrokenPipeError:
            os._exit(1)

    def wait_go(self) -> None:
        """Waits for the runner's go. Ends the process when the runner has gone instead."""
        if self._source.readline().strip() != "go":
            os._exit(1)

    def ready(self, setup_s: float) -> None:
        """Says that the executor stands and is warm, and waits for go."""
        self.send({"event": "ready", "setup_s": round(setup_s, 6)})
        self.wait_go()

    def done(self) -> None:
        """Says that the timed window is over, and waits for go."""
        self.send({"event": "done"})
        self.wait_go()


class Measured:
    """What an `ok` result reports."""

    def __init__(self) -> None:
        self.tasks = 0
        self.wall_s = 0.0
        self.setup_s = 0.0
        self.first_s = 0.0
        self.steady = False
        self.latency: Sequence[Sequence[Optional[float]]] = []
        self.metrics: Dict[str, float] = {}
        self.versions: Dict[str, str] = {}

    def as_event(self) -> Dict[str, Any]:
        """The `result` line."""
        event: Dict[str, Any] = {
            "event": "result",
            "outcome": "ok",
            "tasks": self.tasks,
            "wall_s": self.wall_s,
            "setup_s": round(self.setup_s, 6),
            "first_s": round(self.first_s, 7),
            "steady": self.steady,
            "versions": self.versions,
            "metrics": self.metrics,
        }
        if self.latency:
            event["latency"] = self.latency
        return event


def failed(reason: str) -> Dict[str, Any]:
    """The `result` line of work that raised, or whose result was wrong."""
    return {"event": "result", "outcome": "failed", "reason": reason}


def skipped(reason: str, install: str) -> Dict[str, Any]:
    """The `result` line of a cell that cannot run here."""
    return {"event": "result", "outcome": "skipped", "reason": reason, "install": install}
