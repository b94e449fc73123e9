"""python -m treadle run: an unchanged program on Treadle's executor.

The program finds what plain Python gives it: sys.argv, sys.path[0], `__main__`, `__file__`. It is
the `__main__` of this process until the end, so threads and exit functions find it too. What it
raises reaches the interpreter, which sets the exit status; our own frames are left out of the
traceback.
"""

import atexit
import io
import linecache
import os
import pkgutil
import runpy
import sys
import types
from typing import Any, Callable, Dict, List, NoReturn, Optional, Tuple

from treadle import _install, _stats, _treadle

_USAGE = """\
usage: python -m treadle run [OPTIONS] SCRIPT [ARGS...]
       python -m treadle run [OPTIONS] -m MODULE [ARGS...]
       python -m treadle run [OPTIONS] -c CODE [ARGS...]

Runs a Python program with treadle.ThreadPoolExecutor in the place of the standard library's.

options, defaults of every executor that the program makes:
  --policy POLICY      which waiting call runs next, as in "priority" or "codel/drr/edf"
  --sizer SIZER        how many threads there are, as in "adaptive"
  --log-unretrieved    log exceptions that nobody has looked at
  --stats              print the statistics of every pool at exit, to standard error

ProcessPoolExecutor is not touched.
"""

#: Pools that --stats keeps until the end; it says how many more there were.
_REPORTED_MOST = 100


class _Report:
    """The statistics of every pool, printed at exit."""

    def __init__(self) -> None:
        self._engines: List[_treadle.Engine] = []
        self._left_out = 0

    def add(self, engine: _treadle.Engine) -> None:
        if len(self._engines) < _REPORTED_MOST:
            self._engines.append(engine)
        else:
            self._left_out += 1

    def print(self) -> None:
        for engine in self._engines:
            stats = _stats.of_engine(engine, True)
            sys.stderr.write(f"\ntreadle: pool {engine.name_prefix}\n{stats}\n")
        if self._left_out:
            sys.stderr.write(f"\ntreadle: and {self._left_out} pools more\n")
        if not self._engines:
            sys.stderr.write("\ntreadle: the program has made no ThreadPoolExecutor\n")


def _fail(message: str) -> NoReturn:
    sys.stderr.write(message)
    sys.exit(2)


def _take_value(name: str, given: Optional[str], rest: List[str]) -> str:
    if given is not None:
        return given
    if not rest:
        _fail(f"python -m treadle run: {name} needs a value\n{_USAGE}")
    return rest.pop(0)


def _read_options(rest: List[str]) -> Tuple[Dict[str, Any], bool]:
    """Takes our own options off `rest`: those of executors, and whether statistics are wanted."""
    options: Dict[str, Any] = {}
    wants_stats = False
    while rest and rest[0].startswith("--"):
        name, equals, text = rest.pop(0).partition("=")
        given = text if equals else None
        if name in ("--policy", "--sizer"):
            options[name[2:]] = _take_value(name, given, rest)
        elif name == "--stats" and given is None:
            wants_stats = options["insight"] = True
        elif name == "--log-unretrieved" and given is None:
            options["log_unretrieved"] = True
        elif name == "--" and given is None:
            break
        elif name == "--help":
            sys.stdout.write(_USAGE)
            sys.exit(0)
        else:
            _fail(f"python -m treadle run: unknown option {name}\n{_USAGE}")
    return options, wants_stats


def _program(rest: List[str]) -> Callable[[], None]:
    """What `rest` says is to be run; sets sys.argv and sys.path[0] for it."""
    if not rest or (rest[0] in ("-m", "-c") and len(rest) < 2):
        _fail(_USAGE)
    first = rest[0]
    if first == "-m":
        sys.argv[:] = ["-m"] + rest[2:]
        return lambda: _run_module(rest[1])
    if first == "-c":
        sys.argv[:] = ["-c"] + rest[2:]
        sys.path[0] = ""
        return lambda: _run_code(rest[1])
    if first.startswith("-"):
        _fail(f"python -m treadle run: unknown option {first}\n{_USAGE}")
    sys.argv[:] = rest
    return lambda: _run_script(first)


def _new_main(**names: Any) -> Dict[str, Any]:
    """The namespace of the program: it is `__main__` from now on."""
    module = types.ModuleType("__main__")
    vars(module).update(names, __builtins__=sys.modules["builtins"])
    sys.modules["__main__"] = module
    return vars(module)


def _run_module(name: str) -> None:
    _new_main()
    # What `python -m` itself calls; runpy.run_module() would put the old `__main__` back too early.
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]


def _run_code(text: str) -> None:
    space = _new_main()
    if sys.version_info >= (3, 13):  # whose tracebacks show lines of it
        linecache.cache["<string>"] = (len(text), None, text.splitlines(True), "<string>")
    exec(compile(text, "<string>", "exec", dont_inherit=True), space)


def _run_script(path: str) -> None:
    path = os.path.join(os.getcwd(), path)  # as the interpreter does it
    if os.path.isdir(path) or pkgutil.get_importer(path) is not None:  # a folder, or a zip file
        sys.path[0] = path
        _new_main()
        runpy._run_module_as_main("__main__", False)  # type: ignore[attr-defined]
        return
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    try:
        with io.open_code(path) as file:
            code = pkgutil.read_code(file)
            if code is None:
                file.seek(0)
                text = file.read()
    except OSError as error:
        _fail(
            f"{sys.executable}: can't open file {path!r}: "
            f"[Errno {error.errno}] {error.strerror}\n"
        )
    space = _new_main(__file__=path, __cached__=None)
    if code is None:
        code = compile(text, path, "exec", dont_inherit=True)
    exec(code, space)


def _program_part(traceback: Optional[types.TracebackType]) -> Optional[types.TracebackType]:
    """The traceback from the program's first frame on."""
    part = traceback
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == __file__:
            part = traceback.tb_next
        traceback = traceback.tb_next
    return part


def _hide_our_frames() -> None:
    hook = sys.excepthook

    def show(
        kind: "type[BaseException]",
        value: BaseException,
        traceback: Optional[types.TracebackType],
    ) -> None:
        part = _program_part(traceback)
        hook(kind, value.with_traceback(part), part)

    sys.excepthook = show


def main(arguments: List[str]) -> None:
    """Does what the command line says."""
    if not arguments or arguments[0] != "run":
        if arguments and arguments[0] in ("-h", "--help"):
            sys.stdout.write(_USAGE)
            return
        _fail(_USAGE)
    rest = arguments[1:]
    options, wants_stats = _read_options(rest)
    program = _program(rest)
    try:
        _install.install(**options)
    except ValueError as error:
        _fail(f"python -m treadle run: {error}\n")
    if wants_stats:
        report = _Report()
        _install.listen(report.add)
        atexit.register(report.print)
    try:
        program()
    except SystemExit:
        raise
    except BaseException:
        _hide_our_frames()
        raise
