/* pool.c - making and freeing a pool, its lock, its statistics. */
#include "pool/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <treadle/clock.h>

#include "core/books.h"
#include "core/spec.h"
#include "os/cpu.h"

enum {
    POOL_WORKERS_DEFAULT_MOST = 32,
    POOL_WORKERS_DEFAULT_EXTRA = 4,
    POOL_WORKERS_MEASURED_MOST = 256, /* for sizers that find out what is needed */
    /* About what going to sleep and being woken takes. */
    POOL_SPIN_NS = 50000,
};

uint64_t trd__pool_lock_now(struct trd_pool *pool) {
    trd__lock_take(&pool->lock);
    const uint64_t now_ns = trd_clock_now_ns(); /* before the doors are looked at: see door.c */
    trd__doors_drain_locked(pool, now_ns);
    return now_ns;
}

/* May a submit ask for more workers: of a sizer that wants to hear of it, or because some have left
 * that had nothing to do? */
static bool gate_may_grow_locked(const struct trd_pool *pool) {
    const struct trd_sched *sched = &pool->sched;
    return pool->needed < sched->workers_wanted ||
           ((sched->config.sizer.sizer->causes & TRD_CAUSE_SUBMIT) &&
            sched->workers_wanted < sched->config.workers_max);
}

static uint32_t gate_locked(struct trd_pool *pool) {
    uint32_t gate = 0;
    if (pool->warmest && pool->searching_count == 0) {
        gate |= TRD_GATE_CALL;
    }
    const uint32_t workers = pool->sched.worker_count;
    if (pool->is_stopping || pool->are_doors_locked || workers == 0 ||
        workers < trd__resize_target_locked(pool) || gate_may_grow_locked(pool)) {
        gate |= TRD_GATE_LOCKED;
    }
    return gate;
}

/* Brings the gate up to date. What came in before it began to ask for something did not see that,
 * and is done here what it would have done: see idle.c, 3. */
static void gate_set_locked(struct trd_pool *pool, struct trd__errands *errands) {
    for (;;) {
        const uint32_t gate = gate_locked(pool);
        /* Relaxed: only holders of the lock write it. */
        const uint32_t before = atomic_load_explicit(&pool->gate, memory_order_relaxed);
        if (gate == before) {
            return;
        }
        /* Sequentially consistent: see door.c. The old one is known. */
        (void)atomic_exchange_explicit(&pool->gate, gate, memory_order_seq_cst);
        trd__yield(TRD_YIELD_GATE_SET);
        if (!(gate & ~before) || pool->are_doors_closed || !trd__doors_have_any(pool)) {
            continue;
        }
        const uint64_t now_ns = trd_clock_now_ns();
        trd__doors_drain_locked(pool, now_ns);
        trd__idle_call_locked(pool, errands);
        errands->is_short = trd__resize_is_short_locked(pool, now_ns);
    }
}

void trd__pool_unlock(struct trd_pool *pool, struct trd__errands *errands) {
    gate_set_locked(pool, errands);
    /* Relaxed: a hint. */
    const uint32_t has_queued = pool->sched.queued > 0;
    if (atomic_load_explicit(&pool->has_queued, memory_order_relaxed) != has_queued) {
        atomic_store_explicit(&pool->has_queued, has_queued, memory_order_relaxed);
    }
    trd__lock_give(&pool->lock);
    /* From here on the pool may be gone, if this was its last worker: nothing of it is read. (Such
     * a one takes nothing in, so `is_short` is not set.) */
    struct trd__worker *worker = errands->woken;
    while (worker) {
        struct trd__worker *next = worker->next_woken;
        trd__park_wake(&worker->park);
        worker = next;
    }
    if (errands->poked) {
        trd__futex_wake(errands->poked, UINT32_MAX); /* only its address is used (futex.h) */
    }
    if (errands->room) {
        trd__event_wake(&pool->room, errands->room);
    }
    if (errands->has_changed) {
        trd__event_wake(&pool->change, UINT32_MAX);
    }
    const bool is_short = errands->is_short;
    *errands = (struct trd__errands){0};
    if (is_short) {
        (void)trd__resize_grow(pool); /* too few is no error; with none, the next submit's */
    }
}

void trd__pool_changed_locked(struct trd_pool *pool, struct trd__errands *errands) {
    if (pool->change_waiters) {
        trd__event_raise(&pool->change);
        errands->has_changed = true;
    }
}

