"""The law can be broken: every check is shown a small tree that keeps it and one that does not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tree import report

HERE = Path(__file__).resolve().parent
LAWFUL = {
    "include/treadle/one.h": "#include <stddef.h>\n",
    "src/base/list.h": "/* list.h */\n",
    "src/base/pure.h": "#include <stdlib.h>\n#pragma GCC poison malloc\n",
    "docs/n.md": "[one](n.md) `[two](none)` [three](https://example.org/x)\n",
    "src/core/sched.c": '#include "base/list.h"\n\n#include <treadle/one.h>\n\n'
    "/* a TO-DO list is fine */\nint sched_f(int a) {\n    return a;\n}\n",
    "src/os/clock.c": "#define _GNU_SOURCE\n#include <time.h>\n",
    "lab/main.c": '#include <treadle/one.h>\n#include "lab/say.h"\n',
    "lab/say.h": "/* say.h */\n",
    "python/treadle/__init__.py": "def f() -> None:\n    pass\n",
    "python/treadle/lab/__init__.py": "",
}
# Check, a file that breaks it, its text, and what the complaint must say.
BROKEN = [
    ("law_includes", "src/base/heap.c", '#include "core/sched.h"\n', "src/base includes src/core"),
    ("law_includes", "src/core/a.c", '#include "os/park.h"\n', "src/core includes src/os"),
    ("law_includes", "src/sim/b.c", '#include "pool/idle.h"\n', "src/sim includes src/pool"),
    ("law_includes", "lab/c.c", '#include "base/list.h"\n', "lab includes src/base"),
    ("law_includes", "lab/c.c", '#include "src/base/list.h"\n', "lab includes src/base"),
    ("law_includes", "lab/c.c", '#include "../src/base/list.h"\n', "lab includes src/base"),
    ("law_includes", "python/src/d.c", '#include "pool/idle.h"\n', "python/src includes src/pool"),
    ("law_includes", "src/policy/fifo.c", '#include "lifo.h"\n', "no plug-in knows another"),
    ("law_includes", "src/sizer/e.c", "#include <time.h>\n", "a pure layer includes <time.h>"),
    ("law_includes", "include/treadle/f.h", "#include <pthread.h>\n", "allowed: standard C"),
    ("law_includes", "include/treadle/f.h", "#include <treadle/none.h>\n", "no public header"),
    ("law_size", "src/core/long.c", "int f;\n" * 501, "501 lines, at most 500"),
    ("law_size", "lab/g.c", "int g_f(int a) {\n" + "    a++;\n" * 69 + "}\n", "g_f has 71 lines"),
    ("law_size", "python/h.py", "def h() -> None:\n" + "    h()\n" * 70, "h has 71 lines"),
    ("law_size", "lab/list.h", "/* twice */\n", "one name for several files"),
    ("law_words", "src/pool/i.c", "#define _GNU_SOURCE\n", "only src/os meets the kernel"),
    ("law_words", "src/sim/j.c", "/* TO" "DO: later */\n", "do it, or open an issue"),
    ("law_documents", "docs/l.md", "[a](m.md)", "the link to m.md leads nowhere"),
    ("law_documents", "docs/l.md", "```c\n/* l.c - x */\nint l\n```\n", "l.c, as shown"),
    ("law_documents", "docs/l.md", "```c\n/* l.c - x */\nvoid *l = &malloc;\n```\n", "l.c, as"),
    ("law_headers", "include/treadle/k.h", "size_t k(void);\n", "treadle/k.h"),
]
OTHERS = {
    "src/core/sched.h": "",
    "src/os/park.h": "",
    "src/pool/idle.h": "",
    "src/policy/lifo.h": "",
}


def run(check: str, tree: dict[str, str], arguments: list[str]) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tree.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(HERE / f"{check}.py"), *arguments],
            env={**os.environ, "LAW_ROOT": folder, "PYTHONDONTWRITEBYTECODE": "1"},
            text=True,
            capture_output=True,
            check=False,
        )
    return done.returncode, done.stdout + done.stderr


def run_symbols(compiler: str, kind: str, source: str) -> tuple[int, str]:
    """law_symbols on a library made of `source`, in a tree whose one header declares trd_one."""
    with tempfile.TemporaryDirectory() as folder:
        library = str(Path(folder, "library"))
        flag = "-c" if kind == "pure" else "-shared"
        subprocess.run(
            [compiler, flag, "-fPIC", "-xc", "-", "-o", library],
            input=source,
            text=True,
            check=True,
        )
        header = {"include/treadle/one.h": "/** One. */\nint trd_one(void);\n"}
        return run("law_symbols", header, [kind, library])


def check_symbols(compiler: str) -> list[str]:
    cases = [
        (
            "pure",
            "int strcmp(const char *, const char *); int f(void) { return strcmp(0, 0); }",
            "",
        ),
        ("pure", "long time(long *); long f(void) { return time(0); }", "calls time"),
        ("exported", "int trd_one(void) { return 1; }", ""),
        ("exported", "int trd_two(void) { return 2; }", "trd_one is declared and not in"),
        ("exported", "int trd_one(void) { return 1; } int two;", "two is exported and no public"),
    ]
    complaints = []
    for kind, source, expected in cases:
        code, output = run_symbols(compiler, kind, source)
        if code != (1 if expected else 0) or expected not in output:
            complaints.append(f"law_symbols {kind} on {source!r}: {code}, {output}")
    return complaints


def main() -> int:
    compiler = sys.argv[1]
    complaints = check_symbols(compiler)
    arguments = {"law_documents": [compiler], "law_headers": [compiler]}
    for check in sorted({check for check, *_ in BROKEN}):
        code, output = run(check, {**LAWFUL, **OTHERS}, arguments.get(check, []))
        if code != 0:
            complaints.append(f"{check} complains about a lawful tree: {output}")
    for check, name, text, expected in BROKEN:
        code, output = run(check, {**LAWFUL, **OTHERS, name: text}, arguments.get(check, []))
        if code != 1 or expected not in output:
            complaints.append(f"{check} does not say {expected!r} of {name}: {code}, {output}")
    return report(complaints, f"{len(BROKEN)} broken laws")


if __name__ == "__main__":
    sys.exit(main())
