/* fuzz.h - what a fuzz target defines. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

/** Handles one input; aborts when what must hold does not. Returns 0. The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Writes a good input of at most `capacity` bytes; returns its size. */
size_t fuzz_seed(uint8_t *data, size_t capacity);

#endif
