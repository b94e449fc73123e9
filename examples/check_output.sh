#!/bin/sh
# Runs an example and compares what it prints with the file beside its source: check_output.sh
# EXPECTED PROGRAM [arguments...]
set -eu
expected=$1
shift
"$@" | diff -u "$expected" -