void trd__pool_completed_locked(struct trd_pool *pool, uint64_t count,
                                struct trd__errands *errands) {
    assert(pool->incomplete >= count);
    pool->incomplete -= count;
    if (count && pool->incomplete == 0) {
        trd__pool_changed_locked(pool, errands);
    }
}

void trd__pool_room_locked(struct trd_pool *pool, struct trd__errands *errands) {
    if (pool->room_waiters) {
        trd__event_raise(&pool->room);
        errands->room++;
    }
}

void trd__pool_poke_locked(struct trd_task *task, struct trd__errands *errands) {
    if (task->flags & TRD_TASK_FUTURE) {
        errands->poked = trd__future_waiters(task);
    }
}

void trd__pool_complete(struct trd_pool *pool, struct trd_task *task, enum trd_outcome outcome) {
    struct trd__errands errands = {0};
    pool->backend->complete(pool->context, task, outcome);
    trd__lock_take(&pool->lock); /* only to count */
    trd__pool_completed_locked(pool, 1, &errands);
    trd__pool_unlock(pool, &errands);
}

int trd__pool_grow_locked(struct trd_pool *pool, struct trd_table *table) {
    const uint32_t chunk_count = table->chunk_count;
    const size_t bytes = trd__table_next_bytes(table);
    if (bytes == 0) {
        return -ENOMEM;
    }
    trd__lock_give(&pool->lock);
    trd__yield(TRD_YIELD_TABLE_GROW);
    void *chunk = calloc(1, bytes);
    trd__pool_lock(pool);
    if (table->chunk_count != chunk_count) {
        free(chunk); /* somebody else was faster */
        return 0;
    }
    if (!chunk) {
        return -ENOMEM;
    }
    trd__table_add_chunk(table, chunk);
    return 0;
}

static void table_free(struct trd_table *table) {
    for (uint32_t i = 0; i < table->chunk_count; i++) {
        free(table->chunk[i]);
    }
    memset(table, 0, sizeof *table);
}

/* The most workers when nobody said how many. A sizer that measures needs room to be right. */
static uint32_t workers_default(const struct trd_sizer *sizer) {
    const double most = trd__cpu_cores() + POOL_WORKERS_DEFAULT_EXTRA;
    if (sizer->period_ns) {
        return POOL_WORKERS_MEASURED_MOST;
    }
    return most < POOL_WORKERS_DEFAULT_MOST ? (uint32_t)most : POOL_WORKERS_DEFAULT_MOST;
}

/* Fills in what was left out and checks the rest. */
static int config_check(struct trd_pool_config *config, const struct trd_sizer *sizer,
                        struct trd_error *error) {
    if (config->workers_max == 0) {
        config->workers_max = workers_default(sizer);
        if (config->workers_max < config->workers_min) {
            config->workers_max = config->workers_min;
        }
    }
    const char *wrong = NULL;
    if (config->workers_min > config->workers_max) {
        wrong = "workers_min must not be larger than workers_max";
    } else if (config->workers_max > TRD_WORKERS_LIMIT) {
        wrong = "workers_max must not be larger than 1048576";
    } else if ((unsigned)config->on_full > TRD_ON_FULL_CALLER_RUNS) {
        wrong = "on_full must be TRD_ON_FULL_BLOCK, TRD_ON_FULL_REFUSE or TRD_ON_FULL_CALLER_RUNS";
    } else if (config->backend &&
               (!config->backend->spawn || !config->backend->run || !config->backend->complete)) {
        wrong = "a backend must have spawn, run and complete";
    }
    if (wrong && error) {
        (void)snprintf(error->message, sizeof error->message, "%s", wrong); /* all of them fit */
    }
    return wrong ? -EINVAL : 0;
}

/* The brain and its first memory. */
static int pool_open_sched(struct trd_pool *pool, const struct trd_sched_config *given) {
    struct trd_sched_config own = *given;
    const struct trd_sched_config *config = &own;
    own.wait = &pool->wait;
    own.run = &pool->run;
    own.insight = pool->insight;
    pool->sched_state = calloc(1, trd__sched_state_bytes(config));
    if (!pool->sched_state) {
        return -ENOMEM;
    }
    trd__sched_init(&pool->sched, config, pool->sched_state);
    if (pool->is_recording) {
        pool->sched.recorder = &pool->recorder;
    }
    trd__table_init(&pool->worker_table, sizeof(struct trd__worker));
    trd__table_init(&pool->client_links, sizeof(struct trd__client_link));
    trd__pool_lock(pool);
    int failed = trd__pool_grow_locked(pool, &pool->sched.clients);
    if (!failed) {
        failed = trd__pool_grow_locked(pool, &pool->client_links);
    }
    if (!failed) {
        trd__sched_client_open(&pool->sched, 0, 0); /* the anonymous client */
    }
    struct trd__errands errands = {0};
    trd__pool_unlock(pool, &errands);
    return failed ? failed : trd__classes_open(pool);
}

