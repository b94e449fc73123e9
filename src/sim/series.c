/* series.c - notes at equal steps, and the points between them. */
#include "sim/series.h"

enum { FIRST_STEP_NS = 1024 };

void trd__series_open(struct trd__series *series) {
    *series = (struct trd__series){.step_ns = FIRST_STEP_NS, .next_ns = FIRST_STEP_NS, .count = 1};
}

void trd__series_add(struct trd__series *series, const struct trd__series_note *note) {
    series->notes[series->count++] = *note;
    if (series->count > TRD_SIM_POINTS_MAX) {
        series->count = TRD_SIM_POINTS_MAX / 2 + 1;
        for (size_t i = 1; i < series->count; i++) {
            series->notes[i] = series->notes[2 * i];
        }
        series->step_ns *= 2;
    }
    series->next_ns = series->step_ns * series->count;
}

static double mean_of(uint64_t from, uint64_t to, double step_ns) {
    return (double)(to - from) / step_ns;
}

void trd__series_report(const struct trd__series *series, struct trd_sim_report *report) {
    const double step_ns = (double)series->step_ns;
    report->series_step_ns = series->step_ns;
    report->point_count = series->count - 1;
    for (size_t i = 0; i + 1 < series->count; i++) {
        const struct trd__series_note *from = &series->notes[i], *to = &series->notes[i + 1];
        report->series[i] = (struct trd_sim_point){
            .queued = mean_of(from->queue_ns, to->queue_ns, step_ns),
            .busy = mean_of(from->busy_ns, to->busy_ns, step_ns),
            .workers = mean_of(from->worker_ns, to->worker_ns, step_ns),
            .finished_per_s = mean_of(from->finished, to->finished, step_ns) * 1e9,
        };
    }
}
