"""What `make install` puts in place can be used: a program built against the installed headers and
libraries with pkg-config runs, linked dynamically and statically; command and man page are there.

install.py MESON BUILD_FOLDER C_COMPILER VERSION
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
#include <treadle/treadle.h>
#include <stdio.h>
#include <string.h>

static void *add_one(void *arg) {
    *(int *)arg += 1;
    return arg;
}

int main(void) {
    struct trd_error error = {0};
    struct trd_pool *pool = NULL;
    struct trd_future *future = NULL;
    int number = 41;

    if (trd_pool_create(&(struct trd_pool_config){.workers_max = 2}, &pool, &error) != 0) {
        fprintf(stderr, "%s\\n", error.message);
        return 1;
    }
    if (trd_pool_submit(pool, add_one, &number, NULL, &future) != 0 ||
        trd_future_wait(future, TRD_FOREVER) != 0 || trd_future_result(future) != &number) {
        return 2;
    }
    trd_future_unref(future);
    trd_pool_destroy(pool);
    printf("%d %s\\n", number, trd_version());
    return strcmp(trd_version(), TREADLE_VERSION);
}
"""


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
    source.write_text(PROGRAM, encoding="utf-8")
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
        if told != f"42 {version}":
            raise SystemExit(f"the program said {told!r}, expected '42 {version}'")
    one(root, "treadle.1")
    command = next(path for path in root.rglob("treadle") if path.parent.name == "bin")
    told = output(str(command), "--version", LD_LIBRARY_PATH=str(libraries.parent))
    if version not in told:
        raise SystemExit(f"the installed command says {told!r}, expected version {version}")


def main() -> int:
    meson, build, compiler, version = sys.argv[1:5]
    with tempfile.TemporaryDirectory() as folder:
        output(meson, "install", "-C", build, "--no-rebuild", "--quiet", DESTDIR=folder)
        check(Path(folder).resolve(), compiler, version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
