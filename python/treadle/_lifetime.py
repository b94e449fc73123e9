"""The end of the interpreter: every pool finishes what it was given.

The one place that uses a private name of CPython: threads have to be told to end before the
interpreter joins them, and `threading._register_atexit` is the hook for that, which the standard
library's own executors use. (`atexit` comes too late: after the join.)
"""

import threading
import weakref

from treadle import _treadle

_engines: "weakref.WeakSet[_treadle.Engine]" = weakref.WeakSet()


def watch(engine: _treadle.Engine) -> None:
    """Let `engine` finish before the interpreter ends, even if its executor is gone by then."""
    _engines.add(engine)


def join_threads(engine: _treadle.Engine) -> None:
    """Wait until every thread of `engine`, which takes no more calls, has ended."""
    joined: "set[threading.Thread]" = set()
    while True:
        threads = engine.threads - joined
        if not threads:
            break
        for thread in threads:
            thread.join()
        joined |= threads
    engine.settle()


def _end_pools() -> None:
    _treadle.begin_exit()
    engines = list(_engines)
    for engine in engines:
        engine.let_go()
    for engine in engines:
        join_threads(engine)


threading._register_atexit(_end_pools)  # type: ignore[attr-defined]
