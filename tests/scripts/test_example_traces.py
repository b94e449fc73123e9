"""The synthetic traces of examples/traces are what their script writes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "traces"


class ExampleTracesTest(unittest.TestCase):
    def test_the_script_writes_the_files_that_ship(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, FOLDER / "make_traces.py", folder], check=True)
            written = sorted(path.name for path in Path(folder).iterdir())
            self.assertEqual(written, sorted(path.name for path in FOLDER.glob("*.csv")))
            for name in written:
                with self.subTest(name):
                    made = (Path(folder) / name).read_bytes()
                    self.assertEqual(made, (FOLDER / name).read_bytes())


if __name__ == "__main__":
    unittest.main()