/* Frees everything but the pool itself and its guard. */
static void pool_free_insides(struct trd_pool *pool) {
    trd__doors_leave(pool);
    trd__slab_detach(&pool->common_hand);
    trd__slab_close(&pool->slab);
    trd__recording_free(pool);
    trd__lending_close(pool);
    table_free(&pool->sched.clients);
    table_free(&pool->sched.classes);
    table_free(&pool->sched.workers);
    table_free(&pool->worker_table);
    table_free(&pool->client_links);
    free(pool->classes);
    free(pool->sched_state);
    free(pool->insight);
    if (pool->backend == &trd_backend_threads) {
        trd__threads_context_destroy(pool->context);
    }
}

/* What is constant. */
static void pool_set_constants(struct trd_pool *pool, const struct trd_pool_config *config,
                               const struct trd_sched_config *sched_config) {
    (void)snprintf(pool->name, sizeof pool->name, "%s", /* cut: so are thread names */
                   config->name ? config->name : "treadle");
    trd__policy_describe(&sched_config->policy, pool->policy_spec, sizeof pool->policy_spec);
    trd__sizer_print(&sched_config->sizer, pool->sizer_spec, sizeof pool->sizer_spec);
    pool->workers_min = config->workers_min;
    pool->workers_max = config->workers_max;
    pool->pending_max = config->pending_max ? config->pending_max : UINT64_MAX;
    pool->on_full = config->on_full;
    pool->idle_ns = config->idle_ns ? config->idle_ns : TRD_FOREVER;
    pool->needed = UINT32_MAX;
    pool->is_recording = config->is_recording;
    pool->spin_ns = trd__cpu_cores() > 1.0 ? POOL_SPIN_NS : 0;
    pool->gap_ns = pool->silent_ns = UINT32_MAX; /* nothing is known: no spinning, no batches */
    /* Relaxed: a number and nothing else. */
    static _Atomic uint64_t last_number;
    pool->number = atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1;
    /* Where every submit must be heard of in its turn, or may be refused, it takes the lock. */
    pool->are_doors_locked =
        pool->is_recording || pool->pending_max != UINT64_MAX || sched_config->policy.policy->admit;
    atomic_init(&pool->expiry_until_ns, UINT64_MAX);
    atomic_init(&pool->reference_count, 1);
}

/* Everything before the first worker. */
static int pool_open(struct trd_pool *pool, const struct trd_pool_config *config,
                     const struct trd_sched_config *sched_config) {
    pool_set_constants(pool, config, sched_config);
    pool->backend = config->backend ? config->backend : &trd_backend_threads;
    pool->context = config->backend_context;
    if (pool->backend == &trd_backend_threads) {
        pool->context = trd__threads_context_create();
        if (!pool->context) {
            return -ENOMEM;
        }
    }
    if (config->is_insightful) {
        pool->insight = calloc(1, sizeof *pool->insight); /* mostly address space: see insight.h */
        if (!pool->insight) {
            return -ENOMEM;
        }
    }
    /* Sizers that are asked about the queue at other times than submits see all of it. */
    const struct trd_sizer *sizer = sched_config->sizer.sizer;
    pool->may_batch = !pool->is_recording && pool->backend->is_silent && sizer->period_ns == 0 &&
                      !(sizer->causes & ~(unsigned)(TRD_CAUSE_OPEN | TRD_CAUSE_SUBMIT));
    return pool_open_sched(pool, sched_config);
}

/* Starts the workers that the sizer wants. */
static int pool_start(struct trd_pool *pool) {
    const int failed = trd__resize_grow(pool);
    trd__pool_lock(pool);
    const bool is_alone = pool->sched.worker_count == 0;
    struct trd__errands errands = {0};
    trd__pool_unlock(pool, &errands);
    if (failed && is_alone) {
        return failed == -ENOMEM ? -ENOMEM : -EAGAIN;
    }
    return trd__keeper_start(pool);
}

