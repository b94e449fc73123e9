/* page.c - pages and their service times. */
#include "lab/workload/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
static const uint64_t text_seed = UINT64_C(0x7472656164);
static const uint64_t service_seed = UINT64_C(0x73657276696365);

/* The output function of splitmix64 (Steele, Lea and Flood, OOPSLA 2014). */
uint64_t lab_page_mix(uint64_t seed, uint64_t index) {
    uint64_t z = seed + (index + 1) * golden;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void lab_page_text(char *text) {
    for (size_t i = 0; i < LAB_PAGE_TEXT_BYTES / 16; i++) {
        char word[17];
        (void)snprintf(word, sizeof word, "%016" PRIx64, lab_page_mix(text_seed, i)); /* fits */
        memcpy(text + 16 * i, word, 16);
    }
}

void lab_page_make(struct lab_page *page, uint64_t seed, uint64_t index) {
    const uint64_t bits = lab_page_mix(seed, index);
    const int length =
        snprintf(page->head, sizeof page->head,
                 "<!doctype html><title>page %" PRIu64 " of %" PRIu64 "</title>\n", index, seed);
    page->head_bytes = (size_t)length;
    page->piece_bytes = (size_t)(LAB_PAGE_MIN + bits % (LAB_PAGE_MAX - LAB_PAGE_MIN));
    page->piece_offset = (size_t)((bits >> 32) % (LAB_PAGE_TEXT_BYTES - LAB_PAGE_MAX));
}

double lab_page_service_s(uint64_t seed, uint64_t index, double mean_s) {
    /* A Weyl sequence of the golden ratio, from a start that belongs to the seed. */
    const uint64_t place = lab_page_mix(seed ^ service_seed, 0) + index * golden;
    const double uniform = (double)(place >> 11) * 0x1.0p-53;
    return -mean_s * log1p(-uniform * 0.999); /* at most 6.9 times the mean */
}
