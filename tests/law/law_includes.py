"""Who may include whom: the dependency law, read from every #include of the tree. The tables of
plug-ins (*.def) are data, which src/core reads."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tree import ROOT, files, name_of, report

# Layer → the layers whose headers it may include, besides its own. "public" is include/treadle.
MAY_INCLUDE = {
    "include/treadle": {"include/treadle"},
    "src/base": {"include/treadle"},
    "src/core": {"include/treadle", "src/base"},
    "src/policy": {"include/treadle", "src/base"},
    "src/sizer": {"include/treadle", "src/base"},
    "src/os": {"include/treadle", "src/base"},
    "src/pool": {"include/treadle", "src/base", "src/core", "src/os"},
    "src/sim": {"include/treadle", "src/base", "src/core"},
    "lab": {"include/treadle"},
    "python/src": {"include/treadle"},
    "examples": {"include/treadle"},
    "bench": {"include/treadle", "src/sim"},  # a policy without its engine: the records of a host
}
PURE = ("src/base", "src/core", "src/policy", "src/sizer")
POISON = "pure.h"  # includes what it then forbids to name
STANDARD = set(
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal"
    " stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath"
    " threads time uchar wchar wctype".split()
)
# What a pure file may want of the standard library: nothing that keeps time, waits or does I/O.
# (stdio.h is for snprintf into memory, stdatomic.h for policies that are called concurrently; the
# list of undefined symbols has the last word.)
PURE_STANDARD = set(
    "assert errno float inttypes limits math stdalign stdarg stdatomic stdbool stddef stdint stdio"
    " stdlib string".split()
)
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def layer_of(path: Path) -> str:
    name = name_of(path)
    return next((layer for layer in MAY_INCLUDE if name.startswith(layer + "/")), "")


def resolve(path: Path, quoted: str) -> Path | None:
    """The file of ours that an include names, looked for where the build looks."""
    for base in (path.parent, ROOT / "src", ROOT / "include", ROOT / "lab", ROOT):
        found = base / quoted
        if found.is_file():
            return found.resolve()
    return None


def complain(path: Path, line: int, layer: str, quoted: str | None, angle: str | None) -> str:
    """What is wrong with one include, or "" when nothing is."""
    where = f"{name_of(path)}:{line}"
    target = resolve(path, quoted) if quoted else None
    if angle and angle.startswith("treadle/"):
        target = ROOT / "include" / angle
        if not target.is_file():
            return f"{where}: there is no public header <{angle}>"
    if quoted and target is None:
        return f'{where}: no file of ours is called "{quoted}"; system headers go in <>'
    if target is not None:
        other = layer_of(target)
        if quoted and other == "include/treadle":
            return f'{where}: public headers are included as <treadle/...>, not "{quoted}"'
        is_table = layer == "src/core" and target.suffix == ".def"
        if other != layer and other not in MAY_INCLUDE[layer] and not is_table:
            allowed = ", ".join(sorted(MAY_INCLUDE[layer]))
            return f"{where}: {layer} includes {other} ({name_of(target)}); allowed: {allowed}"
        is_plug_in = layer in ("src/policy", "src/sizer") and other == layer
        if is_plug_in and target.suffix == ".h" and target.stem != path.stem:
            return f"{where}: no plug-in knows another; only the table does"
        return ""
    stem = (angle or "").removesuffix(".h")
    if layer == "include/treadle" and stem not in STANDARD:
        return f"{where}: a public header includes <{angle}>; allowed: standard C"
    if layer in PURE and stem not in PURE_STANDARD and path.name != POISON:
        return f"{where}: a pure layer includes <{angle}>; allowed: {sorted(PURE_STANDARD)}"
    return ""


def main() -> int:
    complaints = []
    count = 0
    for path in files(".c", ".h", ".def", under=tuple(MAY_INCLUDE)):
        layer = layer_of(path)
        text = path.read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            count += 1
            line = text.count("\n", 0, match.start(0)) + 1
            line += len(match.group(0)) - len(match.group(0).lstrip("\n"))
            complaint = complain(path, line, layer, match.group(1), match.group(2))
            if complaint:
                complaints.append(complaint)
    return report(complaints, f"{count} includes")


if __name__ == "__main__":
    sys.exit(main())
