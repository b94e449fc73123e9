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
    """Wait until every thread of `engine`, which takes no more calls, has ended.

    Joining can be interrupted (Ctrl-C), settling cannot, so as much as possible is joined first. A
    thread that somebody is about to start cannot be joined yet; when the engine has settled there
    is none.
    """
    while True:
        threads = [thread for thread in engine.threads.copy() if thread.is_alive()]
        if not threads:
            break
        for thread in threads:
            thread.join()
    engine.settle()
    for thread in engine.threads.copy():
        thread.join()


def _end_pools() -> None:
    _treadle.begin_exit()
    engines = list(_engines)
    for engine in engines:
        engine.let_go()
    for engine in engines:
        join_threads(engine)
    _treadle.end_exit()


threading._register_atexit(_end_pools)  # type: ignore[attr-defined]
