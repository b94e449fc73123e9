/* result.h - the last line of the cell protocol, read. */
#ifndef TREADLE_LAB_RESULT_H
#define TREADLE_LAB_RESULT_H

#include "lab/runner/cell_run.h"

struct json_t;

/* Fills `result` from the child's `result` object. A timed run that is ok has tasks and a time. */
void lab_result_read(struct lab_cell_result *result, const struct json_t *object, bool is_timed);

/* The child gave none: says how it ended. `ended_by` is the guard's word ("signal 11"),
 * `last_words` the end of its stderr. */
void lab_result_crashed(struct lab_cell_result *result, const char *ended_by,
                        const char *last_words);

#endif
