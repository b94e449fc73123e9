"""python -m treadle: see _run.py."""

import sys

from treadle import _run

if __name__ == "__main__":
    _run.main(sys.argv[1:])
