"""What `make install` puts in place can be used: the program of docs/reference/c-api.md, built with
pkg-config against the installed headers and libraries, runs, linked dynamically and statically;
command and manual pages are there, and the command finds its Python package.

install.py MESON BUILD_FOLDER C_COMPILER VERSION
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def documented_program() -> str:
    text = (ROOT / "docs" / "reference" / "c-api.md").read_text(encoding="utf-8")
    match = re.search(r"```c\n(.*?)```", text, re.DOTALL)
    if match is None:
        raise SystemExit("docs/reference/c-api.md shows no program any more")
    return match.group(1)


def output(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, env={**os.environ, **environment}, text=True, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}{done.stdout}")
    return done.stdout.strip()


def one(root: Path, pattern: str) -> Path:
    found = sorted(root.rglob(pattern))
    if not found:
        raise SystemExit(f"nothing called {pattern} was installed below {root}")
    return found[0]


def check(root: Path, compiler: str, version: str) -> None:
    """`root` is the DESTDIR of an installation."""
    pkg_config = {
        "PKG_CONFIG_PATH": str(one(root, "treadle.pc").parent),
        "PKG_CONFIG_SYSROOT_DIR": str(root),
    }
    source = root / "program.c"
    source.write_text(documented_program(), encoding="utf-8")
    libraries = one(root, "libtreadle.so")
    if output("pkg-config", "--modversion", "treadle", **pkg_config) != version:
        raise SystemExit("treadle.pc tells another version than the build")
    for kind in ((), ("--static",)):
        program = str(root / "program")
        flags = output("pkg-config", "--cflags", "--libs", *kind, "treadle", **pkg_config).split()
        static = ["-static"] if kind else []
        output(compiler, "-std=c17", "-Werror", "-o", program, str(source), *static, *flags)
        told = output(program, LD_LIBRARY_PATH=str(libraries.parent))
        print(f"{'static' if kind else 'dynamic'}: {told}")
        if told != "144":
            raise SystemExit(f"the program said {told!r}, expected '144'")
    one(root, "treadle.1")
    page = one(root, "trd_pool_submit.3").read_text(encoding="utf-8").removeprefix(".so man3/")
    if "trd_pool_submit" not in one(root, page.strip()).read_text(encoding="utf-8"):
        raise SystemExit("the manual page of trd_pool_submit leads nowhere")
    command = next(path for path in root.rglob("treadle") if path.parent.name == "bin")
    told = output(str(command), "--version", LD_LIBRARY_PATH=str(libraries.parent))
    if version not in told:
        raise SystemExit(f"the installed command says {told!r}, expected version {version}")
    told = output(str(command), "list", LD_LIBRARY_PATH=str(libraries.parent), PYTHONPATH="")
    if "treadle.ThreadPoolExecutor" not in told or "fibonacci" not in told:
        raise SystemExit(f"the installed command does not find its Python package:\n{told}")


def main() -> int:
    meson, build, compiler, version = sys.argv[1:5]
    with tempfile.TemporaryDirectory() as folder:
        output(meson, "install", "-C", build, "--no-rebuild", "--quiet", DESTDIR=folder)
        check(Path(folder).resolve(), compiler, version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
