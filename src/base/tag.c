/* tag.c - arithmetic of tags with fractions. */
#include "base/tag.h"

/* The same value, up to less than 1 / weight, with another denominator. */
static void tag_rescale(struct trd_tag *tag, uint32_t weight) {
    assert(weight > 0);
    if (tag->weight != weight) {
        tag->part = tag->weight ? (uint32_t)((uint64_t)tag->part * weight / tag->weight) : 0;
        tag->weight = weight;
    }
}

void trd__tag_add_part(struct trd_tag *tag, uint64_t amount, uint32_t weight) {
    assert(amount <= TRD_TAG_AMOUNT_MAX);
    tag_rescale(tag, weight);
    const uint64_t sum = tag->part + amount;
    tag->whole += sum / weight;
    tag->part = (uint32_t)(sum % weight);
}

void trd__tag_subtract_part(struct trd_tag *tag, uint64_t amount, uint32_t weight) {
    tag_rescale(tag, weight);
    uint64_t whole = amount / weight;
    const uint32_t part = (uint32_t)(amount % weight);
    if (tag->part < part) {
        whole++;
        tag->part += weight - part;
    } else {
        tag->part -= part;
    }
    if (tag->whole < whole) {
        tag->whole = tag->part = 0;
    } else {
        tag->whole -= whole;
    }
}

void trd__tag_raise_part(struct trd_tag *tag, const struct trd_tag *floor, uint32_t weight) {
    assert(weight > 0);
    const uint64_t denominator = floor->weight ? floor->weight : 1;
    const uint64_t part = ((uint64_t)floor->part * weight + denominator - 1) / denominator;
    tag->whole = floor->whole + part / weight;
    tag->part = (uint32_t)(part % weight);
    tag->weight = weight;
}
