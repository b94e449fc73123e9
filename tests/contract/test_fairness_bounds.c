/* test_fairness_bounds.c - drr, sfq and stride keep the bounds of their papers, over every interval
 * in which two clients have a backlog, for random clients, weights, costs and pauses. The bounds
 * are tight: the tests also ask that the worst gap seen comes near. */
#include "tests/check.h"
#include "tests/contract/stage.h"

#include <stdlib.h>

enum { CLIENTS = 6, SEEDS = 12, POPS = 12000, COST_MAX = 20000, WEIGHT_MAX = 5 };

/* What the bound of a pair depends on, and what has been served. */
struct account {
    int64_t served; /* ns, or turns */
    int64_t weight, cost_max;
};

/* The largest allowed |served_a x weight_b - served_b x weight_a| of an interval. */
typedef int64_t bound_function(const struct account *a, const struct account *b, int64_t quantum);

static int64_t drr_bound(const struct account *a, const struct account *b, int64_t quantum) {
    const int64_t cost_max = a->cost_max > b->cost_max ? a->cost_max : b->cost_max;
    return (2 * cost_max + quantum) * a->weight * b->weight;
}

static int64_t sfq_bound(const struct account *a, const struct account *b, int64_t quantum) {
    (void)quantum; /* there is none */
    return a->cost_max * b->weight + b->cost_max * a->weight;
}

static int64_t stride_bound(const struct account *a, const struct account *b, int64_t quantum) {
    (void)quantum; /* a task */
    return a->weight + b->weight;
}

/* The extremes of the gap of a pair since both have had a backlog. */
struct gap {
    bool is_open;
    int64_t now, least, most;
};

struct trial {
    const char *policy;
    bound_function *bound;
    int64_t quantum;
    bool is_counting; /* turns, not time */
    enum { EXACT, NONE, WRONG } hints;
    double worst; /* of all seeds, as part of the bound */
};

static uint64_t draw_cost(struct trd_rng *rng, uint64_t most) {
    switch (trd_rng_below(rng, 3)) {
    case 0:
        return most;
    case 1:
        return 1 + trd_rng_below(rng, 50);
    default:
        return 1 + trd_rng_below(rng, most);
    }
}

static void submit_some(struct stage *stage, const struct trial *trial,
                        const struct account *accounts, uint32_t client) {
    const uint64_t cost_ns = draw_cost(&stage->rng, (uint64_t)accounts[client].cost_max);
    const uint64_t hints[] = {
        [EXACT] = cost_ns, [NONE] = 0, [WRONG] = draw_cost(&stage->rng, 2 * COST_MAX)};
    (void)stage_submit(stage, (struct stage_spec){.client = client,
                                                  .weight = (uint32_t)accounts[client].weight,
                                                  .hint_ns = hints[trial->hints],
                                                  .run_ns = cost_ns});
}

/* Clients fill up, run empty and pause; each keeps a mood for a while. */
static void arrive(struct stage *stage, const struct trial *trial, const struct account *accounts,
                   unsigned *moods) {
    for (uint32_t client = 1; client <= CLIENTS; client++) {
        if (trd_rng_below(&stage->rng, 200) == 0) {
            moods[client] = (unsigned)trd_rng_below(&stage->rng, 4);
        }
        while (moods[client] == 3 && stage->queued[client] < 3) {
            submit_some(stage, trial, accounts, client);
        }
        if (moods[client] > 0 && trd_rng_below(&stage->rng, 8) < moods[client]) {
            submit_some(stage, trial, accounts, client);
        }
    }
}

static void widen(struct gap *gap) {
    gap->least = gap->now < gap->least ? gap->now : gap->least;
    gap->most = gap->now > gap->most ? gap->now : gap->most;
}

