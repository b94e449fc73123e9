"""docs/reference/command.md shows the help of every subcommand as the command prints it. Run with
--update, this file writes it there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference" / "command.md"
SHOWN = re.compile(r"(^## `treadle (\w+)`\n.*?```text\n)(.*?)(```)", re.MULTILINE | re.DOTALL)
COMMAND = Path(os.environ.get("TREADLE_BUILD", ROOT / "build")) / "treadle"


def help_of(*words: str) -> str:
    done = subprocess.run([COMMAND, *words, "--help"], text=True, capture_output=True, check=True)
    return done.stdout


def listed() -> list[str]:
    """The subcommands that `treadle --help` lists, but for help itself."""
    names = re.findall(r"^  (\w+) +\w", help_of().split("Options:")[0], re.MULTILINE)
    return [name for name in names if name != "help"]


def update() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    text = SHOWN.sub(lambda match: match.group(1) + help_of(match.group(2)) + match.group(4), text)
    REFERENCE.write_text(text, encoding="utf-8")


class CommandReferenceTest(unittest.TestCase):
    def test_shows_every_subcommand_as_it_explains_itself(self) -> None:
        text = REFERENCE.read_text(encoding="utf-8")
        shown = {match.group(2): match.group(3) for match in SHOWN.finditer(text)}
        self.assertEqual(sorted(shown), sorted(listed()))
        for name, block in shown.items():
            with self.subTest(name):
                self.assertEqual(block, help_of(name), f"mend it with: {__file__} --update")


if __name__ == "__main__":
    if "--update" in sys.argv:
        update()
    else:
        unittest.main()
