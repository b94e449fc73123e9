"""Sizes and names: files of at most 500 lines, functions of at most 70, and no two files of one
name, so that a name alone says which file is meant."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Iterator

from tree import files, name_of, report, without_comments

FILE_LINES = 500
FUNCTION_LINES = 70
CODE = (".c", ".h", ".def", ".py", ".pyi", ".css", ".js")
# Names that a tool or the language gives.
SHARED_NAMES = {"meson.build", "__init__.py", "__main__.py", "conftest.py", "py.typed", "README.md"}


def c_functions(text: str) -> Iterator[tuple[str, int, int]]:
    """(name, first line, number of lines) of each function: clang-format has put the end of every
    function, and nothing within one, into the first column."""
    lines = without_comments(text).split("\n")
    start = 0  # of the declaration in the first column that the scan is in; 0: none
    is_body = False
    for number, line in enumerate(lines, 1):
        if is_body:
            if line.startswith("}"):
                declared = " ".join(lines[start - 1 : number])
                name = re.search(r"(\w+)\s*\(", declared)
                if re.match(r"[^{=]*\)\s*(?:__attribute__\S*\s*)?\{", declared):
                    yield (name.group(1) if name else "?", start, number - start + 1)
                start, is_body = 0, False
            continue
        if re.match(r"[A-Za-z_]", line) and not line.startswith("extern "):
            start = number
        if start and line.rstrip().endswith("{"):
            is_body = True
        elif start and line.rstrip().endswith((";", "}")):
            start = 0


def python_functions(text: str) -> Iterator[tuple[str, int, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def functions(path: Path, text: str) -> Iterator[tuple[str, int, int]]:
    if path.suffix in (".c", ".h"):
        yield from c_functions(text)
    elif path.suffix == ".py":
        yield from python_functions(text)


def main() -> int:
    complaints = []
    function_count = 0
    for path in files(*CODE):
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > FILE_LINES:
            complaints.append(f"{name_of(path)}: {lines} lines, at most {FILE_LINES}: split it")
        for name, line, count in functions(path, text):
            function_count += 1
            if count > FUNCTION_LINES:
                complaints.append(
                    f"{name_of(path)}:{line}: {name} has {count} lines, at most {FUNCTION_LINES}"
                )
    same = defaultdict(list)
    for path in files():
        if path.name not in SHARED_NAMES:
            same[path.name].append(name_of(path))
    for paths in same.values():
        if len(paths) > 1:
            complaints.append(f"one name for several files: {', '.join(paths)}")
    return report(complaints, f"{function_count} functions, {len(same)} file names")


if __name__ == "__main__":
    sys.exit(main())
