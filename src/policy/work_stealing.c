/* work_stealing.c - a deque for every worker; who has nothing steals.
 *
 * Idea: what a worker's task submits is queued at that worker, and the worker takes the newest
 * first: its data is still in the caches, and a tree of tasks is walked depth first, in little
 * memory. A worker that has nothing takes from the shared queue, where submits from outside stand
 * in order of acceptance; then it steals the oldest task, the largest part of somebody's tree, from
 * another, beginning at a random one. Workers hardly meet. A deque holds 256 tasks; when it is full
 * its oldest goes to the shared queue, as if stolen. Every 64th time a worker looks there first, so
 * that tasks that breed tasks starve nobody; a task that yields goes there, or it would be the
 * newest.
 * Source: R. D. Blumofe and C. E. Leiserson, "Scheduling multithreaded computations by work
 * stealing", Journal of the ACM 46, 1999; the deque: D. Chase and Y. Lev, SPAA 2005; N. M. Le et
 * al., PPoPP 2013.
 * Does badly: by every measure of order: no priorities, no fairness, and with all submits from
 * outside it is fifo with detours.
 * Cost: O(1) for push and remove; pop O(1), or O(workers) when it must search for a victim.
 *
 * Concurrency: push, pop, ran for different workers, and push from outside, may be called at the
 * same time: deques are lock-free (base/deque.h), the shared queue is a list behind a lock that is
 * held for a few instructions. Engines that call one op at a time may do so; then a cancelled task
 * is taken out of its place at once (a hole in the deque, or off the list), so that its memory can
 * go back to the submitter, and the run replays. An engine that calls concurrently must not call
 * remove while pop may run: it marks the task, and completes it once pop has handed it out. Workers
 * join and leave, and `any` is asked, while nothing else is called.
 */
#include <treadle/policy.h>

#include "base/deque.h"
#include "base/list.h"

enum { SHARED_FIRST_EVERY = 64 };

/* A queued task's node.word[2]: the worker in whose deque it stands, plus one; 0: shared queue. */
enum { PLACE = 2 };

struct work_stealing {
    _Atomic bool is_locked; /* protects `shared` */
    struct trd_list shared; /* is_locked */
    _Atomic uint64_t
        shared_count;         /* written under is_locked; read by who wonders whether to look */
    _Atomic uint32_t workers; /* indices that have ever joined are below it */
};

struct stealing_worker {
    struct trd_deque deque;
    struct trd_rng rng; /* of its own: the pool's has one user */
    uint32_t turn;
};

/* Acquire and release pair up, from holder to holder. */
static void shared_lock(struct work_stealing *stealing) {
    while (atomic_exchange_explicit(&stealing->is_locked, true, memory_order_acquire)) {
        /* the holder is within one of the three functions below */
    }
}

static void shared_unlock(struct work_stealing *stealing) {
    atomic_store_explicit(&stealing->is_locked, false, memory_order_release);
}

static void shared_append(struct work_stealing *stealing, struct trd_task *task) {
    task->node.word[PLACE] = 0;
    shared_lock(stealing);
    trd__list_append(&stealing->shared, task);
    (void)atomic_fetch_add_explicit(&stealing->shared_count, 1, memory_order_release);
    shared_unlock(stealing);
}

static struct trd_task *shared_take(struct work_stealing *stealing) {
    /* Acquire, with the add above: a task whose push has returned is not overlooked. */
    if (atomic_load_explicit(&stealing->shared_count, memory_order_acquire) == 0) {
        return NULL;
    }
    shared_lock(stealing);
    struct trd_task *task = trd__list_pop_first(&stealing->shared);
    if (task) {
        (void)atomic_fetch_sub_explicit(&stealing->shared_count, 1, memory_order_relaxed);
    }
    shared_unlock(stealing);
    return task;
}

static void shared_remove(struct work_stealing *stealing, struct trd_task *task) {
    shared_lock(stealing);
    trd__list_remove(&stealing->shared, task);
    (void)atomic_fetch_sub_explicit(&stealing->shared_count, 1, memory_order_relaxed);
    shared_unlock(stealing);
}

