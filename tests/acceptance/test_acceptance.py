"""CPython's own tests with Treadle's classes in place, on the interpreter that runs this."""

import argparse
import collections
import textwrap

import acceptance
import pytest


@pytest.fixture(scope="module")
def verdicts():
    if not acceptance.has_tests():
        pytest.skip(acceptance.WHY_NO_TESTS)
    options = argparse.Namespace(
        suite=None, only="", jobs=6, limit=acceptance.LIMIT, everything=False, v=False
    )
    return acceptance.run_all(options)


def test_every_test_of_threads_futures_and_asyncio_passes(verdicts):
    failed = {
        test: verdict.text for test, verdict in verdicts.items() if verdict.outcome == "failed"
    }
    assert not failed, "\n".join(f"{test}\n{text}" for test, text in failed.items())


def test_they_were_all_found(verdicts):
    suites = collections.Counter(
        "asyncio" if ".test_asyncio." in test else "futures"
        for test, verdict in verdicts.items()
        if verdict.outcome == "passed"
    )
    assert suites["futures"] >= 60 and suites["asyncio"] >= 380, suites


SAMPLE = """
    import os, threading, unittest

    class Sample(unittest.TestCase):
        def test_1_passes(self): pass
        def test_2_dies(self): os.abort()
        def test_3_fails(self): self.assertEqual(1, 2)
        def test_4_hangs(self): threading.Event().wait()
        def test_5_is_skipped(self): self.skipTest("no reason")
        def test_6_has_a_part_that_fails(self):
            with self.subTest("a part"): self.fail("in a part")
        def test_7_passes(self): pass
"""


def test_one_that_hangs_or_dies_costs_one_test(tmp_path, monkeypatch):
    if not acceptance.has_tests():
        pytest.skip(acceptance.WHY_NO_TESTS)
    (tmp_path / "sample_of_tests.py").write_text(textwrap.dedent(SAMPLE))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    ((name, tests),) = acceptance.list_classes("sample_of_tests").items()
    verdicts = acceptance.run_class("sample_of_tests", name, tests, limit=3)
    assert [verdicts[test].outcome for test in sorted(tests)] == [
        "passed", "failed", "failed", "failed", "skipped", "failed", "passed"
    ]  # fmt: skip
    texts = [verdicts[test].text for test in sorted(tests)]
    assert "exit code -6" in texts[1] and "1 != 2" in texts[2] and "in a part" in texts[5]
    assert "longer than 3 s" in texts[3] and "test_4_hangs" in texts[3]  # where it hung