static int specs_parse(const struct trd_pool_config *config, struct trd_sched_config *sched_config,
                       struct trd_error *error) {
    if (config->policy_spec) {
        sched_config->policy = *config->policy_spec;
    } else if (trd_policy_load(config->policy ? config->policy : "fifo", &sched_config->policy,
                               error)) {
        return -EINVAL;
    }
    return trd_sizer_parse(config->sizer ? config->sizer : "on_demand", &sched_config->sizer,
                           error);
}

int trd_pool_create(const struct trd_pool_config *config, struct trd_pool **pool_out,
                    struct trd_error *error) {
    struct trd_pool_config full = config ? *config : (struct trd_pool_config){0};
    struct trd_sched_config sched_config = {.seed = full.seed, .now_ns = trd_clock_now_ns()};
    int failed = specs_parse(&full, &sched_config, error);
    if (!failed) {
        failed = config_check(&full, sched_config.sizer.sizer, error);
    }
    if (failed) {
        return failed;
    }
    sched_config.workers_min = full.workers_min;
    sched_config.workers_max = full.workers_max;

    struct trd_pool *pool = aligned_alloc(_Alignof(struct trd_pool), sizeof *pool);
    if (!pool) {
        return -ENOMEM;
    }
    memset(pool, 0, sizeof *pool);
    failed = trd__guard_open(&pool->guard);
    if (failed) {
        goto free_pool;
    }
    failed = pool_open(pool, &full, &sched_config);
    if (failed) {
        goto free_insides;
    }
    failed = pool_start(pool);
    if (failed) {
        (void)trd_pool_shutdown(pool, TRD_SHUTDOWN_CANCEL_PENDING, true); /* not in a worker */
        trd__sched_fini(&pool->sched);
        goto free_insides;
    }
    *pool_out = pool;
    return 0;

free_insides:
    pool_free_insides(pool);
    trd__guard_close(&pool->guard);
free_pool:
    free(pool);
    return failed;
}

void trd__pool_unref(struct trd_pool *pool) {
    /* Acquire and release: whoever frees it has seen all that the others did with it. */
    if (atomic_fetch_sub_explicit(&pool->reference_count, 1, memory_order_acq_rel) == 1) {
        trd__guard_close(&pool->guard);
        free(pool);
    }
}

void trd_pool_destroy(struct trd_pool *pool) {
    if (!pool || !trd__guard_is_owner(&pool->guard)) {
        return;
    }
    const int failed = trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true);
    assert(failed == 0); /* -EDEADLK: destroyed by a worker of its own */
    trd__keeper_stop(pool);
    trd__expiry_join(pool);
    trd__sched_fini(&pool->sched);
    pool_free_insides(pool);
    trd__pool_unref(pool);
}

int trd_pool_stats(struct trd_pool *pool, struct trd_stats *stats_out) {
    if (!trd__guard_is_owner(&pool->guard)) {
        return -EOWNERDEAD;
    }
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd__pool_lock_now(pool);
    trd__sched_stats(&pool->sched, stats_out, now_ns);
    /* What stands in a worker's batch behind the one that it runs is queued, too. */
    stats_out->queued += trd__batch_behind_locked(pool);
    stats_out->refused += pool->refused;
    stats_out->caller_ran = pool->caller_ran;
    trd__pool_unlock(pool, &errands);
    return 0;
}

/* Copies a row of what the pool knows of classes or clients. */
static int group_stats(struct trd_pool *pool, bool is_class, uint32_t index,
                       struct trd_group_stats *stats_out) {
    if (!trd__guard_is_owner(&pool->guard)) {
        return -EOWNERDEAD;
    }
    if (!pool->insight) {
        return -EINVAL;
    }
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    const struct trd__insight_row *row =
        is_class ? trd__insight_class_row(pool->insight, index, &stats_out->is_rest)
                 : trd__insight_client_row(pool->insight, index, &stats_out->is_rest);
    if (row) {
        stats_out->key = row->key;
        stats_out->wait_ns = row->wait;
        stats_out->run_ns = row->run;
    }
    trd__pool_unlock(pool, &errands);
    return row ? 0 : -ENOENT;
}

int trd_pool_class_stats(struct trd_pool *pool, uint32_t index, struct trd_group_stats *stats_out) {
    return group_stats(pool, true, index, stats_out);
}

int trd_pool_client_stats(struct trd_pool *pool, uint32_t index,
                          struct trd_group_stats *stats_out) {
    return group_stats(pool, false, index, stats_out);
}
