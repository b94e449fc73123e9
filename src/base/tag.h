/* tag.h - what a client has been served, divided by its weight: the tags of fair queueing.
 *
 * A tag is a sum of quotients amount / weight, kept as a whole number and a fraction with the
 * weight as denominator: nothing is rounded, so nothing drifts, however long a pool runs. Only when
 * a weight changes, or a tag is raised to that of another client, a fraction smaller than
 * 1 / weight is lost or won. All zero is the tag 0. */
#ifndef TRD_BASE_TAG_H
#define TRD_BASE_TAG_H

#undef NDEBUG /* a broken invariant stops the program in release builds, too */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/** Its value is whole + part / weight, with part < weight (weight 0 counts as 1). */
struct trd_tag {
    uint64_t whole;
    uint32_t part, weight;
};

/** Amounts are below it, so that sums cannot overflow. */
#define TRD_TAG_AMOUNT_MAX (UINT64_C(1) << 60)

/** Of tags with the same whole number: is the fraction of `a` smaller than that of `b`? */
static inline bool trd__tag_is_part_before(const struct trd_tag *a, const struct trd_tag *b) {
    const uint64_t weight_a = a->weight ? a->weight : 1;
    const uint64_t weight_b = b->weight ? b->weight : 1;
    return a->part * weight_b < b->part * weight_a;
}

/** Is `a` smaller than `b`? */
static inline bool trd__tag_is_before(const struct trd_tag *a, const struct trd_tag *b) {
    return a->whole != b->whole ? a->whole < b->whole : trd__tag_is_part_before(a, b);
}

/* The rest of the three below, with divisions. */
void trd__tag_add_part(struct trd_tag *tag, uint64_t amount, uint32_t weight);
void trd__tag_subtract_part(struct trd_tag *tag, uint64_t amount, uint32_t weight);
void trd__tag_raise_part(struct trd_tag *tag, const struct trd_tag *floor, uint32_t weight);

/** Adds amount / weight; amount <= TRD_TAG_AMOUNT_MAX, weight >= 1. */
static inline void trd__tag_add(struct trd_tag *tag, uint64_t amount, uint32_t weight) {
    if (tag->weight == 1 && weight == 1) { /* as most are: there is no fraction */
        assert(amount <= TRD_TAG_AMOUNT_MAX);
        tag->whole += amount;
    } else {
        trd__tag_add_part(tag, amount, weight);
    }
}

/** Takes amount / weight away, but nothing below 0. */
static inline void trd__tag_subtract(struct trd_tag *tag, uint64_t amount, uint32_t weight) {
    if (tag->weight == 1 && weight == 1) {
        tag->whole -= amount < tag->whole ? amount : tag->whole;
    } else {
        trd__tag_subtract_part(tag, amount, weight);
    }
}

/** Makes it `floor` if it is smaller, rounded up to the next multiple of 1 / weight. */
static inline void trd__tag_raise(struct trd_tag *tag, const struct trd_tag *floor,
                                  uint32_t weight) {
    if (!trd__tag_is_before(tag, floor)) {
        return;
    }
    if (floor->weight == weight) {
        *tag = *floor;
    } else {
        trd__tag_raise_part(tag, floor, weight);
    }
}

#endif
