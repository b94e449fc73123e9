"""CPython's own tests with Treadle's classes in place, on the interpreter that runs this."""

import collections
from typing import List

import acceptance
import pytest


@pytest.fixture(scope="module")
def outcomes() -> List[acceptance.Outcome]:
    if not acceptance.modules():
        pytest.skip("this interpreter has no tests of its own: apt install libpython3-testsuite")
    return acceptance.run(jobs=4)


def test_every_test_of_threads_and_futures_passes(outcomes: List[acceptance.Outcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.outcome == "failed"]
    assert not failed, "\n".join(f"{outcome.test}\n{outcome.text}" for outcome in failed)


def test_they_were_all_found(outcomes: List[acceptance.Outcome]) -> None:
    of = collections.Counter(
        "asyncio" if ".test_asyncio." in outcome.test else "futures"
        for outcome in outcomes
        if outcome.outcome == "passed"
    )
    assert of["futures"] >= 60 and of["asyncio"] >= 380, of
