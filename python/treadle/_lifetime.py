"""The end of the interpreter: every pool finishes what it was given.

The one place that uses a private name of CPython: threads have to be told to end before the
interpreter joins them, and `threading._register_atexit` is the hook for that, which the standard
library's own executors use. (`atexit` comes too late: after the join.)
"""

import os
import threading
import weakref

from treadle import _treadle

_engines: "weakref.WeakKeyDictionary[_treadle.Engine, str]" = weakref.WeakKeyDictionary()


def watch(engine: _treadle.Engine, at_exit: str) -> None:
    """Do with `engine` what `at_exit` says before the interpreter ends.

    Even if its executor is gone by then.
    """
    _engines[engine] = at_exit


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
    engines = list(_engines.items())
    for engine, at_exit in engines:
        if at_exit == "wait":
            engine.let_go()
        else:
            engine.shutdown(True)
    for engine, at_exit in engines:
        if at_exit != "leave":
            join_threads(engine)
    _treadle.end_exit()


threading._register_atexit(_end_pools)  # type: ignore[attr-defined]


def _forget_pools() -> None:
    """The child of a fork has none of its parent's workers. One of them may have forked it: it is
    the child's main thread now, and must not wait for itself."""
    for engine in list(_engines):
        engine.threads.clear()
    _engines.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pools)
