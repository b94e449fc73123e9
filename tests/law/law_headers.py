"""Each public header compiles alone, as C17 and as C++17, without a warning.

law_headers.py C_COMPILER [C++_COMPILER]
"""

from __future__ import annotations

import subprocess
import sys

from tree import ROOT, files, name_of, report

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]


def compile_alone(command: list[str], header: str) -> str:
    """The compiler's complaint, or ""."""
    source = f"#include <{header}>\n#include <{header}>\nextern int not_empty;\n"
    done = subprocess.run(
        [*command, *WARNINGS, f"-I{ROOT / 'include'}", "-fsyntax-only", "-"],
        input=source,
        text=True,
        capture_output=True,
        check=False,
    )
    return "" if done.returncode == 0 else f"{header}: {' '.join(command)}: {done.stderr}"


def main() -> int:
    commands = [[sys.argv[1], "-std=c17", "-xc"]]
    if len(sys.argv) > 2 and sys.argv[2]:
        commands.append([sys.argv[2], "-std=c++17", "-xc++"])
    headers = [name_of(path).removeprefix("include/") for path in files(".h", under=("include",))]
    found = [compile_alone(command, header) for header in headers for command in commands]
    return report([text for text in found if text], f"{len(headers)} public headers")


if __name__ == "__main__":
    sys.exit(main())
