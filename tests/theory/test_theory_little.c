/* test_theory_little.c - Little's law client by client, as an identity (T21).
 *
 * The area under the number of a client's tasks that wait (or run) is the sum of their waits (or
 * runs): whole nanoseconds on both sides, equal to the last one. An observer stands between engine
 * and policy and keeps the areas; the sums come from the engine's stamps. That all clients together
 * obey the law is checked of every run of the theory (theory_run). */
#include "tests/theory/theory.h"

#include <math.h>

enum { OBSERVED = 3 };

/* What is seen of one client. */
struct seen {
    uint64_t queued, running; /* now */
    uint64_t at_ns;
    uint64_t queued_area_ns, running_area_ns;
    uint64_t wait_sum_ns, run_sum_ns;
    uint64_t finished, finished_wait_ns; /* of tasks that ran to their end */
    uint64_t left, left_submit_ns;       /* still queued when the run ended */
};

/* The policy that is watched. One run at a time, so it may stand here. */
static struct {
    const struct trd_policy *inner;
    struct trd_policy outer;
    struct trd_policy_spec spec;
    struct seen clients[OBSERVED + 1];
} watched;

static struct seen *client_at(uint32_t index, uint64_t now_ns) {
    assert_in_range(index, 1, OBSERVED);
    struct seen *seen = &watched.clients[index];
    assert_true(now_ns >= seen->at_ns);
    seen->queued_area_ns += seen->queued * (now_ns - seen->at_ns);
    seen->running_area_ns += seen->running * (now_ns - seen->at_ns);
    seen->at_ns = now_ns;
    return seen;
}

static void watch_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                       uint64_t now_ns) {
    client_at(task->client_index, now_ns)->queued++;
    watched.inner->push(env, task, worker, now_ns);
}

static struct trd_pop watch_pop(const struct trd_policy_env *env, uint32_t worker,
                                uint64_t now_ns) {
    const struct trd_pop pop = watched.inner->pop(env, worker, now_ns);
    if (pop.fate == TRD_FATE_RUN) {
        struct seen *seen = client_at(pop.task->client_index, now_ns);
        seen->queued--;
        seen->running++;
        seen->wait_sum_ns += now_ns - pop.task->submit_ns;
    }
    return pop;
}

static void watch_ran(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                      uint64_t run_ns) {
    const uint64_t start_ns = task->node.anatomy.start_ns;
    struct seen *seen = client_at(task->client_index, start_ns + run_ns);
    seen->running--;
    seen->run_sum_ns += run_ns;
    if (task->state == TRD_TASK_DONE) {
        seen->finished++;
        seen->finished_wait_ns += start_ns - task->submit_ns;
    }
    if (watched.inner->ran) {
        watched.inner->ran(env, task, worker, run_ns);
    }
}

/* Only when the run is over, at its last moment. */
static void watch_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct seen *seen = &watched.clients[task->client_index];
    seen->left++;
    seen->left_submit_ns += task->submit_ns;
    watched.inner->remove(env, task);
}

static void watch(struct trd_sim_config *config) {
    assert_int_equal(trd_policy_parse(config->policy, &watched.spec, NULL), 0);
    watched.inner = watched.spec.policy;
    watched.outer = *watched.inner;
    watched.outer.push = watch_push;
    watched.outer.pop = watch_pop;
    watched.outer.ran = watch_ran;
    watched.outer.remove = watch_remove;
    watched.spec.policy = &watched.outer;
    for (uint32_t i = 0; i <= OBSERVED; i++) {
        watched.clients[i] = (struct seen){.queued = 0};
    }
    config->policy = NULL;
    config->policy_spec = &watched.spec;
}

static const struct trd_sim_client unlike[OBSERVED] = {
    {.key = 1,
     .share = 5,
     .weight = 2,
     .priority = 1,
     .service = {TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS / 2}},
    {.key = 2,
     .share = 2,
     .weight = 1,
     .priority = 0,
     .service = {TRD_SIM_DETERMINISTIC, .mean_ns = 2 * SERVICE_NS}},
    {.key = 3,
     .share = 1,
     .weight = 5,
     .priority = 2,
     .service = {TRD_SIM_LOGNORMAL, .mean_ns = 3 * SERVICE_NS, .shape = 1}},
};
static const struct theory_system system_of_three = {
    .name = "3 unlike clients, 4 workers",
    .config = {.workers_max = 4, .is_cold = true, .clients = unlike, .client_count = OBSERVED},
    .load = 0.85,
    .effort = 0.1};

static void check_client(uint32_t index, uint64_t end_ns, const struct trd_sim_row *row) {
    struct seen *seen = client_at(index, end_ns);
    assert_int_equal(seen->queued, seen->left);
    assert_int_equal(seen->running, 0);
    assert_int_equal(seen->queued_area_ns,
                     seen->wait_sum_ns + seen->left * end_ns - seen->left_submit_ns);
    assert_int_equal(seen->running_area_ns, seen->run_sum_ns);
    assert_int_equal(row->finished, seen->finished);
    theory_near(row->wait_ns.mean * (double)row->finished / (double)seen->finished_wait_ns, 1.0,
                1e-12);
}

static void every_client_obeys_little_s_law_to_the_nanosecond(void **state) {
    (void)state;
    const char *const policies[] = {"fifo", "lifo",   "random",  "priority", "drr",
                                    "sfq",  "stride", "lottery", "spjf",     "gittins"};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        const struct theory_case of = {NULL, &system_of_three, policies[i]};
        struct trd_sim_config config;
        struct trd_sim_report report;
        theory_configure(&of, &config);
        watch(&config);
        theory_run(&config, &report);
        for (uint32_t client = 1; client <= OBSERVED; client++) {
            check_client(client, report.warmup_ns + report.measured_ns,
                         &report.clients[client - 1]);
        }
        print_message("T21  %-28s %-28s area = sum for 3 clients, waiting and running\n",
                      of.system->name, of.policy);
        trd_sim_report_free(&report);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_obeys_little_s_law_to_the_nanosecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
