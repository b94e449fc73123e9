/* chart.c - a growing array of slices. */
#include "sim/chart.h"

#include <errno.h>
#include <stdlib.h>

int trd__chart_add(struct trd__chart *chart, const struct trd_sim_slice *slice) {
    if (slice->task > chart->task_max || chart->count == TRD_SIM_SLICES_MAX) {
        return 0;
    }
    if (chart->count == chart->capacity) {
        const size_t capacity = chart->capacity ? 2 * chart->capacity : 64;
        struct trd_sim_slice *slices = realloc(chart->slices, capacity * sizeof *slices);
        if (!slices) {
            return -ENOMEM;
        }
        chart->slices = slices;
        chart->capacity = capacity;
    }
    chart->slices[chart->count++] = *slice;
    return 0;
}
