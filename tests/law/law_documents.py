"""Documents stay true: relative links lead somewhere, and every C file shown in one compiles with
the flags of the layer it is for.

law_documents.py C_COMPILER
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator

from tree import ROOT, name_of, report

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
C_BLOCK = re.compile(r"^```c\n(/\* (\w+\.c) - .*?)^```", re.DOTALL | re.MULTILINE)
FLAGS = ["-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-fsyntax-only"]


def documents() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))


def broken_links(path: Path, text: str) -> list[str]:
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"`[^`\n]*`(?!\])", "", prose)
    found = []
    for target in LINK.findall(prose):
        if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
            found.append(f"{name_of(path)}: the link to {target} leads nowhere")
    return found


def compile_shown(compiler: str, path: Path, text: str) -> list[str]:
    found = []
    for source, name in C_BLOCK.findall(text):
        layer = [f"-I{ROOT / 'src'}", "-include", str(ROOT / "src" / "base" / "pure.h")]
        if '#include "lab/' in source:
            layer = [f"-I{ROOT}"]
        done = subprocess.run(
            [compiler, *FLAGS, f"-I{ROOT / 'include'}", *layer, "-xc", "-"],
            input=source,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            found.append(f"{name_of(path)}: {name}, as shown, does not compile: {done.stderr}")
    return found


def main() -> int:
    complaints = []
    count = 0
    for path in documents():
        count += 1
        text = path.read_text(encoding="utf-8")
        complaints += broken_links(path, text)
        complaints += compile_shown(sys.argv[1], path, text)
    return report(complaints, f"{count} documents")


if __name__ == "__main__":
    sys.exit(main())
