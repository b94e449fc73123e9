"""treadle.install(): unchanged programs get Treadle's executor where they ask for the standard one.

`concurrent.futures.ThreadPoolExecutor` is looked up by name, by programs and by asyncio's default
executor alike, so the names are what is swapped. What somebody took before stays what it was.
"""

import concurrent.futures
import concurrent.futures.thread
import threading
from types import ModuleType
from typing import Any, Callable, Dict, List, Tuple, Type

from treadle import _executor, _treadle

_ABSENT = object()

#: Called with the engine of each executor that is made under an installed name.
_listeners: List[Callable[[_treadle.Engine], None]] = []

_lock = threading.Lock()
_installed: "List[Installation]" = []  # protected by _lock


def _make_class(options: Dict[str, Any]) -> Type[_executor.ThreadPoolExecutor]:
    class ThreadPoolExecutor(_executor.ThreadPoolExecutor):
        __doc__ = _executor.ThreadPoolExecutor.__doc__

        def __init__(self, *args: Any, **keywords: Any) -> None:
            super().__init__(*args, **{**options, **keywords})
            for listener in _listeners:
                listener(self._engine)

    ThreadPoolExecutor.__module__ = "treadle"
    ThreadPoolExecutor.__qualname__ = "ThreadPoolExecutor"
    return ThreadPoolExecutor


class Installation:
    """What install() returns: a context manager that takes it back."""

    def __init__(self, executor: Type[_executor.ThreadPoolExecutor]) -> None:
        self.executor = executor  #: what the names stand for
        self._previous: List[Tuple[ModuleType, Any]] = []

    def _swap(self) -> None:
        # concurrent.futures loads its names when they are asked for: there may be none yet.
        for module in (concurrent.futures, concurrent.futures.thread):
            self._previous.append((module, vars(module).get("ThreadPoolExecutor", _ABSENT)))
            setattr(module, "ThreadPoolExecutor", self.executor)

    def _swap_back(self) -> None:
        for module, previous in reversed(self._previous):
            if previous is _ABSENT:
                delattr(module, "ThreadPoolExecutor")
            else:
                setattr(module, "ThreadPoolExecutor", previous)
        self._previous.clear()

    def __enter__(self) -> "Installation":
        return self

    def __exit__(self, *exception: object) -> None:
        with _lock:
            while self in _installed:
                _installed.pop()._swap_back()


def install(**options: Any) -> Installation:
    """Let `concurrent.futures.ThreadPoolExecutor` be Treadle's from now on.

    Programs that look the name up later, asyncio's default executor among them, get it. Executors
    that exist, and classes taken by `from ... import` before, stay what they are: install first.
    ProcessPoolExecutor is not touched; Treadle has no processes.

    Args:
        options: Keywords of treadle.ThreadPoolExecutor, such as policy="lifo", sizer="adaptive",
            insight=True: the defaults of every executor that the program makes. What the program
            says itself goes first.

    Returns:
        What takes it back at the end of a `with` block, as uninstall() does.

    Raises:
        TypeError, ValueError: As the executor itself.
    """
    trial: Dict[str, Any] = {"max_workers": 1, "thread_name_prefix": "trial", **options}
    _executor.ThreadPoolExecutor(**trial).shutdown()
    installation = Installation(_make_class(options))
    with _lock:
        installation._swap()
        _installed.append(installation)
    return installation


def uninstall() -> None:
    """Take every install() back. Executors that were made meanwhile go on working."""
    with _lock:
        while _installed:
            _installed.pop()._swap_back()


def listen(listener: Callable[[_treadle.Engine], None]) -> None:
    """Tell `listener` of every engine that installed names make."""
    _listeners.append(listener)
