/* report_fixture.h - what the tests of the report writers share: a writer's output as a string, and
 * small studies with awkward contents.
 */
#ifndef TREADLE_TESTS_REPORT_FIXTURE_H
#define TREADLE_TESTS_REPORT_FIXTURE_H

#include "lab/model/results.h"

#include <stdbool.h>

/* What the writer wrote, terminated; the caller frees it. The writer must return 0. */
char *written_html(const struct lab_results *results);
char *written_json(const struct lab_results *results);
char *written_terminal(const struct lab_results *results, bool is_colour);

/* The synthetic quick study, analysed. */
void whole_study(struct lab_results *results);
/* No cell, no claim, no fact. */
void empty_study(struct lab_results *results);
/* Every cell skipped, analysed. */
void skipped_study(struct lab_results *results);
/* Two executors, one block, analysed: nothing can have an interval. */
void one_block_study(struct lab_results *results);
/* Every number NaN or infinite, every name full of markup, quotes, control characters and bytes
 * that are not UTF-8; not analysed. */
void awkward_study(struct lab_results *results);

/* How often `part` occurs in `text`. */
unsigned occurrences(const char *text, const char *part);

#endif
