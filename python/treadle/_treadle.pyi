import concurrent.futures
import os
import threading
from typing import Any, Callable, Dict, Generic, Hashable, Iterable, Iterator, List, Optional
from typing import Set, Tuple, TypeVar, Union

from typing_extensions import ParamSpec

_T = TypeVar("_T")
_P = ParamSpec("_P")

version: str

def begin_exit() -> None: ...
def end_exit() -> None: ...
def check_gil(locked: int = ..., holder: int = ..., waits: int = ..., /) -> Optional[str]: ...
def map(
    owner: Union["Executor", "Options"],
    fn: Callable[..., _T],
    iterables: Tuple[Iterable[Any], ...],
    end_time: float,
    chunk: int,
    ahead: int,
    /,
) -> "MapResults[_T]": ...
def class_of(callable: Callable[..., object], /) -> int: ...
def policies() -> List[str]: ...
def sizers() -> List[str]: ...

class Future(concurrent.futures.Future[_T]): ...

class Engine:
    threads: Set[threading.Thread]
    name_prefix: str
    initializer: Optional[Callable[..., object]]
    initargs: Tuple[Any, ...]
    min_workers: int
    max_workers: int
    max_pending: int
    waiting: int
    is_shut_down: bool
    broken: Union[bool, str]
    def __init__(
        self,
        name_prefix: str,
        initializer: Optional[Callable[..., object]],
        initargs: Tuple[Any, ...],
        policy: str,
        sizer: str,
        min_workers: int,
        max_workers: int,
        max_pending: int,
        on_full: str,
        full_timeout_ns: int,
        seed: int,
        record: bool,
        is_daemon: bool,
        insight: bool,
        log_unretrieved: bool,
        caller_helps: bool,
        idle_ns: int,
    ) -> None: ...
    def shutdown(self, cancel: bool, /) -> None: ...
    def settle(self) -> None: ...
    def let_go(self) -> None: ...
    def resize(self, min_workers: int, max_workers: int, /) -> None: ...
    def stats(self) -> Dict[str, Any]: ...
    def groups(
        self,
    ) -> Tuple[
        List[Tuple[str, Dict[str, Any], Dict[str, Any]]],
        List[Tuple[str, Dict[str, Any], Dict[str, Any]]],
    ]: ...
    def trace(
        self, path: Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"], /
    ) -> None: ...

class MapResults(Iterator[_T]):
    def __next__(self) -> _T: ...
    def close(self) -> None: ...

class Blocking:
    def __init__(self, engine: Optional[Engine] = ...) -> None: ...
    def __enter__(self) -> "Blocking": ...
    def __exit__(self, *exception: object) -> None: ...

class Executor:
    _engine: Engine
    _is_context_copied: bool
    _keys: Optional[Tuple[Optional[Callable[..., object]], ...]]
    def submit(
        self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> Future[_T]: ...

class Options:
    executor: Executor
    is_resumable: bool
    def __init__(
        self,
        executor: Executor,
        *,
        priority: Optional[int] = ...,
        client: Hashable = ...,
        weight: Optional[int] = ...,
        deadline: Optional[float] = ...,
        drop_late: bool = ...,
        cost: Optional[float] = ...,
        resumable: bool = ...,
        context: Optional[str] = ...,
    ) -> None: ...
    def submit(
        self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> Future[_T]: ...
