"""Words that must not stand in the code: feature macros outside their layer, and promises."""

from __future__ import annotations

import re
import sys

from tree import files, name_of, report, without_comments

FEATURE_MACRO = re.compile(r"#\s*define\s+(_GNU_SOURCE|_XOPEN_SOURCE|_DEFAULT_SOURCE)\b")
PROMISE = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")


def main() -> int:
    complaints = []
    count = 0
    for path in files(".c", ".h", ".py", ".pyi", ".build", ".def", ".css", ".js"):
        name = name_of(path)
        text = path.read_text(encoding="utf-8")
        count += 1
        code = without_comments(text) if path.suffix in (".c", ".h") else ""
        for match in FEATURE_MACRO.finditer(code):
            macro = match.group(1)
            line = code.count("\n", 0, match.start()) + 1
            is_lab = name.startswith(("lab/", "tests/", "bench/")) and macro != "_GNU_SOURCE"
            if not is_lab and not name.startswith("src/os/"):
                complaints.append(f"{name}:{line}: {macro}; only src/os meets the kernel")
        if path.suffix == ".build" and "_GNU_SOURCE" in text:
            complaints.append(f"{name}: _GNU_SOURCE for a whole folder; define it in the one file")
        for match in PROMISE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            complaints.append(f"{name}:{line}: {match.group(1)}: do it, or open an issue")
    return report(complaints, f"{count} files")


if __name__ == "__main__":
    sys.exit(main())
