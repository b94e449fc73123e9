"""What a workload is: the class every file of this folder derives from.

Life of one, all in the child's main process unless said: `missing` (can it run here?), `setup`,
`inputs(0)`, `inputs(1)`, … before any clock runs, `work(*args, **kwargs)` in a worker, `verify` on
every result after the timed window, `teardown`. The same seed gives the same inputs.

`work` must be a function of a module, so that a worker process can find it, and must return
something from which `verify` can tell that the work was really done.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from treadle.lab.protocol import CellError, Spec, Unsupported, WrongResult

Inputs = Tuple[Tuple[Any, ...], Mapping[str, Any]]


class Workload:
    """Base of all workloads; see the module's text for the order of the calls."""

    name = ""
    kind = ""  # io, cpu, mixed, overhead, any or user
    summary = ""
    variants: Tuple[str, ...] = ()  # the first is what "" means
    params: Mapping[str, float] = {}  # name → default
    needs_http = False
    cycle = 1  # tasks i and i + cycle cost the same; 1: all do, or only a long run evens it out
    warm_rounds = 1  # tasks a worker in the first batch of the warm-up: enough that each has one
    runs_inline = False  # its task builds executors itself, so it must not run inside one

    def __init__(self, spec: Spec, variant: str) -> None:
        """`variant` is the workload's part of the specification's. Raises CellError."""
        if variant and self.variants and variant not in self.variants:
            known = ", ".join(self.variants)
            raise CellError(f"unknown variant {variant!r} of {self.name}; known: {known}")
        self.spec = spec
        self.variant = variant or (self.variants[0] if self.variants else "")

    @classmethod
    def missing(cls) -> Optional[Unsupported]:
        """None when it can run here; else why not and what would help. Imports nothing heavy."""
        return None

    @property
    def work(self) -> Callable[..., Any]:
        """The function that a worker calls."""
        raise NotImplementedError

    def param(self, name: str) -> float:
        """A number of `params`: the specification's, or the default."""
        return self.spec.param(name, self.params[name])

    def setup(self) -> None:
        """Prepares what the tasks need: files, models, expected values."""

    def inputs(self, index: int) -> Inputs:
        """Arguments of task `index`, the same for the same seed."""
        raise NotImplementedError

    def verify(self, index: int, result: Any) -> None:
        """Raises WrongResult unless `result` is what task `index` must return."""
        raise NotImplementedError

    def teardown(self) -> None:
        """Gives back what `setup` took; the scratch folder is the runner's to remove."""

    def versions(self) -> Dict[str, str]:
        """What of this run besides the interpreter did the work: name → version."""
        return {}

    def expect(self, index: int, result: Any, wanted: Any) -> None:
        """Raises WrongResult unless `result` equals `wanted`."""
        if result != wanted:
            raise WrongResult(
                f"task {index} of {self.name} returned {shorten(result)}, not {shorten(wanted)}"
            )

    def scaled(self, count: float) -> int:
        """`count` units of work times the specification's scale, at least one."""
        return max(1, round(count * self.spec.scale))

    def need_scratch(self) -> str:
        """The run's folder. Raises CellError when the specification names none."""
        if not self.spec.scratch:
            raise CellError(
                f"{self.name} writes files: the specification must name a scratch folder"
            )
        return self.spec.scratch


def shorten(value: Any) -> str:
    """A value for a message, of bounded length."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def is_user_function(name: str) -> bool:
    """Is `name` of the form module:function?"""
    module, colon, function = name.partition(":")
    return bool(module and colon and function)


def load(module: str) -> Any:
    """Imports a module that is optional, and need not be there when types are checked."""
    return importlib.import_module(module)


# The optional modules: the distribution's packages, and their names on an index.
_PACKAGES = {
    "PIL": ("python3-pil", "Pillow"),
    "torch": ("python3-torchvision", "torchvision"),
    "torchvision": ("python3-torchvision", "torchvision"),
    "ipykernel": ("python3-ipykernel python3-jupyter-client", "ipykernel jupyter_client"),
    "jupyter_client": ("python3-ipykernel python3-jupyter-client", "ipykernel jupyter_client"),
}


def install_command(module: str) -> str:
    """What installs an optional module for this interpreter.

    The distribution's packages serve the distribution's own interpreter only.
    """
    package, name = _PACKAGES[module]
    if sys.prefix == "/usr":
        return f"apt install {package}"
    return f"{sys.executable} -m pip install {name}"


def need_module(module: str, purpose: str) -> Optional[Unsupported]:
    """None when `module` could be imported; else who misses it and what installs it.

    The module is looked for, not imported: some take seconds.
    """
    import importlib.util

    if importlib.util.find_spec(module) is not None:
        return None
    return Unsupported(f"{purpose} needs the Python module {module}", install_command(module))
