/* shop.c - jobs on machines in unit steps of time: the scheduler that ships decides. */
#include "tests/theory/shop.h"

#include "tests/check.h"

#include <stdlib.h>

#include "sim/host.h"

/* A unit of time in the scheduler's nanoseconds; its clock starts at one unit. */
enum { UNIT_NS = 1000 };

struct floor {
    struct trd__host host;
    struct trd_task_with_attr tasks[SHOP_JOBS];
    uint32_t left[SHOP_JOBS];
    int on[SHOP_JOBS]; /* by machine: the job it has, or -1 */
    uint32_t now;
};

static uint64_t floor_ns(const struct floor *floor) {
    return (floor->now + 1) * (uint64_t)UNIT_NS;
}

static void floor_open(struct floor *floor, const struct shop *shop) {
    struct trd_sched_config config = {
        .workers_min = shop->machines, .workers_max = shop->machines, .seed = 1};
    struct trd_error error = {""};
    if (trd_policy_parse(shop->policy, &config.policy, &error)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(trd_sizer_parse("fixed", &config.sizer, NULL), 0);
    assert_int_equal(trd__host_open(&floor->host, &config), 0);
    for (uint32_t machine = 0; machine < shop->machines; machine++) {
        assert_int_equal(trd__host_need_worker(&floor->host, machine), 0);
        trd__sched_join(&floor->host.sched, machine, floor_ns(floor));
        floor->on[machine] = -1;
    }
}

static void floor_submit(struct floor *floor, const struct shop_job *job, size_t index) {
    struct trd_task_with_attr *task = &floor->tasks[index];
    *task = (struct trd_task_with_attr){
        .task.flags = TRD_TASK_HAS_ATTR | TRD_TASK_RESUMABLE,
        .attr = {.priority = job->priority,
                 .deadline_ns = (job->due + UINT64_C(1)) * UNIT_NS,
                 .cost_ns = (job->cost ? job->cost : job->length) * UNIT_NS},
    };
    floor->left[index] = job->length;
    assert_int_equal(
        trd__sched_submit(&floor->host.sched, &task->task, TRD_WORKER_NONE, floor_ns(floor)), 0);
}

static void floor_finish(struct floor *floor, uint32_t machine, enum trd_outcome outcome) {
    trd__sched_finish(&floor->host.sched, &floor->tasks[floor->on[machine]].task, machine, outcome,
                      NULL, floor_ns(floor));
    floor->on[machine] = -1;
}

/* New jobs come; they interrupt what runs if the shop allows it. */
static void floor_release(struct floor *floor, const struct shop *shop, const struct shop_job *jobs,
                          size_t count) {
    bool has_come = false;
    for (size_t i = 0; i < count; i++) {
        if (jobs[i].release == floor->now) {
            floor_submit(floor, &jobs[i], i);
            has_come = true;
        }
    }
    for (uint32_t machine = 0; machine < shop->machines; machine++) {
        if (has_come && shop->is_preemptive && floor->on[machine] >= 0) {
            floor_finish(floor, machine, TRD_OUTCOME_AGAIN);
        }
    }
}

static void floor_dispatch(struct floor *floor, uint32_t machines) {
    for (uint32_t machine = 0; machine < machines; machine++) {
        if (floor->on[machine] >= 0) {
            continue;
        }
        const struct trd_pop pop = trd__sched_next(&floor->host.sched, machine, floor_ns(floor));
        if (pop.fate == TRD_FATE_NONE) {
            assert_int_equal(floor->host.sched.queued, 0); /* it conserves work */
            return;
        }
        assert_int_equal(pop.fate, TRD_FATE_RUN);
        floor->on[machine] = (int)((struct trd_task_with_attr *)(void *)pop.task - floor->tasks);
    }
}

/* A unit of time passes. How many jobs end with it. */
static size_t floor_work(struct floor *floor, uint32_t machines, struct shop_job *jobs) {
    size_t ended = 0;
    floor->now++;
    for (uint32_t machine = 0; machine < machines; machine++) {
        const int job = floor->on[machine];
        if (job >= 0 && --floor->left[job] == 0) {
            floor_finish(floor, machine, TRD_OUTCOME_DONE);
            jobs[job].end = floor->now;
            ended++;
        }
    }
    return ended;
}

void shop_run(const struct shop *shop, struct shop_job *jobs, size_t count) {
    struct floor floor = {.now = 0};
    assert_in_range(count, 1, SHOP_JOBS);
    assert_in_range(shop->machines, 1, SHOP_JOBS);
    floor_open(&floor, shop);
    for (size_t ended = 0; ended < count;) {
        assert_in_range(floor.now, 0, SHOP_TIME);
        floor_release(&floor, shop, jobs, count);
        floor_dispatch(&floor, shop->machines);
        ended += floor_work(&floor, shop->machines, jobs);
    }
    trd__host_close(&floor.host);
}

uint32_t shop_makespan(const struct shop_job *jobs, size_t count) {
    uint32_t last = 0;
    for (size_t i = 0; i < count; i++) {
        last = jobs[i].end > last ? jobs[i].end : last;
    }
    return last;
}

uint32_t shop_total(const struct shop_job *jobs, size_t count) {
    uint32_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += jobs[i].end - jobs[i].release;
    }
    return total;
}

int32_t shop_lateness(const struct shop_job *jobs, size_t count) {
    int32_t worst = INT32_MIN;
    for (size_t i = 0; i < count; i++) {
        const int32_t late = (int32_t)jobs[i].end - (int32_t)jobs[i].due;
        worst = late > worst ? late : worst;
    }
    return worst;
}

void shop_draw(struct trd_rng *rng, struct shop_job *jobs, size_t count, uint32_t length_max,
               uint32_t release_max) {
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (struct shop_job){
            .release = (uint32_t)trd_rng_below(rng, release_max + 1),
            .length = 1 + (uint32_t)trd_rng_below(rng, length_max),
            .due = 1 + (uint32_t)trd_rng_below(rng, length_max * count),
        };
    }
}

void shop_print(const struct shop_job *jobs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        print_message("  release %2u length %2u due %2u end %2u\n", jobs[i].release, jobs[i].length,
                      jobs[i].due, jobs[i].end);
    }
}
