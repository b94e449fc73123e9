# Thin: every target is a script that can be read and run on its own.
#
#   make study      set up, build, run the quick study, print the summary and the report's path
#   make check      set up, build, test; the last line is "N passed, N failed"
#   make check-all  the same under ASan + UBSan, TSan, valgrind, and every interpreter found
#   make            build: the command build/treadle, the Python package in build/python
#   make install    command, library, headers, pkg-config file, man pages, the Python package beside
#                   the command (PREFIX, DESTDIR)
#   make theory     every formula of queueing theory against the simulator, the long run
#   make bench      what the pools cost, beside peers  make clean      remove what was built
#
# PYTHON="/usr/bin/python3 /opt/python3.13/bin/python3" builds for several interpreters; the first
# is the default one. STUDY holds further options of `treadle study`, BENCH of bench/compare.py.

PYTHON ?= /usr/bin/python3
PREFIX ?= /usr/local
DESTDIR ?=
STUDY ?=
BENCH ?=
WERROR ?= false
export PYTHON PREFIX DESTDIR WERROR

all:
	@scripts/build

study:
	@scripts/setup build study
	@scripts/study --quick $(STUDY)

check:
	@scripts/setup
	@scripts/check

check-all:
	@scripts/setup
	@scripts/check-all

theory:
	@scripts/build
	@scripts/theory

bench:
	@scripts/setup build bench
	@scripts/bench $(BENCH)

install:
	@scripts/build
	DESTDIR="$(abspath $(DESTDIR))" meson install -C build --no-rebuild

clean:
	rm -rf build build-asan build-tsan build-interpreters

.PHONY: all study check check-all theory bench install clean
