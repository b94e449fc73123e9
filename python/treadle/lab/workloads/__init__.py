"""The workloads of the Python lane: one file each and this table.

A workload is added by one file with one class (see base.py) and one line here.
"""

from __future__ import annotations

import importlib
from typing import Any, Dict, List, Type

from treadle.lab.protocol import CellError
from treadle.lab.workloads.base import Workload, is_user_function

_FOLDER = "treadle.lab.workloads."

TABLE: Dict[str, str] = {
    "http": "http_get:HttpGet",
    "file-read": "file_read:FileRead",
    "file-write": "file_write:FileWrite",
    "fibonacci": "fibonacci:Fibonacci",
    "prime": "prime:Prime",
    "compress": "compress:Compress",
    "image": "image:ImageResize",
    "classify": "classify:Classify",
    "synthetic": "synthetic:Synthetic",
    "noop": "noop:Noop",
    "startup": "startup:Startup",
}


def find(name: str) -> Type[Workload]:
    """The class of the workload called `name`; `module:function` is the user's.

    Raises CellError that names the known ones.
    """
    if is_user_function(name):
        place = "user:UserFunction"
    elif name in TABLE:
        place = TABLE[name]
    else:
        raise CellError(f"unknown workload {name!r}; known: {', '.join(TABLE)}, module:function")
    module, attribute = place.split(":")
    found: Type[Workload] = getattr(importlib.import_module(_FOLDER + module), attribute)
    return found


def listing() -> List[Dict[str, Any]]:
    """The rows of `--list`."""
    rows: List[Dict[str, Any]] = []
    for name in TABLE:
        workload = find(name)
        missing = workload.missing()
        rows.append(
            {
                "id": name,
                "kind": workload.kind,
                "summary": workload.summary,
                "variants": list(workload.variants),
                "params": dict(workload.params),
                "needs_http": workload.needs_http,
                "supported": missing is None,
                "reason": str(missing) if missing else "",
                "install": missing.install if missing else "",
            }
        )
    return rows
