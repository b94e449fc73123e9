/* books.c - time, workers, clients and samples of the scheduler. */
#include "core/books.h"

#include "core/record.h"

/* The engine's part of a record, padded so that the policy's part is aligned for any type. */
static size_t padded(size_t bytes) {
    const size_t align = _Alignof(max_align_t);
    return (bytes + align - 1) / align * align;
}

size_t trd__books_client_header(void) {
    return padded(sizeof(struct trd_client));
}

size_t trd__books_worker_header(void) {
    return padded(sizeof(struct trd__books_worker));
}

void *trd_policy_client(const struct trd_policy_env *env, uint32_t client_index) {
    return (unsigned char *)trd__table_at(env->clients, client_index) + trd__books_client_header();
}

void *trd_policy_class(const struct trd_policy_env *env, uint32_t class_index) {
    return trd__table_at(env->classes, class_index);
}

void *trd_policy_worker(const struct trd_policy_env *env, uint32_t worker) {
    return (unsigned char *)trd__table_at(env->workers, worker) + trd__books_worker_header();
}

const struct trd_client *trd_policy_client_info(const struct trd_policy_env *env,
                                                uint32_t client_index) {
    return trd__table_at(env->clients, client_index);
}

struct trd_client *trd__sched_client(const struct trd_sched *sched, uint32_t index) {
    return trd__books_client(sched, index);
}

/* Fills the part that only ticks have and starts the next interval. */
static void books_sample_interval(struct trd_sched *sched, struct trd_sample *sample,
                                  const struct trd_load *load) {
    sample->interval_ns = sched->now_ns - sched->tick_ns;
    sample->finished = sched->finished - sched->tick_finished;
    sample->run_ns = sched->run_ns - sched->tick_run_ns;
    sample->queue_wait_ns = sched->queue_wait_ns - sched->tick_queue_wait_ns;
    sample->busy_ns = sched->busy_ns - sched->tick_busy_ns;
    sample->cpu_ns = load->cpu_ns;
    sample->gil_held_ns = load->gil_held_ns;
    sample->gil_wait_ns = load->gil_wait_ns;
    sample->run_wait_ns = load->run_wait_ns;
    sample->cores = load->cores;
    sample->is_gil_measured = load->is_gil_measured;
    sample->is_gil_sampled = load->is_gil_sampled;
    sample->gil_looks = load->gil_looks;
    sample->gils = load->gils;
    sched->tick_ns = sched->now_ns;
    sched->tick_finished = sched->finished;
    sched->tick_run_ns = sched->run_ns;
    sched->tick_queue_wait_ns = sched->queue_wait_ns;
    sched->tick_busy_ns = sched->busy_ns;
}

void trd__books_ask(struct trd_sched *sched, enum trd_cause cause, const struct trd_load *load) {
    struct trd_sample *sample = &sched->sample;
    *sample = (struct trd_sample){
        .cause = cause,
        .workers = sched->worker_count,
        .workers_min = sched->config.workers_min,
        .workers_max = sched->config.workers_max,
        .busy = sched->busy,
        .blocked = sched->blocked,
        .queued = sched->queued,
        .now_ns = sched->now_ns,
    };
    if (load) {
        books_sample_interval(sched, sample, load);
    }
    uint32_t wanted = sched->config.sizer.sizer->resize(&sched->sizer_env, sample);
    if (wanted < sched->config.workers_min) {
        wanted = sched->config.workers_min;
    }
    if (wanted > sched->config.workers_max) {
        wanted = sched->config.workers_max;
    }
    sched->workers_wanted = wanted;
}

void trd__sched_join(struct trd_sched *sched, uint32_t worker, uint64_t now_ns) {
    struct trd__books_worker *record = trd__table_at(&sched->workers, worker);
    assert(!record->is_joined);
    trd__books_advance(sched, now_ns);
    memset(record, 0, sched->workers.record_bytes);
    record->is_joined = true;
    if (++sched->worker_count > sched->workers_peak) {
        sched->workers_peak = sched->worker_count;
    }
    if (sched->config.policy.policy->worker_join) {
        sched->config.policy.policy->worker_join(&sched->policy_env, worker);
    }
    trd__record_worker(sched, TRD_EVENT_JOIN, worker);
}

