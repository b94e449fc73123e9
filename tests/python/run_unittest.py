"""Runs the Python tests of this folder where there is no pytest: those that need it are named.

Most interpreters have no pytest. Whatever concerns the interpreter itself (futures, executors) is
written for unittest; what is written for pytest says so here, by name, and is left out.
"""

import importlib
import os
import sys
import unittest


def main() -> int:
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, folder)
    suite = unittest.TestSuite()
    for name in sorted(os.listdir(folder)):
        if not (name.startswith("test_") and name.endswith(".py")):
            continue
        try:
            module = importlib.import_module(name[:-3])
        except (ModuleNotFoundError, unittest.SkipTest) as error:
            if isinstance(error, ModuleNotFoundError) and error.name != "pytest":
                raise
            print(f"skipped {name}: {error}", file=sys.stderr)
            continue
        suite.addTests(unittest.defaultTestLoader.loadTestsFromModule(module))
    return 0 if unittest.TextTestRunner().run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
