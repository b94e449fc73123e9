#!/bin/sh
# Runs an example and compares what it prints with the file beside its source: check_output.sh
# PROGRAM EXPECTED
set -eu
"$1" | diff -u "$2" -
