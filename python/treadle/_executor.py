"""treadle.ThreadPoolExecutor: the standard library's executor over libtreadle's pool."""

import concurrent.futures
import os
import sys
from typing import TYPE_CHECKING, Any, Callable, Generator, Hashable, Iterable, Iterator, Mapping
from typing import Optional, Tuple, TypeVar, Union, overload

from treadle import _keys, _lifetime, _map, _private, _stats, _treadle

_Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


# These take what they are allowed; the other sizers find out what is needed.
_UNMEASURED = ("fixed", "on_demand", "cpython_default")
_MEASURED_MOST = 256

_MOST = 2**32 - 1  # what a pool can count to

_FOREVER = 2**64 - 1


def _default_max_workers(sizer: str) -> int:
    """The standard library's rule of the interpreter at hand; room, for a sizer that measures."""
    if sizer.partition(":")[0] not in _UNMEASURED:
        return _MEASURED_MOST
    count = getattr(os, "process_cpu_count", os.cpu_count)()
    return min(32, (count or 1) + 4)


def _check_bounds(min_workers: int, max_workers: int, max_pending: Optional[int]) -> None:
    if max_workers <= 0:
        raise ValueError("max_workers must be greater than 0")
    if max_workers > _MOST:
        raise ValueError(f"max_workers must be at most {_MOST}")
    if not 0 <= min_workers <= max_workers:
        raise ValueError(f"min_workers must be from 0 to max_workers ({max_workers})")
    if max_pending is not None and max_pending <= 0:
        raise ValueError("max_pending must be greater than 0, or None for no bound")


def _nanoseconds(seconds: Optional[float], name: str) -> Optional[int]:
    if seconds is None:
        return None
    if not 0 <= seconds <= 1e9:
        raise ValueError(f"{name} must be seconds from 0 to 1e9, or None, not {seconds!r}")
    return max(int(seconds * 1e9), 1)


def _full_timeout_ns(seconds: Optional[float], on_full: str) -> int:
    if seconds is not None and on_full != "block":
        raise ValueError(f'full_timeout goes with on_full="block", not "{on_full}"')
    return _nanoseconds(seconds, "full_timeout") or _FOREVER


def blocking() -> _treadle.Blocking:
    """Say that this call is about to wait: `with treadle.blocking(): ...`.

    As ThreadPoolExecutor.blocking(), for the pool that makes the call, whichever that is; on any
    other thread nothing happens.
    """
    return _treadle.Blocking()


class Options(_treadle.Options):
    """An executor and the scheduling attributes its calls are submitted with.

    Made by ThreadPoolExecutor.options(). Keep it and submit many calls with it.
    """

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: Optional[float] = None,
        chunksize: "_map.Chunk" = 1,
        buffersize: Optional[int] = None,
        progress: _map.Progress = None,
    ) -> Iterator[Any]:
        """Call fn for each item with these options; see ThreadPoolExecutor.map."""
        return _map.start(self, fn, iterables, timeout, chunksize, buffersize, progress)


if TYPE_CHECKING:
    from typing_extensions import Literal, ParamSpec

    _T = TypeVar("_T")
    _P = ParamSpec("_P")

    _Base = _treadle.Executor

    class ResumableOptions(Options):
        """What options(resumable=True) returns, to a type checker."""

        def submit(  # type: ignore[override]
            self, fn: Callable[_P, Generator[Any, Any, _T]], /, *args: _P.args, **kwargs: _P.kwargs
        ) -> _treadle.Future[_T]:
            ...

else:

    class _Base(_treadle.Executor, _private.PrivateNames):
        """A type checker knows the private names from the standard library."""

        __slots__ = ()


