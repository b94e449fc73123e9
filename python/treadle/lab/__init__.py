"""The Python side of the laboratory: one run of one cell in a fresh interpreter.

``python -m treadle.lab.cell`` is started by ``treadle study``; what passes between the two is
docs/reference/cell-protocol.md. Nothing here needs the C extension: an interpreter for which it has
not been built still runs every cell of the standard library's executors.
"""

import sys

if sys.version_info < (3, 9):
    raise SystemExit(
        "treadle.lab needs Python 3.9 or later; %s is %d.%d"
        % ((sys.executable,) + tuple(sys.version_info[:2]))
    )
