/* plant.c - the machine on paper. */
#include "tests/contract/plant.h"

#include "tests/check.h"

#include <stdlib.h>

#define STEP_MS 0.1
#define STEP_NS UINT64_C(100000)

void plant_tell(struct plant *plant, enum trd_cause cause) {
    uint32_t busy = 0;
    for (uint32_t i = 0; i < PLANT_WORKERS; i++) {
        busy += plant->is_busy[i];
    }
    struct trd_sample sample = {
        .cause = cause,
        .workers = plant->workers,
        .workers_min = plant->workers_min,
        .workers_max = plant->workers_max,
        .busy = busy,
        .blocked = plant->blocked,
        .queued = plant->backlog,
        .now_ns = plant->now_ns,
    };
    if (cause & (TRD_CAUSE_TICK | TRD_CAUSE_STARVED)) {
        sample.interval_ns = plant->now_ns - plant->tick_ns;
        sample.finished = plant->finished - plant->finished_at_tick;
        sample.busy_ns = plant->busy_ns;
        sample.cpu_ns = plant->cpu_ns;
        sample.cores = plant->cores;
        sample.gils = plant->gils;
        sample.run_ns = plant->run_ns;
        sample.is_gil_measured = plant->is_measured && plant->gils > 0.0;
        if (sample.is_gil_measured) {
            sample.gil_held_ns = plant->held_ns;
            sample.gil_wait_ns = plant->lock_wait_ns;
        }
        sample.run_wait_ns = plant->is_measured ? plant->core_wait_ns : 0;
        plant->tick_ns = plant->now_ns;
        plant->finished_at_tick = plant->finished;
        plant->busy_ns = plant->cpu_ns = plant->run_ns = 0;
        plant->held_ns = plant->lock_wait_ns = plant->core_wait_ns = 0;
    }
    uint32_t wanted = plant->spec.sizer->resize(&plant->env, &sample);
    wanted = wanted > plant->workers_max ? plant->workers_max : wanted;
    plant->wanted = wanted < plant->workers_min ? plant->workers_min : wanted;
}

void plant_open(struct plant *plant, const char *text, double cores, double gils) {
    *plant = (struct plant){.cores = cores,
                            .gils = gils,
                            .workers_min = 1,
                            .workers_max = PLANT_WORKERS,
                            .backlog = UINT64_MAX,
                            .is_measured = true};
    assert_int_equal(trd_sizer_parse(text, &plant->spec, NULL), 0);
    plant->env.state = calloc(1, plant->spec.sizer->state_bytes + 1);
    plant->env.params = plant->spec.params;
    assert_non_null(plant->env.state);
    trd_rng_init(&plant->rng, 1);
    if (plant->spec.sizer->open) {
        plant->spec.sizer->open(&plant->env);
    }
    plant_tell(plant, TRD_CAUSE_OPEN);
}

void plant_close(struct plant *plant) {
    free(plant->env.state);
}

static double plant_draw(struct plant *plant, double mean_ms) {
    return mean_ms > 0.0 ? trd_rng_exponential(&plant->rng, mean_ms) : 0.0;
}

/* Workers come and go, and idle ones take tasks. */
static void plant_staff(struct plant *plant) {
    plant->workers = 0;
    for (uint32_t i = 0; i < PLANT_WORKERS; i++) {
        const bool is_there = i < plant->wanted || plant->is_busy[i];
        if (is_there && !plant->is_busy[i] && plant->backlog > 0) {
            plant->backlog -= plant->backlog != UINT64_MAX;
            plant->is_busy[i] = true;
            plant->start_ns[i] = plant->now_ns;
            plant->left[i] = (struct plant_task){
                plant_draw(plant, plant->mean.locked_ms),
                plant_draw(plant, plant->mean.free_ms),
                plant->serial_ms > 0.0 ? plant->serial_ms : plant_draw(plant, plant->mean.wait_ms),
            };
        }
        plant->workers += is_there;
    }
}

/* One step of worker i's task; takes from the locks and cores that are left. */
static void plant_step_task(struct plant *plant, uint32_t i, double *locks, double *cores,
                            bool *is_serving) {
    struct plant_task *left = &plant->left[i];
    plant->busy_ns += STEP_NS;
    if (left->locked_ms > 0.0) {
        if (*cores >= 1.0 && *locks >= 1.0) {
            left->locked_ms -= STEP_MS;
            plant->cpu_ns += STEP_NS;
            plant->held_ns += STEP_NS;
            *cores -= 1.0;
            *locks -= 1.0;
        } else if (*locks < 1.0) {
            plant->lock_wait_ns += STEP_NS;
        } else {
            plant->core_wait_ns += STEP_NS;
        }
    } else if (left->free_ms > 0.0) {
        if (*cores >= 1.0) {
            left->free_ms -= STEP_MS;
            plant->cpu_ns += STEP_NS;
            *cores -= 1.0;
        } else {
            plant->core_wait_ns += STEP_NS;
        }
    } else if (left->wait_ms > 0.0 && !(plant->serial_ms > 0.0 && *is_serving)) {
        left->wait_ms -= STEP_MS;
        *is_serving = true;
    }
    if (left->locked_ms <= 0.0 && left->free_ms <= 0.0 && left->wait_ms <= 0.0) {
        plant->is_busy[i] = false;
        plant->finished++;
        plant->run_ns += plant->now_ns + STEP_NS - plant->start_ns[i];
    }
}

/* The next busy worker comes first. */
static void plant_switch(struct plant *plant) {
    for (uint32_t k = 0; k < PLANT_WORKERS; k++) {
        plant->turn = (plant->turn + 1) % PLANT_WORKERS;
        if (plant->is_busy[plant->turn]) {
            return;
        }
    }
}

static void plant_step(struct plant *plant) {
    double cores = plant->cores;
    double locks = plant->gils > 0.0 ? plant->gils : plant->cores;
    bool is_serving = false;
    const unsigned causes = plant->spec.sizer->causes;
    if (plant->backlog > 0 && (causes & TRD_CAUSE_SUBMIT)) {
        plant_tell(plant, TRD_CAUSE_SUBMIT); /* somebody submits all the time */
    }
    plant_staff(plant);
    for (uint32_t k = 0; k < PLANT_WORKERS; k++) {
        const uint32_t i = (plant->turn + k) % PLANT_WORKERS;
        if (plant->is_busy[i]) {
            plant_step_task(plant, i, &locks, &cores, &is_serving);
        }
    }
    plant->now_ns += STEP_NS;
    if (plant->now_ns % (50 * STEP_NS) == 0) {
        plant_switch(plant);
    }
    if (plant->spec.sizer->period_ns &&
        plant->now_ns - plant->tick_ns >= plant->spec.sizer->period_ns) {
        const bool is_starved = plant->backlog > 0 && plant->finished == plant->finished_at_tick;
        plant_tell(plant,
                   is_starved && (causes & TRD_CAUSE_STARVED) ? TRD_CAUSE_STARVED : TRD_CAUSE_TICK);
    }
}

void plant_run(struct plant *plant, double ms) {
    for (double t = 0.0; t < ms - STEP_MS / 2; t += STEP_MS) {
        plant_step(plant);
    }
}
