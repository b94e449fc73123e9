"""Python files are laid out by black and, tests of the package apart, clean under mypy --strict.
Other versions judge differently, so only those that the project uses may.

law_python.py layout | law_python.py types CACHE_FOLDER
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

from tree import ROOT, report, skip

VERSIONS = {"black": "23", "mypy": "1.0"}
TYPED = ["python/treadle", "scripts/tally", "tests/install", "tests/law", "tests/scripts"]
FOLDERS = ["bench", "python", "scripts/tally", "tests"]


def find(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        skip(f"needs {tool} {VERSIONS[tool]}; none is installed")
    text = subprocess.run([str(path), "--version"], text=True, capture_output=True).stdout
    match = re.search(r"\d+\.\d+", text)
    found = match.group(0) if match else "?"
    if not f"{found}.".startswith(f"{VERSIONS[tool]}."):
        skip(f"needs {tool} {VERSIONS[tool]}, and {path} is {found}")
    return str(path)


def complaints_of(*command: str) -> list[str]:
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode == 0:
        return []
    return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]


def main() -> int:
    if sys.argv[1] == "layout":
        complaints = complaints_of(find("black"), "--check", *FOLDERS)
        found = [line for line in complaints if line.startswith(("would reformat", "error"))]
        if complaints:
            found.append(f"mend it with: black {' '.join(FOLDERS)}")
        return report(found, "layout")
    mypy = [find("mypy"), "--no-error-summary", "--cache-dir", sys.argv[2]]
    return report(complaints_of(*mypy, *TYPED), "types")


if __name__ == "__main__":
    sys.exit(main())
