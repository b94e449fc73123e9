"""treadle.install() and `python -m treadle run`: unchanged programs get Treadle's executor."""

import asyncio
import concurrent.futures
import concurrent.futures.thread
import os
import subprocess
import sys
import tempfile
import unittest

import treadle

STANDARD = concurrent.futures.thread.ThreadPoolExecutor


class InstallTest(unittest.TestCase):
    def tearDown(self):
        treadle.uninstall()
        self.assertIs(concurrent.futures.ThreadPoolExecutor, STANDARD)
        self.assertIs(concurrent.futures.thread.ThreadPoolExecutor, STANDARD)

    def test_names_are_swapped_and_swapped_back(self):
        with treadle.install():
            from concurrent.futures import ThreadPoolExecutor
            from concurrent.futures.thread import ThreadPoolExecutor as other

            self.assertTrue(issubclass(ThreadPoolExecutor, treadle.ThreadPoolExecutor))
            self.assertIs(ThreadPoolExecutor, other)
            with ThreadPoolExecutor(1) as pool:
                self.assertEqual(pool.submit(pow, 2, 3).result(), 8)
        self.assertIs(concurrent.futures.ThreadPoolExecutor, STANDARD)

    def test_options_are_defaults_and_the_program_goes_first(self):
        treadle.install(insight=True, max_pending=5)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            self.assertTrue(pool.stats().has_insight)
            self.assertEqual(pool._engine.max_pending, 5)
        with concurrent.futures.ThreadPoolExecutor(1, insight=False) as pool:
            self.assertFalse(pool.stats().has_insight)

    def test_asyncio_gets_it_for_its_default_executor(self):
        async def kind():
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, int)
            return type(loop._default_executor)

        with treadle.install():
            self.assertTrue(issubclass(asyncio.run(kind()), treadle.ThreadPoolExecutor))

    def test_what_is_wrong_is_said_at_once_and_nothing_is_swapped(self):
        with self.assertRaises(ValueError):
            treadle.install(policy="nonsense")
        with self.assertRaises(TypeError):
            treadle.install(nonsense=1)
        self.assertIs(concurrent.futures.ThreadPoolExecutor, STANDARD)

    def test_installations_nest(self):
        with treadle.install(max_pending=1) as outer:
            with treadle.install(max_pending=2) as inner:
                self.assertIs(concurrent.futures.ThreadPoolExecutor, inner.executor)
            self.assertIs(concurrent.futures.ThreadPoolExecutor, outer.executor)

    def test_classes_may_derive_from_it(self):
        with treadle.install(insight=True):

            class Mine(concurrent.futures.ThreadPoolExecutor):
                pass

            with Mine(1) as pool:
                self.assertTrue(pool.stats().has_insight)


class RunTest(unittest.TestCase):
    """Each program is run by plain Python, too: it must see the same."""

    LOOK = (
        "import sys, threading\n"
        "print(__name__, globals().get('__file__'), sys.argv, sys.path[0] or 'here')\n"
        "print(sys.modules['__main__'].__dict__ is globals(), __builtins__.__name__)\n"
    )

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_python(self, *arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            env=dict(os.environ, PYTHONPATH=os.path.dirname(os.path.dirname(treadle.__file__))),
        )

    def both(self, *arguments):
        plain = self.run_python(*arguments)
        ours = self.run_python("-m", "treadle", "run", *arguments)
        self.assertEqual(
            (ours.stdout, ours.stderr, ours.returncode),
            (plain.stdout, plain.stderr, plain.returncode),
        )
        return ours

    def test_scripts_see_what_plain_python_shows_them(self):
        self.both(self.write("look.py", self.LOOK), "a", "--stats", "-c")
        self.write("deep/look.py", self.LOOK)
        self.both("deep/look.py")

    def test_modules_and_code_do_too(self):
        self.write("look.py", self.LOOK)
        self.write("package/__init__.py", "")
        self.write("package/__main__.py", "from . import other\n" + self.LOOK)
        self.write("package/other.py", "")
        self.both("-m", "look", "x")
        self.both("-m", "package")
        self.both("-c", self.LOOK, "x", "y")

    def test_folders_with_a_main_module_do_too(self):
        self.write("app/__main__.py", self.LOOK)
        self.both("app", "x")

    def test_errors_end_it_as_they_end_plain_python(self):
        fails = "def f():\n    raise ValueError('wrong')\ntry:\n    f()\nfinally:\n    print(1)\n"
        self.assertEqual(self.both(self.write("fails.py", fails)).returncode, 1)
        self.both("-m", "fails")
        self.both(self.write("syntax.py", "x = (\n"))
        self.both(self.write("exits.py", "import sys; sys.exit('no more')\n"))
        self.assertEqual(self.both("-c", "raise SystemExit(7)").returncode, 7)
        self.both("nowhere.py")
        self.both("-m", "nowhere")
        self.both("-c", "raise KeyboardInterrupt")
        self.both("-c", "import sys; sys.excepthook = lambda *e: print(e[1])\n1 / 0")

    def test_what_runs_after_the_main_program_still_finds_it(self):
        text = (
            "import atexit, sys, threading\n"
            "value = 5\n"
            "gate = threading.Event()\n"
            "def late():\n"
            "    gate.wait()\n"
            "    print(value, sys.modules['__main__'].value)\n"
            "threading.Thread(target=late).start()\n"
            "atexit.register(lambda: print(value))\n"
            "threading._register_atexit(gate.set)\n"
        )
        self.assertEqual(self.both(self.write("late.py", text)).stdout, "5 5\n5\n")

    POOL = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(1, 'crew') as pool:\n"
        "    print(pool.submit(pow, 2, 5).result(), ThreadPoolExecutor.__module__)\n"
    )

    def test_the_program_gets_our_executor_and_statistics_are_printed(self):
        path = self.write("pool.py", self.POOL)
        done = self.run_python("-m", "treadle", "run", "--policy=lifo", "--stats", path)
        self.assertEqual((done.stdout, done.returncode), ("32 treadle\n", 0), done.stderr)
        self.assertIn("treadle: pool crew\n", done.stderr)
        self.assertIn("pow: wait", done.stderr)

    def test_wrong_options_are_named(self):
        for arguments, said in (
            (["--policy", "nonsense", "-c", "pass"], "unknown policy 'nonsense'"),
            (["--nonsense", "-c", "pass"], "unknown option --nonsense"),
            (["--sizer"], "--sizer needs a value"),
            ([], "usage:"),
        ):
            done = self.run_python("-m", "treadle", "run", *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main()