class ThreadPoolExecutor(_Base, concurrent.futures.ThreadPoolExecutor):
    """A concurrent.futures.ThreadPoolExecutor with a scheduler, and a fraction of the overhead.

    Takes everything that the standard one takes, and what makes it a scheduler by keyword. Its
    threads start when they are needed.

    Args:
        max_workers: The most threads there will be; by default the standard library's number,
            min(32, CPUs + 4), or 256 with a sizer that measures how many are needed.
        thread_name_prefix: Threads are called prefix_0, prefix_1, ...
        initializer: Called by each thread before its first call. If it raises, the pool is
            broken: waiting and later calls raise BrokenThreadPool.
        initargs: The arguments of the initializer.
        policy: Which waiting call runs next: "fifo", "priority", "round_robin" (over clients),
            ..., with parameters as in "name:key=value,key=value"; "admission/fairness/order",
            such as "codel/drr/edf"; or "PATH.so", a policy of your own (treadle/policy.h).
        sizer: How many threads there are: "on_demand" (the standard library's rule), "fixed",
            "adaptive" (measured: as many as the interpreter's lock, the cores and the calls'
            waiting want; the sizer gil_model), "compensate" (see blocking()), ...
        key: Computes attributes of each call at submit, as key(fn, *args, **kwargs): a callable
            for what the policy goes by ("priority": the priority; "sjf", "srpt": the cost in
            seconds; "edf": the deadline in seconds from now), or a mapping of such callables by
            the names that options() has. What options() says goes first; None says nothing.
        min_workers: The fewest threads the sizer may go down to.
        max_pending: The most calls that may wait; None for any number.
        on_full: What submit does when that many wait: "block", "refuse" (raise QueueFull) or
            "caller_runs" (make the call at once, on the submitting thread).
        full_timeout: How many seconds "block" waits for room before it raises QueueFull; None:
            as long as it takes.
        caller_helps: Whoever waits for a call that has not started, in result() or exception()
            without a timeout or for the next result of a map(), takes it out of the queue and makes
            it on his own thread. Without, a worker that waits for a call of its own pool, with all
            others, lets the pool have one more thread for the time.
        idle_timeout: Seconds after which a thread without work ends, as long as min_workers are
            left. None: when the sizer says so; on_demand and fixed never do.
        context: "copy" makes each call in a copy of the context (contextvars) it was submitted
            in, as asyncio.to_thread does; of map() each task in one of its own. None: in the
            thread's own context, as the standard library does.
        at_exit: What the end of the interpreter does with the calls: "wait" until all have been
            made, as the standard library does; "cancel" those that have not started and wait for
            the others; "leave": cancel those and wait for nobody. The threads of a pool that is left
            are daemons, which the end of the interpreter stops wherever they are.
        seed: Of the policy's random numbers.
        record: Keep every scheduling decision for trace().
        insight: Keep waiting and running times callable by callable and client by client for
            stats(), and measure the interpreter's lock.
        log_unretrieved: Log the exception of a call, once, to the logger "treadle", when its
            future goes away and nobody has looked at it; None: in Python's development mode.

    Raises:
        ValueError: A number is out of range, or a name unknown; it says what is known.
        TypeError: The initializer or a key is not callable.
    """

    def __init__(
        self,
        max_workers: Optional[int] = None,
        thread_name_prefix: str = "",
        initializer: Optional[Callable[..., object]] = None,
        initargs: Tuple[Any, ...] = (),
        *,
        policy: str = "fifo",
        sizer: str = "on_demand",
        key: Union[_keys.Key, Mapping[str, _keys.Key], None] = None,
        min_workers: int = 0,
        max_pending: Optional[int] = None,
        on_full: str = "block",
        full_timeout: Optional[float] = None,
        context: "Optional[Literal['copy']]" = None,
        at_exit: "Literal['wait', 'cancel', 'leave']" = "wait",
        caller_helps: bool = False,
        idle_timeout: Optional[float] = None,
        seed: int = 0,
        record: bool = False,
        insight: bool = False,
        log_unretrieved: Optional[bool] = None,
    ) -> None:
        if max_workers is None:
            max_workers = max(_default_max_workers(sizer), min_workers)
        _check_bounds(min_workers, max_workers, max_pending)
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        keys = _keys.from_argument(key, policy)
        if context not in (None, "copy"):
            raise ValueError(f'context must be "copy" or None, not {context!r}')
        if at_exit not in ("wait", "cancel", "leave"):
            raise ValueError(f'at_exit must be "wait", "cancel" or "leave", not {at_exit!r}')
        self._thread_name_prefix = str(
            thread_name_prefix
            or "ThreadPoolExecutor-%d" % self._counter()  # type: ignore[attr-defined]
        )
        self._engine = _treadle.Engine(
            self._thread_name_prefix,
            initializer,
            () if initializer is None else tuple(initargs),
            policy,
            sizer,
            min_workers,
            max_workers,
            max_pending or 0,
            on_full,
            _full_timeout_ns(full_timeout, on_full),
            seed,
            record,
            at_exit == "leave",
            insight,
            sys.flags.dev_mode if log_unretrieved is None else log_unretrieved,
            caller_helps,
            _nanoseconds(idle_timeout, "idle_timeout") or 0,
        )
        self._has_insight = insight
        self._keys = keys
        self._is_context_copied = context is not None
        _lifetime.watch(self._engine, at_exit)

    @overload
    def options(
        self,
        *,
        resumable: "Literal[True]",
        priority: Optional[int] = ...,
        client: Hashable = ...,
        weight: Optional[int] = ...,
        deadline: Optional[float] = ...,
        drop_late: bool = ...,
        cost: Optional[float] = ...,
        context: "Optional[Literal['copy', 'worker']]" = ...,
    ) -> "ResumableOptions":
        ...

    @overload
    def options(
        self,
        *,
        priority: Optional[int] = ...,
        client: Hashable = ...,
        weight: Optional[int] = ...,
        deadline: Optional[float] = ...,
        drop_late: bool = ...,
        cost: Optional[float] = ...,
        resumable: bool = ...,
        context: "Optional[Literal['copy', 'worker']]" = ...,
    ) -> Options:
        ...

    def options(
        self,
        *,
        priority: Optional[int] = None,
        client: Hashable = None,
        weight: Optional[int] = None,
        deadline: Optional[float] = None,
        drop_late: bool = False,
        cost: Optional[float] = None,
        resumable: bool = False,
        context: "Optional[Literal['copy', 'worker']]" = None,
    ) -> Options:
        """Say how calls are to be scheduled: pool.options(priority=5).submit(fn, ...).

        Args:
            priority: Larger runs sooner, with policies that look at it; 0 by default.
            client: Whom the calls are for: anything hashable. Clients are told apart by a 64-bit
                key: of a string's or bytes' contents, of an int's value (the same in every run),
                and of hash() for everything else.
            weight: The client's share, from now on; at least 1.
            deadline: When the call should have started, in seconds from submit, for policies that
                look at it.
            drop_late: Do not make the call once its deadline has passed; its future then raises
                TaskExpired, at the deadline (about a millisecond after it), also while every
                thread of the pool is busy. Its callbacks may run on a thread of the pool's own.
            cost: Estimated seconds of run time, for policies that want to know.
            resumable: The calls are of generator functions, and give their worker back at each
                `yield`: see below.
            context: "copy" makes each call in a copy of its submitter's context (contextvars),
                "worker" in the worker's own; None as the pool does it.

        A resumable call runs to its next `yield`, then waits for its next turn, which the policy
        decides. Its future is running all the while and gets what the generator returns in the
        end; what it yields is dropped, and `yield` gives None. Any worker may run the next slice:
        the call has a context (contextvars) of its own, a copy of its first worker's. Its future
        can be cancelled until it is finished: the generator is closed, at once between two slices,
        else at its next yield.

        Raises:
            TypeError: An attribute has the wrong type, or the client is not hashable.
            ValueError: A number is out of range.
        """
        return Options(
            self,
            priority=priority,
            client=client,
            weight=weight,
            deadline=deadline,
            drop_late=drop_late,
            cost=cost,
            resumable=resumable,
            context=context,
        )

    def map(
        self,
        fn: Callable[..., "_T"],
        *iterables: Iterable[Any],
        timeout: Optional[float] = None,
        chunksize: "_map.Chunk" = 1,
        buffersize: Optional[int] = None,
        progress: _map.Progress = None,
    ) -> Iterator["_T"]:
        """Call fn(*items) for the items of zip(*iterables), and iterate over what it returns.

        The results come in the order of the items. What a call raises, the iterator raises in that
        place, and then ends. An iterator that has begun and is left before its end, closed
        (`close()`) or forgotten cancels the calls that have not started.

        Args:
            timeout: Seconds from now until the last result must be there; else TimeoutError.
            chunksize: How many items make one task; "auto" for a number that keeps every thread
                busy and costs little. Calls of a chunk are made one after the other, in a loop in
                C, and after one that raises the rest of its chunk is not made. Attributes that a
                key computes are those of its first item.
            buffersize: How many tasks are submitted ahead of the reader; by default all are, before
                map() returns. With it the iterables are read as results are, and may be endless.
            progress: True shows a bar with tqdm, where that is installed; a dict has options for
                tqdm; a callable is called as tqdm is, progress(results, total=number or None), and
                iterated over.
        """
        return _map.start(self, fn, iterables, timeout, chunksize, buffersize, progress)

    def blocking(self) -> _treadle.Blocking:
        """Say that the call is about to wait: `with pool.blocking(): ...`.

        For sizers that make up for such calls ("compensate"): another thread takes this one's place
        for the time, at once. Regions may be nested; a call that ends, or yields, inside one ends
        it. On a thread that is none of this pool's workers nothing happens.
        """
        return _treadle.Blocking(self._engine)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with `wait`, return when the last one has been made.

        It is safe to call it several times.

        Args:
            wait: Wait until every call has been made and every thread has ended.
            cancel_futures: Cancel the calls that have not started.
        """
        engine = self._engine
        engine.shutdown(cancel_futures)
        if wait:
            _lifetime.join_threads(engine)

    def stats(self) -> _stats.Stats:
        """A snapshot of counts, sizes, waiting and running times; print() it, or show it.

        With insight=True it has `by_callable` and `by_client`, too.
        """
        return _stats.of_engine(self._engine, self._has_insight)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from treadle import _html

        engine = self._engine
        return _html.of_stats(self.stats(), engine.name_prefix, engine.is_shut_down)

    def resize(self, min_workers: Optional[int] = None, max_workers: Optional[int] = None) -> None:
        """Change how few and how many threads there may be; None leaves a bound as it is.

        Threads above the new bound leave after their call. Does not wait.

        Raises:
            ValueError: Not 0 <= min_workers <= max_workers, or max_workers is 0.
        """
        engine = self._engine
        fewest = engine.min_workers if min_workers is None else min_workers
        most = engine.max_workers if max_workers is None else max_workers
        if most <= 0 or not 0 <= fewest <= most:
            raise ValueError(
                f"0 <= min_workers <= max_workers and max_workers > 0 must hold, not "
                f"min_workers={fewest}, max_workers={most}"
            )
        engine.resize(fewest, most)

    def trace(self, path: _Path) -> None:
        """Write every scheduling decision so far to `path`, for `treadle sim --replay`.

        Raises:
            ValueError: The pool was not made with record=True.
            OSError: The file cannot be written.
        """
        self._engine.trace(path)
