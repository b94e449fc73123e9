"""Treadle: an executor engine in C under concurrent.futures.

Names are loaded when they are first used, so that `treadle.lab`, which also measures interpreters
without the extension, can be imported everywhere.
"""

from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from treadle._errors import QueueFull, TaskExpired
    from treadle._executor import Options, ThreadPoolExecutor, blocking
    from treadle._install import Installation, install, uninstall
    from treadle._stats import Distribution, Group, Stats
    from treadle._treadle import Future

__all__ = [
    "Distribution",
    "Future",
    "Group",
    "Installation",
    "Options",
    "QueueFull",
    "Stats",
    "TaskExpired",
    "ThreadPoolExecutor",
    "blocking",
    "install",
    "uninstall",
]

_HOMES = {
    "Distribution": "_stats",
    "Future": "_treadle",
    "Group": "_stats",
    "Installation": "_install",
    "Options": "_executor",
    "QueueFull": "_errors",
    "Stats": "_stats",
    "TaskExpired": "_errors",
    "ThreadPoolExecutor": "_executor",
    "blocking": "_executor",
    "install": "_install",
    "uninstall": "_install",
}


def _explain_missing_extension(error: ImportError) -> ImportError:
    import sys

    return ImportError(
        f"treadle's extension is not built for {sys.executable} "
        f"(Python {sys.version_info[0]}.{sys.version_info[1]}): run "
        f"`make PYTHON={sys.executable}` in treadle's source folder, or "
        f"`{sys.executable} -m pip install .` there ({error})",
        name="treadle._treadle",
    )


def __getattr__(name: str) -> Any:
    import importlib

    if name == "__version__":
        value: Any = __getattr__("_treadle").version
    elif name == "_treadle" or name in _HOMES:
        try:
            extension = importlib.import_module("treadle._treadle")
        except ModuleNotFoundError as error:
            if error.name != "treadle._treadle":
                raise
            raise _explain_missing_extension(error) from None
        if name == "_treadle":
            return extension
        value = getattr(importlib.import_module("treadle." + _HOMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted(set(globals()) | set(__all__) | {"__version__"})
