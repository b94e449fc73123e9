/* verdict.h - what a comparison of paired blocks says: an effect, its interval, one of four
 * verdicts.
 *
 *   95 % interval wholly beyond the margin          faster / slower
 *   95 % interval excludes 1, reaches the margin    faster / slower, maybe negligible
 *   90 % interval inside the margin                 tie (two one-sided tests at 5 %)
 *   else                                            undecided, and how many blocks would decide
 *
 * The margin m reaches from 1 / (1 + m) to 1 + m. When the count of faster blocks does not agree
 * with the direction of the interval, the verdict is undecided.
 *
 * Sources: Schuirmann, "A comparison of the two one-sided tests procedure and the power approach",
 * J. Pharmacokinet. Biopharm. 15 (1987), for the tie; Kalibera & Jones, "Rigorous benchmarking in
 * reasonable time", ISMM 2013, for effects with intervals in place of significance.
 */
#ifndef TREADLE_LAB_VERDICT_H
#define TREADLE_LAB_VERDICT_H

#include "lab/model/results.h"
#include "lab/stats/pairing.h"

struct lab_decision {
    uint32_t blocks, b_faster, b_slower; /* in so many of the blocks */
    double ratio, low, high; /* of b to a, 95 %; NaN: no blocks; low and high also under 6 blocks */
    double low_90, high_90;
    double margin;
    enum lab_verdict_kind kind;
    uint32_t blocks_needed; /* at least, when undecided; 0 otherwise */
};

/* From the differences ln(b / a) by block. */
void lab_decide(const double *difference, size_t count, double margin,
                struct lab_decision *decision);

/* b is shown not to be faster (slower) than a beyond the margin: a tie, or the 95 % interval leaves
 * no room for it. The opposite of LAB_FASTER (LAB_SLOWER); with neither, it cannot be told. */
bool lab_is_not_faster(const struct lab_decision *decision);
bool lab_is_not_slower(const struct lab_decision *decision);

/* Whether the verdict says that there is a difference, negligible or not. */
bool lab_is_different(enum lab_verdict_kind kind);

#endif
