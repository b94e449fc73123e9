"""The user's own function, `module:function`, over the user's inputs.

The inputs are JSON lines: an array holds the positional arguments of one task, an object its
keyword arguments, anything else is its single argument. Without a file the function is called
without arguments. Task i gets line i mod lines.

A result is right unless the module says otherwise: a function `<function>_verify(result, *args,
**kwargs)` beside the other may return False, or raise, for a wrong one.
"""

from __future__ import annotations

import importlib
import json
from typing import Any, Callable, List, Optional

from treadle.lab.protocol import CellError, WrongResult, one_line
from treadle.lab.workloads.base import Inputs, Workload, shorten


def find_function(name: str) -> Callable[..., Any]:
    """The function `module:function`. Raises CellError that says what is missing."""
    module_name, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:  # whatever the user's module raises while it is imported
        raise CellError(
            f"cannot import {module_name}: {one_line(error)}; is its folder in PYTHONPATH?"
        ) from None
    for part in path.split("."):
        if not hasattr(found, part):
            raise CellError(f"{module_name} has no {path}")
        found = getattr(found, part)
    if not callable(found):
        raise CellError(f"{name} is not callable, it is {shorten(found)}")
    return found  # type: ignore[no-any-return]


def read_inputs(path: str) -> List[Inputs]:
    """The arguments of each line of `path`; one call without arguments when `path` is empty."""
    if not path:
        return [((), {})]
    rows: List[Inputs] = []
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    rows.append(_arguments(path, number, line))
    except (OSError, UnicodeDecodeError) as error:
        raise CellError(f"cannot read the inputs: {one_line(error)}") from None
    if not rows:
        raise CellError(f"{path} has no inputs: one JSON value a line is expected")
    return rows


def _arguments(path: str, number: int, line: str) -> Inputs:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise CellError(f"{path}, line {number}: not JSON: {error}") from None
    if isinstance(value, list):
        return tuple(value), {}
    if isinstance(value, dict):
        return (), value
    return (value,), {}


class UserFunction(Workload):
    """Task i calls the function with the arguments of line i."""

    kind = "user"
    summary = "your function"

    def setup(self) -> None:
        self.name = self.spec.workload
        self._function = find_function(self.name)
        self._rows = read_inputs(self.spec.inputs)
        self.cycle = len(self._rows)
        self._check = self._find_check()

    def _find_check(self) -> Optional[Callable[..., Any]]:
        try:
            return find_function(self.name + "_verify")
        except CellError:
            return None

    @property
    def work(self) -> Callable[..., Any]:
        return self._function

    def inputs(self, index: int) -> Inputs:
        return self._rows[index % len(self._rows)]

    def verify(self, index: int, result: Any) -> None:
        if self._check is None:
            return
        args, kwargs = self.inputs(index)
        if self._check(result, *args, **kwargs) is False:
            raise WrongResult(f"{self.name}_verify refuses {shorten(result)}, task {index}")
