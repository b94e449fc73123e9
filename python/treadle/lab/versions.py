"""Which interpreter this is, and the versions of what the workloads use."""

from __future__ import annotations

import sys
import zlib
from typing import Any, Dict, Optional

_PACKAGES = ("Pillow", "torch", "torchvision", "ipykernel", "jupyter_client", "numpy")


def python() -> str:
    """The interpreter's version, such as "3.11.2". (platform says the same, but is slow to import.)"""
    return sys.version.split()[0]


def implementation() -> str:
    """The interpreter's name, such as "CPython"."""
    name = sys.implementation.name
    return {"cpython": "CPython", "pypy": "PyPy"}.get(name, name)


def is_free_threaded() -> bool:
    """Was this interpreter built without its lock?"""
    import sysconfig

    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def has_gil() -> bool:
    """Does this interpreter hold its lock right now?"""
    probe = getattr(sys, "_is_gil_enabled", None)  # 3.13 and later
    return bool(probe()) if callable(probe) else True


def label() -> str:
    """What reports call this interpreter, such as "CPython 3.11.2"; a free-threaded one ends in t."""
    name = f"{implementation()} {python()}"
    return name + "t" if is_free_threaded() else name


def interpreter() -> Dict[str, Any]:
    """The `interpreter` object of `--list`."""
    return {
        "label": label(),
        "implementation": implementation(),
        "version": python(),
        "executable": sys.executable,
        "free_threaded": is_free_threaded(),
        "gil": has_gil(),
    }


def of_package(name: str) -> Optional[str]:
    """The version of an installed distribution, without importing it."""
    import importlib.metadata  # slow to import, and most runs do without

    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def of_everything() -> Dict[str, str]:
    """Versions for `--list`: the interpreter's, zlib's and the optional packages'."""
    found = {"python": python(), "zlib": zlib.ZLIB_RUNTIME_VERSION}
    for name in _PACKAGES:
        version = of_package(name)
        if version is not None:
            found[name] = version
    return found


def of_run(used: Dict[str, str]) -> Dict[str, str]:
    """The `versions` of a result: the interpreter, the extension if it was loaded, and `used`."""
    versions = {"python": label(), **used}
    # The extension, not the package: asking a package without its extension for a version raises.
    extension = sys.modules.get("treadle._treadle")
    version = getattr(extension, "version", None)
    if version is not None:
        versions["treadle"] = str(version)
    return versions
