/* verdict.c - from paired differences to one of four verdicts. */
#include "lab/stats/verdict.h"

#include "lab/stats/signed_rank.h"

#include <math.h>

/* Fewest blocks with a 95 % interval; most that a study is told to make. */
enum { FEWEST = 6, MOST = 100000 };

static enum lab_verdict_kind kind_of(const struct lab_decision *decision) {
    const double fast = 1 / (1 + decision->margin), slow = 1 + decision->margin;
    if (decision->high < 1) {
        if (decision->b_faster <= decision->b_slower)
            return LAB_UNDECIDED;
        return decision->high < fast ? LAB_FASTER : LAB_FASTER_MAYBE_NEGLIGIBLE;
    }
    if (decision->low > 1) {
        if (decision->b_slower <= decision->b_faster)
            return LAB_UNDECIDED;
        return decision->low > slow ? LAB_SLOWER : LAB_SLOWER_MAYBE_NEGLIGIBLE;
    }
    return decision->low_90 > fast && decision->high_90 < slow ? LAB_TIE : LAB_UNDECIDED;
}

/* The interval narrows with the root of the number of blocks; it decides once its half-width is the
 * margin. Never fewer than one block more than there were: those did not decide. */
static uint32_t needed(const struct lab_decision *decision) {
    if (decision->blocks < FEWEST)
        return FEWEST;
    double half_width = log(decision->high / decision->low) / 2;
    double excess = half_width / log1p(decision->margin);
    double blocks = ceil(decision->blocks * excess * excess);
    double fewest = (double)decision->blocks + 1;
    return blocks >= MOST ? MOST : (uint32_t)fmax(blocks, fewest);
}

void lab_decide(const double *difference, size_t count, double margin,
                struct lab_decision *decision) {
    struct lab_walsh walsh;
    if (count > LAB_BLOCKS_MAX)
        count = LAB_BLOCKS_MAX;
    lab_walsh_averages(difference, count, &walsh);
    *decision = (struct lab_decision){.blocks = (uint32_t)count, .margin = margin};
    for (size_t i = 0; i < count; i++) {
        decision->b_faster += difference[i] < 0;
        decision->b_slower += difference[i] > 0;
    }
    decision->ratio = exp(lab_hodges_lehmann(&walsh));
    (void)lab_signed_rank_interval(&walsh, count, 0.95, &decision->low, &decision->high);
    (void)lab_signed_rank_interval(&walsh, count, 0.90, &decision->low_90, &decision->high_90);
    decision->low = exp(decision->low);
    decision->high = exp(decision->high);
    decision->low_90 = exp(decision->low_90);
    decision->high_90 = exp(decision->high_90);
    if (count >= FEWEST)
        decision->kind = kind_of(decision);
    if (decision->kind == LAB_UNDECIDED)
        decision->blocks_needed = needed(decision);
}

bool lab_is_not_faster(const struct lab_decision *decision) {
    return decision->kind == LAB_TIE || decision->low >= 1 / (1 + decision->margin);
}

bool lab_is_not_slower(const struct lab_decision *decision) {
    return decision->kind == LAB_TIE || decision->high <= 1 + decision->margin;
}

bool lab_is_different(enum lab_verdict_kind kind) {
    return kind != LAB_UNDECIDED && kind != LAB_TIE;
}
