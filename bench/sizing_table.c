/* sizing_table.c - the plants: tasks of lock, CPU and waiting on machines of cores and locks. */
#include "sizing_plant.h"

#include <stdio.h>

#define ONE(held, cpu, wait) .tasks = {{held, cpu, wait}}
#define STEP(held, cpu, wait, held2, cpu2, wait2)                                                  \
    .tasks = {{held, cpu, wait}, {held2, cpu2, wait2}}, .has_step = true

/* The first ones are those on which the constants were chosen. */
const struct sizing_plant sizing_plants[] = {
    {ONE(1, 0, 9), .cores = 2, .gils = 1, .spread = 1},
    {ONE(1, 0, 49), .cores = 2, .gils = 1, .spread = 1},
    {ONE(2, 0, 2), .cores = 2, .gils = 1, .spread = 1},
    {ONE(1, 2, 7), .cores = 2, .gils = 1, .spread = 1},
    {ONE(0.2, 4, 20), .cores = 2, .gils = 1, .spread = 1},
    {ONE(5, 0, 0.1), .cores = 2, .gils = 1, .spread = 1},
    {ONE(1, 1, 1), .cores = 2, .gils = 1, .spread = 1},
    {ONE(0.2, 0, 10), .cores = 2, .gils = 1, .spread = 1},
    {ONE(1, 0, 9), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.004, .handoff_ms = 0.1},
    {ONE(1, 0, 49), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.004, .handoff_ms = 0.1},
    {ONE(1, 1, 1), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.004, .handoff_ms = 0.1},
    {ONE(0, 2, 18), .cores = 4, .gils = 0, .spread = 1},
    {ONE(0, 5, 0), .cores = 8, .gils = 1, .spread = 1},
    {ONE(1, 0, 9), .cores = 2, .gils = 1, .spread = 1, .noise = 0.3},
    {STEP(1, 0, 9, 1, 0, 49), .cores = 2, .gils = 1, .spread = 1},
    {STEP(1, 0, 29, 2, 0, 2), .cores = 2, .gils = 1, .spread = 1},
    {ONE(4, 0, 20), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.01, .handoff_ms = 1},
    /* These were held out. */
    {ONE(3, 0, 12), .cores = 2, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(0.5, 0, 60), .cores = 4, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(0.1, 0, 2.5), .cores = 1, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(10, 0, 30), .cores = 2, .gils = 1, .spread = 0.3, .is_held_out = true},
    {ONE(1, 4, 10), .cores = 4, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(0.5, 6, 3), .cores = 8, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(2, 3, 40), .cores = 2, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(0.3, 0.3, 15), .cores = 1, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(8, 0, 0), .cores = 4, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(1, 0, 1.5), .cores = 8, .gils = 4, .spread = 1, .is_held_out = true},
    {ONE(2, 1, 25), .cores = 8, .gils = 4, .spread = 1, .is_held_out = true},
    {ONE(0, 1, 40), .cores = 2, .gils = 0, .spread = 1, .is_held_out = true},
    {ONE(0, 3, 6), .cores = 16, .gils = 0, .spread = 1, .is_held_out = true},
    {ONE(0, 20, 5), .cores = 4, .gils = 0, .spread = 0.5, .is_held_out = true},
    {ONE(2, 0, 30), .cores = 2, .gils = 1, .spread = 0, .is_held_out = true},
    {ONE(2, 2, 30), .cores = 2, .gils = 1, .spread = 1, .noise = 0.5, .is_held_out = true},
    {ONE(0.4, 1, 16), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.004, .handoff_ms = 0.04,
     .is_held_out = true},
    {ONE(3, 0, 21), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.008, .handoff_ms = 0.6,
     .is_held_out = true},
    {STEP(2, 0, 0, 1, 0, 30), .cores = 2, .gils = 1, .spread = 1, .is_held_out = true},
    {STEP(1, 0, 40, 1, 0, 4), .cores = 2, .gils = 1, .spread = 1, .is_held_out = true},
    {STEP(0.2, 5, 10, 2, 0, 10), .cores = 4, .gils = 1, .spread = 1, .is_held_out = true},
    {STEP(0, 2, 30, 0, 2, 2), .cores = 4, .gils = 0, .spread = 1, .is_held_out = true},
};
const size_t sizing_plant_count = sizeof sizing_plants / sizeof sizing_plants[0];

void sizing_plant_words(const struct sizing_plant *plant, char *text, size_t bytes) {
    char stages[2][64] = {"", ""};
    for (int stage = 0; stage < (plant->has_step ? 2 : 1); stage++) {
        const struct sizing_task *task = &plant->tasks[stage];
        (void)snprintf(stages[stage], sizeof stages[stage], "%s%g/%g/%g", stage ? " then " : "",
                       task->held_ms, task->cpu_ms, task->wait_ms); /* it is long enough */
    }
    char more[64] = "";
    if (plant->overhead > 0.0) {
        (void)snprintf(more, sizeof more, ", overhead"); /* the same */
    } else if (plant->noise > 0.0) {
        (void)snprintf(more, sizeof more, ", noise %g %%", 100.0 * plant->noise); /* the same */
    } else if (plant->spread < 1.0) {
        (void)snprintf(more, sizeof more, ", spread %g %%", 100.0 * plant->spread); /* the same */
    }
    (void)snprintf(text, bytes, "%s%s, P %g, G %g%s", stages[0], stages[1], plant->cores,
                   plant->gils, more); /* cut off at worst */
}