/* `backlogged` says who had something queued when `served` was chosen. */
static void check_pairs(struct trial *trial, struct account *accounts,
                        struct gap gaps[CLIENTS + 1][CLIENTS + 1], const bool *backlogged,
                        uint32_t served, int64_t amount) {
    for (uint32_t a = 1; a <= CLIENTS; a++) {
        for (uint32_t b = a + 1; b <= CLIENTS; b++) {
            struct gap *gap = &gaps[a][b];
            if (!backlogged[a] || !backlogged[b]) {
                gap->is_open = false;
                continue;
            }
            if (!gap->is_open) {
                *gap = (struct gap){.is_open = true};
            }
            if (served == a) {
                gap->now += amount * accounts[b].weight;
            } else if (served == b) {
                gap->now -= amount * accounts[a].weight;
            }
            widen(gap);
            const int64_t bound = trial->bound(&accounts[a], &accounts[b], trial->quantum);
            const double part = (double)(gap->most - gap->least) / (double)bound;
            trial->worst = part > trial->worst ? part : trial->worst;
            if (gap->most - gap->least > bound) {
                fail_msg("%s: clients %u and %u are %g of the bound apart", trial->policy, a, b,
                         part);
            }
        }
    }
}

static void run_trial(struct trial *trial, uint64_t seed) {
    struct stage stage;
    struct account accounts[CLIENTS + 1] = {{0}};
    struct gap gaps[CLIENTS + 1][CLIENTS + 1] = {{{0}}};
    unsigned moods[CLIENTS + 1];
    stage_open(&stage, trial->policy, 1, seed);
    for (uint32_t client = 1; client <= CLIENTS; client++) {
        moods[client] = 3;
        accounts[client].weight = 1 + (int64_t)trd_rng_below(&stage.rng, WEIGHT_MAX);
        accounts[client].cost_max = client % 2 ? COST_MAX : COST_MAX / 4;
    }
    for (int pops = 0; pops < POPS; pops++) {
        bool backlogged[CLIENTS + 1];
        arrive(&stage, trial, accounts, moods);
        for (uint32_t client = 1; client <= CLIENTS; client++) {
            backlogged[client] = stage.queued[client] > 0;
        }
        const struct stage_task *task = stage_take(&stage, 0);
        if (!task) {
            stage.now_ns += 100;
            continue;
        }
        const struct stage_spec spec = task->spec;
        stage.now_ns += spec.run_ns / 2;
        arrive(&stage, trial, accounts, moods); /* while it runs */
        stage.now_ns += spec.run_ns - spec.run_ns / 2;
        stage_finish(&stage, 0, TRD_OUTCOME_DONE);
        check_pairs(trial, accounts, gaps, backlogged, spec.client,
                    trial->is_counting ? 1 : (int64_t)spec.run_ns);
    }
    stage_close(&stage);
}

static void check_trial(struct trial trial, double tight) {
    const uint64_t first = stage_seed(100);
    for (uint64_t seed = first; seed < first + SEEDS; seed++) {
        run_trial(&trial, seed);
    }
    print_message("  %s: the worst gap is %.4f of the bound\n", trial.policy, trial.worst);
    assert_true(trial.worst > tight);
}

static void drr_keeps_its_bound_when_estimates_are_exact(void **state) {
    (void)state;
    check_trial((struct trial){"drr:quantum=1e-6", drr_bound, 1000, false, EXACT, 0.0}, 0.9);
    check_trial((struct trial){"drr:quantum=20e-6", drr_bound, 20000, false, EXACT, 0.0}, 0.9);
    check_trial((struct trial){"drr:quantum=1e-4", drr_bound, 100000, false, EXACT, 0.0}, 0.8);
}

static void sfq_keeps_its_bound_whatever_the_estimates(void **state) {
    (void)state;
    check_trial((struct trial){"sfq", sfq_bound, 0, false, EXACT, 0.0}, 0.99);
    check_trial((struct trial){"sfq", sfq_bound, 0, false, NONE, 0.0}, 0.99);
    check_trial((struct trial){"sfq", sfq_bound, 0, false, WRONG, 0.0}, 0.99);
}

static void stride_is_never_more_than_a_turn_from_its_share(void **state) {
    (void)state;
    check_trial((struct trial){"stride", stride_bound, 0, true, NONE, 0.0}, 0.8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drr_keeps_its_bound_when_estimates_are_exact),
        cmocka_unit_test(sfq_keeps_its_bound_whatever_the_estimates),
        cmocka_unit_test(stride_is_never_more_than_a_turn_from_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
