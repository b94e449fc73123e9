"""Runs cells as the study's runner does: a child process, its stdin, and its descriptor 3."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Dict, List, Optional

import treadle.lab

LIMIT_S = 60.0
PACKAGES = str(Path(treadle.lab.__file__).resolve().parents[2])
MODULE = ["-m", "treadle.lab.cell"]


class Cell:
    """One child, its group killed at the end or after LIMIT_S."""

    def __init__(self, arguments: Optional[List[str]] = None, cwd: Optional[Path] = None) -> None:
        command = ["sh", "-c", 'exec "$0" "$@" 3>&1 1>&2', sys.executable, *(arguments or MODULE)]
        self._stderr = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": PACKAGES},  # absolute: the child may be elsewhere
            start_new_session=True,
        )
        self._timer = threading.Timer(LIMIT_S, self.kill)
        self._timer.start()

    def __enter__(self) -> "Cell":
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        self.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        self._stderr.close()

    def kill(self) -> None:
        """Kills the child and whatever of its session is left."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def say(self, line: str) -> None:
        """Writes one line to the child's stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> Optional[Dict[str, Any]]:
        """The next event; None at the end."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def stderr(self) -> str:
        """What the child has said on stderr."""
        self._stderr.seek(0)
        return self._stderr.read()


def spec(**values: Any) -> str:
    """A specification of a short run, with what is given."""
    base = {"protocol": 1, "workers": 2, "seed": 11, "timed_s": 0.05, "warm_s": 0.01}
    return json.dumps({**base, **values})


def run_cell(
    arguments: Optional[List[str]] = None, cwd: Optional[Path] = None, **values: Any
) -> Any:
    """Speaks the whole protocol with one cell and returns its result, `events` added to it."""
    with tempfile.TemporaryDirectory(prefix="cell-") as scratch, Cell(arguments, cwd) as cell:
        values.setdefault("scratch", scratch)
        cell.say(spec(**values))
        events = []
        while True:
            event = cell.hear()
            if event is None:
                raise AssertionError(f"the cell ended without a result: {cell.stderr()}")
            events.append(event["event"])
            if event["event"] == "result":
                break
            cell.say("go")
        assert cell.process.wait(LIMIT_S) == 0, cell.stderr()
        assert cell.hear() is None, "a result is the last line"
        event["events"] = events
        return event
