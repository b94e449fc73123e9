/* theatre_waits.c - who waited when: made from the slices of a run. */
#include "lab/simulation/theatre.h"

#include <stdlib.h>

enum { ROWS_MAX = LAB_THEATRE_TASKS_MAX }; /* each task waits once at a time */

static int compare_waits(const void *a, const void *b) {
    const struct lab_wait *first = a, *second = b;

    if (first->from_ns != second->from_ns) {
        return first->from_ns < second->from_ns ? -1 : 1;
    }
    return (first->task > second->task) - (first->task < second->task);
}

/* When the task's slice before `at` ended; its submit if there is none. */
static uint64_t waits_since(const struct trd_sim_report *report, size_t at) {
    const struct trd_sim_slice *slice = &report->slices[at];

    for (size_t i = at; i > 0; i--) {
        if (report->slices[i - 1].task == slice->task) {
            return report->slices[i - 1].end_ns;
        }
    }
    return slice->submit_ns;
}

size_t lab_theatre_waits(const struct trd_sim_report *report, struct lab_wait *waits,
                         size_t count_max, uint32_t *row_count_out) {
    uint64_t row_ends[ROWS_MAX];
    size_t count = 0;
    uint32_t rows = 0;

    for (size_t i = 0; i < report->slice_count && count < count_max; i++) {
        const struct trd_sim_slice *slice = &report->slices[i];
        const uint64_t from = waits_since(report, i);
        const bool is_run = slice->worker != TRD_WORKER_NONE;
        const uint64_t to = is_run ? slice->start_ns : slice->end_ns;

        if (to > from || !is_run) {
            waits[count++] = (struct lab_wait){.from_ns = from,
                                               .to_ns = to,
                                               .task = slice->task,
                                               .client_index = slice->client_index,
                                               .is_lost = !is_run};
        }
    }
    qsort(waits, count, sizeof *waits, compare_waits);
    for (size_t i = 0; i < count; i++) { /* the first row that is free again */
        uint32_t row = 0;

        while (row < rows && row < ROWS_MAX - 1 && row_ends[row] > waits[i].from_ns) {
            row++;
        }
        waits[i].row = row;
        row_ends[row] = waits[i].to_ns;
        rows = row + 1 > rows ? row + 1 : rows;
    }
    *row_count_out = rows;
    return count;
}
