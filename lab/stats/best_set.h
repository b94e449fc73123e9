/* best_set.h - which cells of a comparison group are best, as far as the study can tell.
 *
 * A cell belongs to the best set unless another cell of the group is shown to be faster. Shown,
 * with blocks enough: exact signed-rank tests of all pairs (Wilcoxon 1945), Holm's correction
 * (1979), family-wise error at most 5 %. With so few blocks that no p-value could pass the
 * correction (a quick study), shown means: the 95 % interval of the pair lies wholly beyond the
 * margin. Never one winner by default: what cannot be told apart stays together.
 */
#ifndef TREADLE_LAB_BEST_SET_H
#define TREADLE_LAB_BEST_SET_H

#include "lab/model/results.h"

/* Cells of one group that are ranked. */
enum { LAB_GROUP_MAX = 80 };

struct lab_rank {
    const struct lab_cell *cell;
    double
        relative; /* typical time against the group's fastest cell, 1 for that one; NaN: no times */
    bool is_best; /* in the best set */
};

/* Ranks cells of one comparison group by time per task: fills `relative` and `is_best` of `count`
 * <= LAB_GROUP_MAX ranks whose `cell` is set. Cells without times get NaN and are never best. Into
 * `is_corrected`, unless NULL: whether Holm's correction decided (true) or the margin (false).
 * O(pairs x blocks^2). */
void lab_rank_cells(struct lab_rank *ranks, size_t count, double margin, bool *is_corrected);

/* Ranks by time per task the cells of `group` with this executor and variant (NULL: any), in the
 * study's order; cells without times get NaN and are never best. Fills up to LAB_GROUP_MAX ranks
 * and returns how many. Into `is_corrected`, unless NULL: whether Holm's correction decided (true)
 * or the margin (false). O(pairs x blocks^2). */
size_t lab_best_set(const struct lab_results *results, const char *group, const char *executor,
                    const char *variant, struct lab_rank ranks[LAB_GROUP_MAX], bool *is_corrected);

#endif
