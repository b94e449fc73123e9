"""The manual pages of the C interface: every function has one, and the tools for such pages have
nothing against them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "include" / "treadle"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("man") / "man3"
    subprocess.run([str(ROOT / "scripts" / "man-pages"), str(folder), "1.2.3"], check=True)
    return folder


def declared() -> dict[str, str]:
    """Function → header, found in another way than the pages' writer does."""
    found = {}
    for path in HEADERS.glob("*.h"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        for match in re.finditer(r"^\w[\w *]*?\b(trd_\w+)\([^{}]*?\);", text, re.MULTILINE):
            found[match.group(1)] = path.stem
    return found


def test_every_function_leads_to_the_page_of_its_header(pages: Path) -> None:
    functions = declared()
    assert len(functions) > 50
    for function, header in functions.items():
        page = "libtreadle" if header == "treadle" else f"treadle_{header}"
        assert (pages / f"{function}.3").read_text("utf-8") == f".so man3/{page}.3\n"
        text = (pages / f"{page}.3").read_text("utf-8")
        assert re.search(rf"^\.SS .*\b{function}\b", text, re.MULTILINE), function


def test_a_page_tells_what_its_header_does(pages: Path) -> None:
    text = (pages / "treadle_future.3").read_text("utf-8")
    assert '.TH TREADLE_FUTURE 3 "" "treadle 1.2.3"' in text
    assert "treadle_future \\- the result of a task that will be there later" in text
    assert "\\-ECANCELED when it was cancelled" in text
    every = (pages / "libtreadle.3").read_text("utf-8")
    for path in HEADERS.glob("*.h"):
        assert path.stem == "treadle" or f"treadle_{path.stem} (3)" in every


def test_no_tool_warns_of_a_page(pages: Path) -> None:
    if shutil.which("mandoc") is None:
        pytest.skip("needs mandoc (Debian: mandoc)")
    names = [str(path) for path in sorted(pages.glob("*treadle*.3"))]
    names.append(str(ROOT / "docs" / "man" / "treadle.1"))
    done = subprocess.run(
        ["mandoc", "-Tlint", "-W", "warning", *names], text=True, capture_output=True, check=False
    )
    # A page without a date is the same whenever it is written.
    said = [line for line in done.stdout.splitlines() if "missing date" not in line]
    assert said == []
