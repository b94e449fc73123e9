"""What the checks of the tree share: which files there are, and a verdict that can be read.

A check collects complaints (file, line, what is wrong and what to do) and ends with `report`: the
exit code is 1 when there is one.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Iterator

# The law's own test points this at trees that break it.
ROOT = Path(os.environ.get("LAW_ROOT") or Path(__file__).parents[2]).resolve()
FOLDERS = ("include", "src", "lab", "python", "tests", "bench", "examples", "scripts")
SKIPPED = 77  # the exit code by which Meson knows a skipped test


def files(*suffixes: str, under: tuple[str, ...] = FOLDERS) -> Iterator[Path]:
    """Every file of the project below `under`, sorted, with one of the suffixes (none: all)."""
    for folder in under:
        for path in sorted((ROOT / folder).rglob("*")):
            parts = path.relative_to(ROOT).parts
            if "__pycache__" in parts or any(part.startswith(".") for part in parts):
                continue
            if not path.is_file():
                continue
            if not suffixes or path.suffix in suffixes:
                yield path


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_comments(text: str) -> str:
    """C source with comments and the inside of string literals blanked; lines stay lines."""

    def blank(match: re.Match[str]) -> str:
        found = match.group(0)
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]

    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text, flags=re.DOTALL)


def report(complaints: list[str], looked_at: str) -> int:
    for complaint in complaints:
        print(complaint)
    print(f"{looked_at}: {len(complaints) or 'no'} complaint{'s' if len(complaints) != 1 else ''}")
    return 1 if complaints else 0


def skip(reason: str) -> None:
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)
