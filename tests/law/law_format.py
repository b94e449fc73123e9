"""C files are laid out as .clang-format says. Versions of clang-format differ, so only the one that
the project uses may judge."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

from tree import ROOT, files, report, skip

VERSION = "14"


def find_formatter() -> str:
    reasons = []
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path is None:
            continue
        text = subprocess.run([path, "--version"], text=True, capture_output=True).stdout
        match = re.search(r"version (\d+)", text)
        if match and match.group(1) == VERSION:
            return path
        reasons.append(f"{path} is version {match.group(1) if match else '?'}")
    skip(f"needs clang-format {VERSION} ({'; '.join(reasons) or 'none is installed'})")
    return ""


def main() -> int:
    formatter = find_formatter()
    paths = [str(path.relative_to(ROOT)) for path in files(".c", ".h")]
    done = subprocess.run(
        [formatter, "--dry-run", *paths], cwd=ROOT, text=True, capture_output=True
    )
    lines = re.findall(r"^(\S+?:\d+):\d+: warning", done.stderr, re.MULTILINE)
    if done.returncode != 0:
        lines.append(done.stderr)
    names = sorted({line.split(":")[0] for line in lines})
    complaints = [f"{line}: not as clang-format lays it out" for line in lines[:20]]
    if names:
        complaints.append(f"mend it with: clang-format -i {' '.join(names)}")
    return report(complaints, f"{len(paths)} C files")


if __name__ == "__main__":
    sys.exit(main())
