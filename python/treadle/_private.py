"""The private names of the standard library's executor that others look at, or write to.

What has a meaning here is answered. The rest says, instead of half working, what to use.
"""

from typing import Any

from treadle import _treadle


class WorkQueue:
    """What `executor._work_queue` answers: how many calls wait. Nothing can be put into it.

    Use submit() to add calls and `max_pending=` to bound how many may wait.
    """

    def __init__(self, engine: _treadle.Engine) -> None:
        self._engine = engine

    def qsize(self) -> int:
        """How many calls wait."""
        return self._engine.waiting

    def empty(self) -> bool:
        """Does no call wait?"""
        return self._engine.waiting == 0

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"the calls of a treadle pool wait in C, and its _work_queue has no {name!r}: "
            "use submit() to add calls, max_pending= to bound them, stats() to look at them"
        )


def _absent(name: str, instead: str) -> property:
    def get(executor: Any) -> Any:
        raise AttributeError(f"a treadle pool has no {name}: {instead}")

    return property(get)


def _get_work_queue(executor: Any) -> WorkQueue:
    return WorkQueue(executor._engine)


def _refuse_work_queue(executor: Any, queue: object) -> None:
    raise AttributeError(
        "the calls of a treadle pool wait in C, and its _work_queue cannot be replaced: "
        "max_pending= bounds it, policy= orders it"
    )


def _set_max_workers(executor: Any, count: int) -> None:
    executor.resize(max_workers=count)


class PrivateNames:
    """A base of treadle.ThreadPoolExecutor, in front of the standard library's class."""

    __slots__ = ()

    _max_workers = property(lambda self: self._engine.max_workers, _set_max_workers)
    _threads = property(lambda self: self._engine.threads)
    _broken = property(lambda self: self._engine.broken)
    _shutdown = property(lambda self: self._engine.is_shut_down)
    _initializer = property(lambda self: self._engine.initializer)
    _initargs = property(lambda self: self._engine.initargs)
    _work_queue = property(_get_work_queue, _refuse_work_queue)
    _shutdown_lock = _absent("_shutdown_lock", "submit() and shutdown() need none")
    _idle_semaphore = _absent("_idle_semaphore", "the sizer decides when a thread starts")
    _adjust_thread_count = _absent("_adjust_thread_count", "use sizer= and resize()")
    _initializer_failed = _absent("_initializer_failed", "a failing initializer= breaks the pool")
