/* shop_best.c - the best schedules, found by trying all. */
#include "tests/theory/shop.h"

#include "tests/check.h"

#include <string.h>

/* The search for the smallest makespan: jobs are given to machines one after the other. Machines
 * are alike, so of several with the same work one is enough. */
struct assignment {
    const struct shop_job *jobs;
    size_t count;
    uint32_t machines;
    uint32_t work[SHOP_JOBS];
    uint32_t best;
};

static void assign(struct assignment *so_far, size_t next, uint32_t makespan) {
    if (makespan >= so_far->best) {
        return;
    }
    if (next == so_far->count) {
        so_far->best = makespan;
        return;
    }
    for (uint32_t machine = 0; machine < so_far->machines; machine++) {
        bool is_new = true;
        for (uint32_t other = 0; other < machine; other++) {
            is_new = is_new && so_far->work[other] != so_far->work[machine];
        }
        if (is_new) {
            uint32_t *work = &so_far->work[machine];
            *work += so_far->jobs[next].length;
            assign(so_far, next + 1, *work > makespan ? *work : makespan);
            *work -= so_far->jobs[next].length;
        }
    }
}

uint32_t shop_best_makespan(const struct shop_job *jobs, size_t count, uint32_t machines) {
    struct assignment search = {
        .jobs = jobs, .count = count, .machines = machines, .best = UINT32_MAX};
    assign(&search, 0, 0);
    return search.best;
}

/* The search over permutations; `total` and `lateness` are those of the jobs placed so far. */
struct permutation {
    const struct shop_job *jobs;
    size_t count;
    unsigned placed; /* a bit for each job */
    uint32_t best_total;
    int32_t best_lateness;
};

static void permute(struct permutation *search, uint32_t now, uint32_t total, int32_t lateness) {
    if (search->placed + 1 == 1u << search->count) {
        search->best_total = total < search->best_total ? total : search->best_total;
        search->best_lateness = lateness < search->best_lateness ? lateness : search->best_lateness;
        return;
    }
    for (size_t i = 0; i < search->count; i++) {
        if (search->placed & 1u << i) {
            continue;
        }
        const uint32_t end = now + search->jobs[i].length;
        const int32_t late = (int32_t)end - (int32_t)search->jobs[i].due;
        search->placed |= 1u << i;
        permute(search, end, total + end, late > lateness ? late : lateness);
        search->placed &= ~(1u << i);
    }
}

static struct permutation permute_all(const struct shop_job *jobs, size_t count) {
    struct permutation search = {
        .jobs = jobs, .count = count, .best_total = UINT32_MAX, .best_lateness = INT32_MAX};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(jobs[i].release, 0);
    }
    permute(&search, 0, 0, INT32_MIN);
    return search;
}

uint32_t shop_best_total(const struct shop_job *jobs, size_t count) {
    return permute_all(jobs, count).best_total;
}

int32_t shop_best_lateness(const struct shop_job *jobs, size_t count) {
    return permute_all(jobs, count).best_lateness;
}

/* With interruption: what is left of every job is a number in mixed radix, and every way to lower
 * it by one unit of one released job is tried, time step by time step. value[] is the smallest sum
 * of ends (or lateness) over the ways to get there; an idle step keeps the state. */
struct remainders {
    const struct shop_job *jobs;
    size_t count;
    uint32_t radix[SHOP_JOBS]; /* place value of job i */
    uint32_t states;
    bool is_total; /* sum of ends; otherwise the largest lateness */
    int32_t value[SHOP_STATES], next[SHOP_STATES];
};

static const int32_t UNREACHED = INT32_MAX;

static uint32_t left_of(const struct remainders *all, uint32_t state, size_t job) {
    return state / all->radix[job] % (all->jobs[job].length + 1);
}

static int32_t with_end(const struct remainders *all, int32_t value, size_t job, uint32_t end) {
    if (all->is_total) {
        return value + (int32_t)(end - all->jobs[job].release);
    }
    const int32_t late = (int32_t)end - (int32_t)all->jobs[job].due;
    return late > value ? late : value;
}

static void lower(int32_t *place, int32_t value) {
    *place = value < *place ? value : *place;
}

/* Everything that may happen in the unit of time from `now`. */
static void remainders_step(struct remainders *all, uint32_t now) {
    for (uint32_t state = 0; state < all->states; state++) {
        all->next[state] = UNREACHED;
    }
    for (uint32_t state = 0; state < all->states; state++) {
        if (all->value[state] == UNREACHED) {
            continue;
        }
        lower(&all->next[state], all->value[state]);
        for (size_t job = 0; job < all->count; job++) {
            const uint32_t left = left_of(all, state, job);
            if (left > 0 && all->jobs[job].release <= now) {
                const int32_t value =
                    left == 1 ? with_end(all, all->value[state], job, now + 1) : all->value[state];
                lower(&all->next[state - all->radix[job]], value);
            }
        }
    }
    memcpy(all->value, all->next, all->states * sizeof *all->value);
}

static int32_t remainders_best(const struct shop_job *jobs, size_t count, bool is_total) {
    static struct remainders all;
    uint32_t until = 0;
    all = (struct remainders){.jobs = jobs, .count = count, .states = 1, .is_total = is_total};
    for (size_t i = 0; i < count; i++) {
        all.radix[i] = all.states;
        all.states *= jobs[i].length + 1;
        assert_in_range(all.states, 1, SHOP_STATES);
        until += jobs[i].length + jobs[i].release;
    }
    for (uint32_t state = 0; state < all.states; state++) {
        all.value[state] = UNREACHED;
    }
    all.value[all.states - 1] = is_total ? 0 : INT32_MIN;
    for (uint32_t now = 0; now < until; now++) {
        remainders_step(&all, now);
    }
    return all.value[0];
}

uint32_t shop_best_total_interrupting(const struct shop_job *jobs, size_t count) {
    return (uint32_t)remainders_best(jobs, count, true);
}

int32_t shop_best_lateness_interrupting(const struct shop_job *jobs, size_t count) {
    return remainders_best(jobs, count, false);
}