static void work_stealing_push(const struct trd_policy_env *env, struct trd_task *task,
                               uint32_t worker, uint64_t now_ns) {
    (void)now_ns; /* where it comes from is all that counts */
    const struct trd_attr *attr = trd_task_attr(task);
    if (worker == TRD_WORKER_NONE || (attr && attr->attained_ns > 0)) {
        shared_append(env->state, task);
        return;
    }
    struct stealing_worker *own = trd_policy_worker(env, worker);
    task->node.word[PLACE] = (uint64_t)worker + 1;
    if (trd__deque_push(&own->deque, task)) {
        return;
    }
    struct trd_task *oldest = trd__deque_steal(&own->deque);
    if (oldest) {
        shared_append(env->state, oldest);
    }
    if (!trd__deque_push(&own->deque, task)) { /* a thief still looks into that slot */
        shared_append(env->state, task);
    }
}

/* Every other deque, from a random one on. */
static struct trd_task *steal(const struct trd_policy_env *env, uint32_t worker) {
    struct work_stealing *stealing = env->state;
    struct stealing_worker *own = trd_policy_worker(env, worker);
    const uint32_t count = atomic_load_explicit(&stealing->workers, memory_order_acquire);
    const uint32_t start = (uint32_t)trd_rng_below(&own->rng, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t victim = i < count - start ? start + i : start + i - count;
        if (victim == worker) {
            continue;
        }
        struct stealing_worker *other = trd_policy_worker(env, victim);
        struct trd_task *task = trd__deque_steal(&other->deque);
        if (task) {
            return task;
        }
    }
    return NULL;
}

static struct trd_pop work_stealing_pop(const struct trd_policy_env *env, uint32_t worker,
                                        uint64_t now_ns) {
    (void)now_ns; /* at any time */
    struct stealing_worker *own = trd_policy_worker(env, worker);
    struct trd_task *task = ++own->turn % SHARED_FIRST_EVERY == 0 ? shared_take(env->state) : NULL;
    task = task ? task : trd__deque_pop(&own->deque);
    task = task ? task : shared_take(env->state);
    task = task ? task : steal(env, worker);
    return (struct trd_pop){task, task ? TRD_FATE_RUN : TRD_FATE_NONE};
}

static void work_stealing_remove(const struct trd_policy_env *env, struct trd_task *task) {
    const uint64_t place = task->node.word[PLACE];
    if (place == 0) {
        shared_remove(env->state, task);
        return;
    }
    struct stealing_worker *other = trd_policy_worker(env, (uint32_t)(place - 1));
    const bool is_out = trd__deque_remove(&other->deque, task);
    assert(is_out); /* nobody else is at work: see above */
}

static struct trd_task *work_stealing_any(const struct trd_policy_env *env) {
    const struct work_stealing *stealing = env->state;
    const uint32_t count = atomic_load_explicit(&stealing->workers, memory_order_relaxed);
    struct trd_task *task = stealing->shared.first;
    for (uint32_t i = 0; i < count && !task; i++) {
        const struct stealing_worker *other = trd_policy_worker(env, i);
        task = trd__deque_any(&other->deque);
    }
    return task;
}

static void work_stealing_join(const struct trd_policy_env *env, uint32_t worker) {
    struct work_stealing *stealing = env->state;
    struct stealing_worker *own = trd_policy_worker(env, worker);
    trd_rng_init(&own->rng, trd_rng_next(env->rng));
    if (worker >= atomic_load_explicit(&stealing->workers, memory_order_relaxed)) {
        atomic_store_explicit(&stealing->workers, worker + 1, memory_order_release);
    }
}

/* Its record is zeroed when the index joins again, so nothing stays in it. */
static void work_stealing_leave(const struct trd_policy_env *env, uint32_t worker) {
    struct stealing_worker *own = trd_policy_worker(env, worker);
    struct trd_task *task;
    while ((task = trd__deque_steal(&own->deque))) {
        shared_append(env->state, task);
    }
}

const struct trd_policy trd__policy_work_stealing = {
    .name = "work_stealing",
    .summary = "each worker its own newest first; who has nothing steals the oldest",
    .source = "Blumofe and Leiserson, J. ACM 46, 1999; Chase and Lev, SPAA 2005",
    .flags = TRD_POLICY_CONCURRENT,
    .pool_bytes = sizeof(struct work_stealing),
    .worker_bytes = sizeof(struct stealing_worker),
    .push = work_stealing_push,
    .pop = work_stealing_pop,
    .remove = work_stealing_remove,
    .any = work_stealing_any,
    .worker_join = work_stealing_join,
    .worker_leave = work_stealing_leave,
};
