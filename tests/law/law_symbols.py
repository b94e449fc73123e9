"""What the object files say: the pure layers need nothing but arithmetic and memory, and the shared
library exports what the public headers declare, all of it and nothing else.

law_symbols.py pure LIBBRAIN_A | law_symbols.py exported LIBTREADLE_SO
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

from tree import files, name_of, report, skip, without_comments

# Functions of the C library that a pure layer may call, each without clock, lock, memory of the
# heap, thread or I/O. A new one needs the same to be true of it.
PURE_ALLOWED = set(
    "memchr memcmp memcpy memmove memset strchr strcmp strcspn strlen strncmp strnlen strrchr"
    " strspn strstr snprintf vsnprintf strtod strtoull strtoll"
    " ceil cos exp expm1 fabs floor fmax fmin fmod frexp isfinite isnan ldexp log log10 log1p log2"
    " lround llround nearbyint pow rint round sqrt trunc"
    " __assert_fail abort __stack_chk_fail _GLOBAL_OFFSET_TABLE_".split()
)
# What compilers make of the above.
ALIASES = re.compile(r"^__(isoc(99|23)_)?(\w+?)(_chk|_finite)?$")
RUNTIME = re.compile(r"^__(asan|ubsan|tsan|gcov|llvm)|^llvm_|^__start___|^__stop___")


def nm(*arguments: str) -> list[str]:
    if shutil.which("nm") is None:
        skip("needs nm (Debian: binutils)")
    done = subprocess.run(["nm", *arguments], text=True, capture_output=True, check=True)
    return done.stdout.splitlines()


def is_allowed(symbol: str) -> bool:
    match = ALIASES.match(symbol)
    return (
        symbol in PURE_ALLOWED
        or bool(RUNTIME.match(symbol))
        or (match is not None and match.group(3) in PURE_ALLOWED)
    )


def check_pure(library: str) -> int:
    defined = {line.split()[-1] for line in nm("-A", "--defined-only", library) if line.strip()}
    complaints = []
    count = 0
    for line in nm("-A", "-u", library):
        where, symbol = line.rsplit(":", 1)[0], line.split()[-1]
        count += 1
        if symbol not in defined and not is_allowed(symbol):
            complaints.append(
                f"{where}: calls {symbol}, which is not on the list of pure functions"
            )
    if not defined:
        complaints.append(f"{library} defines nothing: the wrong file?")
    return report(complaints, f"{count} undefined symbols of the pure layers")


def declared_functions() -> dict[str, str]:
    """Name → header of every function (and object) with linkage that a public header declares."""
    found = {}
    for path in files(".h", under=("include",)):
        text = re.sub(
            r"^\s*#.*$", "", without_comments(path.read_text("utf-8")), flags=re.MULTILINE
        )
        while re.search(r"\{[^{}]*\}", text.replace('extern " " {', "")):
            text = re.sub(r"\{[^{}]*\}", "@", text)
        for statement in re.split(r"[;@]", text):
            if "static inline" in statement:
                continue
            match = re.search(r"\b(trd_\w+)\s*\(", statement)
            match = match or re.search(r"extern const [^(\"]*\b(trd_\w+)$", statement.strip())
            if match:
                found[match.group(1)] = name_of(path)
    return found


def check_exported(library: str) -> int:
    exported = {line.split()[-1] for line in nm("-D", "--defined-only", library)}
    exported = {name for name in exported if not RUNTIME.match(name) and name[0] != "_"}
    declared = declared_functions()
    complaints = [
        f"{declared[name]}: {name} is declared and not in the shared library"
        for name in sorted(set(declared) - exported)
    ]
    complaints += [
        f"{name} is exported and no public header declares it"
        for name in sorted(exported - set(declared))
    ]
    return report(complaints, f"{len(exported)} exported symbols, {len(declared)} declared")


if __name__ == "__main__":
    sys.exit({"pure": check_pure, "exported": check_exported}[sys.argv[1]](sys.argv[2]))