void trd__sched_leave(struct trd_sched *sched, uint32_t worker, uint64_t now_ns) {
    struct trd__books_worker *record = trd__table_at(&sched->workers, worker);
    assert(record->is_joined && record->running == 0 && !record->is_blocked);
    trd__books_advance(sched, now_ns);
    if (sched->config.policy.policy->worker_leave) {
        sched->config.policy.policy->worker_leave(&sched->policy_env, worker);
    }
    record->is_joined = false;
    sched->worker_count--;
    trd__record_worker(sched, TRD_EVENT_LEAVE, worker);
}

void trd__sched_block(struct trd_sched *sched, uint32_t worker, bool is_blocked, uint64_t now_ns) {
    struct trd__books_worker *record = trd__table_at(&sched->workers, worker);
    assert(record->is_joined && record->is_blocked != is_blocked);
    trd__books_advance(sched, now_ns);
    record->is_blocked = is_blocked;
    if (is_blocked) {
        sched->blocked++;
    } else {
        sched->blocked--;
    }
    if (sched->config.sizer.sizer->causes & TRD_CAUSE_BLOCK) {
        trd__books_ask(sched, TRD_CAUSE_BLOCK, NULL);
    }
    trd__record_block(sched, worker, is_blocked);
}

void trd__sched_bounds(struct trd_sched *sched, uint32_t workers_min, uint32_t workers_max,
                       uint64_t now_ns) {
    assert(workers_max >= 1 && workers_min <= workers_max);
    trd__books_advance(sched, now_ns);
    sched->config.workers_min = workers_min;
    sched->config.workers_max = workers_max;
    trd__books_ask(sched, TRD_CAUSE_OPEN, NULL);
    trd__record_bounds(sched);
}

void trd__sched_client_open(struct trd_sched *sched, uint32_t index, uint64_t key) {
    struct trd_client *client = trd__sched_client(sched, index);
    assert(client->weight == 0); /* the row is free */
    memset(client, 0, sched->clients.record_bytes);
    client->key = key;
    client->weight = 1;
    client->index = index;
    sched->client_open_count++;
    if (index >= sched->clients.count) {
        sched->clients.count = index + 1;
    }
}

/* Is this row an open, idle client that its policy lets go? */
static bool books_may_forget(struct trd_sched *sched, uint32_t index) {
    const struct trd_client *client = trd__sched_client(sched, index);
    const struct trd_policy *policy = sched->config.policy.policy;
    if (client->weight == 0 || client->queued_count || client->running_count) {
        return false;
    }
    return !policy->may_forget || policy->may_forget(&sched->policy_env, index, sched->now_ns);
}

uint32_t trd__sched_client_forget(struct trd_sched *sched, uint64_t *key_out, uint64_t now_ns) {
    enum { LOOK_AT = 8 };
    trd__books_advance(sched, now_ns);
    for (int i = 0; i < LOOK_AT && sched->clients.count > 1; i++) {
        if (++sched->forget_hand >= sched->clients.count) {
            sched->forget_hand = 1;
        }
        if (books_may_forget(sched, sched->forget_hand)) {
            struct trd_client *client = trd__sched_client(sched, sched->forget_hand);
            *key_out = client->key;
            client->weight = 0;
            sched->client_open_count--;
            trd__record_forget(sched, sched->forget_hand);
            return sched->forget_hand;
        }
    }
    return 0;
}

void trd__sched_stats(struct trd_sched *sched, struct trd_stats *stats_out, uint64_t now_ns) {
    trd__books_advance(sched, now_ns);
    *stats_out = (struct trd_stats){
        .now_ns = sched->now_ns,
        .age_ns = sched->now_ns - sched->start_ns,
        .workers = sched->worker_count,
        .workers_wanted = sched->workers_wanted,
        .workers_peak = sched->workers_peak,
        .busy = sched->busy,
        .blocked = sched->blocked,
        .clients = sched->client_open_count,
        .queued = sched->queued,
        .queued_peak = sched->queued_peak,
        .submitted = sched->submitted,
        .refused = sched->refused,
        .finished = sched->finished,
        .cancelled = sched->cancelled,
        .expired = sched->expired,
        .lost = sched->lost,
        .busy_ns = sched->busy_ns,
        .worker_ns = sched->worker_ns,
    };
    if (sched->config.wait) {
        stats_out->wait_ns = *sched->config.wait;
    }
    if (sched->config.run) {
        stats_out->run_ns = *sched->config.run;
    }
}
