/* report_answers.h - a study's answers in plain words, the same for every writer: which executor
 * for which kind of work, which size, which policy, what to avoid, and how sure that is.
 */
#ifndef TREADLE_LAB_REPORT_ANSWERS_H
#define TREADLE_LAB_REPORT_ANSWERS_H

#include "lab/model/results.h"

#include <stddef.h>

enum { LAB_ANSWERS_MAX = 24, LAB_ANSWER_CELLS_MAX = 6 };

struct lab_answer {
    char topic[128];                                    /* "I/O-bound work" */
    char headline[192];                                 /* "treadle-threads or stdlib-threads" */
    char detail[512];                                   /* what it rests on */
    const struct lab_cell *cells[LAB_ANSWER_CELLS_MAX]; /* where its numbers come from */
    size_t cell_count;
};

/* Only what was measured is answered. Returns how many answers there are. */
size_t lab_report_answers(const struct lab_results *results,
                          struct lab_answer answers[LAB_ANSWERS_MAX]);

/* The sizes in the best set of `first`'s group, executor and variant: "8 to 32, adaptive". */
struct lab_sizes_text {
    char text[96];
};
struct lab_sizes_text lab_report_best_sizes(const struct lab_results *results,
                                            const struct lab_cell *first);

#endif
