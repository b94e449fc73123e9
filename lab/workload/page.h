/* page.h - what the study's HTTP server serves: page (seed, index), the same on every side.
 *
 * The Python side has the same numbers in python/treadle/lab/workloads/http_get.py. Pure.
 */
#ifndef TREADLE_LAB_PAGE_H
#define TREADLE_LAB_PAGE_H

#include <stddef.h>
#include <stdint.h>

enum {
    LAB_PAGE_TEXT_BYTES = 32768,
    LAB_PAGE_MIN = 2048,
    LAB_PAGE_MAX = 16384,
    LAB_PAGE_HEAD_MAX = 96,
};

/* 64 random bits that belong to (seed, index). */
uint64_t lab_page_mix(uint64_t seed, uint64_t index);

/* Fills the text that every page is a piece of: LAB_PAGE_TEXT_BYTES bytes, no NUL behind them. */
void lab_page_text(char *text);

/* A page: a head of its own, then `piece_bytes` of the text from `piece_offset`. */
struct lab_page {
    char head[LAB_PAGE_HEAD_MAX];
    size_t head_bytes;
    size_t piece_offset, piece_bytes;
};

void lab_page_make(struct lab_page *page, uint64_t seed, uint64_t index);

/* How long the server takes for it: exponential around `mean_s`, spread so evenly over neighbouring
 * indices that the mean over any of their stretches is close to `mean_s`. Seconds. */
double lab_page_service_s(uint64_t seed, uint64_t index, double mean_s);

#endif
