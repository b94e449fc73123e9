/* future.c - a task whose result somebody may wait for.
 *
 * A future is born with one reference of the engine's, given back at completion, and one of the
 * submitter's. Its memory is a slot of the pool's slab, which keeps the pool's own block of memory
 * alive while a slot is out (slab.h), so every call is safe after the pool was destroyed, too.
 * Without a submitter who wants it there is no future at all: the task alone, 64 bytes.
 *
 * `word` says how far it is: 0, then an outcome + 1. Completing exchanges the word, waiting adds
 * FUTURE_HAS_WAITERS to it and sleeps while it stays so; both change one word, so either the waiter
 * sees the outcome, or the completer sees that somebody waits.
 *
 * `callbacks` is a list, the newest first, that only grows by exchanging its head, until the
 * completer closes it. Whoever finds it closed waits for the outcome, which is a moment away, and
 * calls back himself.
 */
#include "pool/live.h"

#include <errno.h>
#include <stdlib.h>

#include <treadle/clock.h>
#include <treadle/future.h>

#include "os/pause.h"

enum { FUTURE_OUTCOME_MASK = 0xff, FUTURE_HAS_WAITERS = 0x100 };

struct callback {
    struct callback *next;
    void (*done)(void *context, struct trd_future *future);
    void *context;
};

/* Stands in front of its task. Both lie in a slot of the pool's slab. */
struct trd_future {
    _Atomic uint32_t reference_count;
    _Atomic uint32_t word;
    _Atomic(struct callback *) callbacks;
    void *result;                      /* written before `word`, read after it */
    _Alignas(64) struct trd_task task; /* the engine's; with attributes behind it, if it has any */
};

_Static_assert(sizeof(struct trd_future) == 128 &&
                   offsetof(struct trd_future, task) + sizeof(struct trd_task) ==
                       sizeof(struct trd_future),
               "the attributes of a task lie directly behind it");

/* Stands for a list that takes no more callbacks. */
static struct callback callbacks_closed;

static struct trd_future *future_of(struct trd_task *task) {
    return (struct trd_future *)(void *)((unsigned char *)task - offsetof(struct trd_future, task));
}

static struct trd_pool *future_pool(const struct trd_future *future) {
    return trd__slab_pool(future);
}

/* What is called returns something: a task keeps it as what a task calls. */
typedef void *(*future_run)(void *arg);
union future_call {
    future_run run;
    void (*kept)(void *arg);
};

enum trd_outcome trd__future_run(struct trd_task *task) {
    const union future_call call = {.kept = task->payload.call.run};
    void *result = call.run(task->payload.call.arg);
    if ((task->flags & TRD_TASK_RESUMABLE) && result == trd_again()) {
        return TRD_OUTCOME_AGAIN;
    }
    if (task->flags & TRD_TASK_FUTURE) {
        future_of(task)->result = result;
    }
    return TRD_OUTCOME_DONE;
}

void *trd_again(void) {
    static char mark; /* only its address matters */
    return &mark;
}

_Atomic uint32_t *trd__future_waiters(struct trd_task *task) {
    struct trd_future *future = future_of(task);
    /* Taking the mark away makes the word another one for whoever is about to sleep on it. Acquire
     * and release, as for the rest of its life. */
    const uint32_t before = atomic_fetch_and_explicit(&future->word, ~(uint32_t)FUTURE_HAS_WAITERS,
                                                      memory_order_acq_rel);
    return before & FUTURE_HAS_WAITERS ? &future->word : NULL;
}

struct trd_future *trd_future_ref(struct trd_future *future) {
    /* Relaxed: the caller has a reference already. */
    (void)atomic_fetch_add_explicit(&future->reference_count, 1, memory_order_relaxed);
    return future;
}

void trd_future_unref(struct trd_future *future) {
    /* Acquire and release: whoever frees it has seen all that the others did with it. */
    if (future &&
        atomic_fetch_sub_explicit(&future->reference_count, 1, memory_order_acq_rel) == 1) {
        trd__slab_give((void *const *)&future, 1);
    }
}

/* The outcome + 1, or 0. Acquire: partner of the release in trd__future_complete(). */
static uint32_t future_look(const struct trd_future *future) {
    return atomic_load_explicit(&future->word, memory_order_acquire) & FUTURE_OUTCOME_MASK;
}

/* Sleeps once, until the word has changed. 0 or -ETIMEDOUT. */
static int future_doze(struct trd_future *future, uint64_t deadline_ns) {
    /* Acquire throughout: partner of the release in trd__future_complete(). */
    uint32_t word = atomic_load_explicit(&future->word, memory_order_acquire);
    trd__yield(TRD_YIELD_FUTURE_WAIT);
    while (word == 0) {
        if (atomic_compare_exchange_weak_explicit(&future->word, &word, FUTURE_HAS_WAITERS,
                                                  memory_order_acquire, memory_order_acquire)) {
            word = FUTURE_HAS_WAITERS;
        }
    }
    if (word & FUTURE_OUTCOME_MASK) {
        return 0;
    }
    const int failed = trd__futex_wait(&future->word, FUTURE_HAS_WAITERS, deadline_ns);
    return failed && !future_look(future) ? failed : 0;
}

/* How a thread has fared that looked whether a future was done, before it slept. */
struct future_luck {
    uint32_t skips;      /* what the next look in vain costs: so many waits do not look */
    uint32_t skips_left; /* waits that do not look */
};

static _Thread_local struct future_luck future_luck;

/* Looks for as long as idle workers do (idle.c), because sleeping and being woken takes as long. So
 * at worst a wait costs twice as much; and whoever has looked in vain does so ever more rarely. */
static void future_watch(const struct trd_future *future, uint64_t spin_ns, uint64_t deadline_ns) {
    enum { ROUNDS = 16, SKIPS_MAX = 63 };
    struct future_luck *luck = &future_luck;
    if (spin_ns == 0) {
        return; /* on one processor nobody could complete it meanwhile */
    }
    if (luck->skips_left > 0) {
        luck->skips_left--;
        return;
    }
    const uint64_t spun_ns = trd_clock_now_ns() + spin_ns;
    const uint64_t until_ns = spun_ns < deadline_ns ? spun_ns : deadline_ns;
    bool is_done = false;
    do {
        for (int i = 0; i < ROUNDS && !is_done; i++) {
            trd__pause();
            is_done = future_look(future) != 0;
        }
    } while (!is_done && trd_clock_now_ns() < until_ns);
    luck->skips = is_done ? 0 : luck->skips < SKIPS_MAX ? 2 * luck->skips + 1 : luck->skips;
    luck->skips_left = luck->skips;
}

/* Waits without asking whether that can end. 0 or -ETIMEDOUT. */
static int future_sleep(struct trd_future *future, uint64_t deadline_ns) {
    int failed = 0;
    future_watch(future, future_pool(future)->spin_ns, deadline_ns);
    while (!failed && !future_look(future)) {
        failed = future_doze(future, deadline_ns);
    }
    return failed;
}

/* Closes the list and returns what is in it, or NULL; `callbacks_closed` if it was closed. */
static struct callback *future_close(struct trd_future *future) {
    return atomic_exchange_explicit(&future->callbacks, &callbacks_closed, memory_order_acq_rel);
}

bool trd__future_seal(struct trd_task *task) {
    struct callback *none = NULL;
    return atomic_compare_exchange_strong_explicit(&future_of(task)->callbacks, &none,
                                                   &callbacks_closed, memory_order_acq_rel,
                                                   memory_order_acquire);
}

/* Calls a closed list back, the oldest first, and frees it. */
static void future_call_back(struct trd_future *future, struct callback *newest) {
    struct callback *oldest = NULL;
    while (newest) {
        struct callback *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct callback *next = oldest->next;
        oldest->done(oldest->context, future);
        free(oldest);
        oldest = next;
    }
}

void trd__future_complete(struct trd_task *task, enum trd_outcome outcome) {
    struct trd_future *future = future_of(task);
    struct callback *callbacks =
        atomic_load_explicit(&future->callbacks, memory_order_acquire) == &callbacks_closed
            ? &callbacks_closed
            : future_close(future);
    trd__yield(TRD_YIELD_FUTURE_COMPLETE);
    /* Release: whoever sees the outcome sees the result. */
    const uint32_t before =
        atomic_exchange_explicit(&future->word, (uint32_t)outcome + 1, memory_order_acq_rel);
    trd__yield(TRD_YIELD_FUTURE_COMPLETED);
    if (before & FUTURE_HAS_WAITERS) {
        trd__futex_wake(&future->word, UINT32_MAX);
    }
    if (callbacks != &callbacks_closed) {
        trd__yield(TRD_YIELD_FUTURE_CALL_BACK);
        future_call_back(future, callbacks);
    }
    trd_future_unref(future);
}

int trd_future_on_done(struct trd_future *future,
                       void (*done)(void *context, struct trd_future *future), void *context) {
    if (!future_look(future) && !trd__guard_is_owner(&future_pool(future)->guard)) {
        return -EOWNERDEAD;
    }
    struct callback *head = atomic_load_explicit(&future->callbacks, memory_order_acquire);
    struct callback *callback = NULL;
    if (head != &callbacks_closed) {
        callback = malloc(sizeof *callback);
        if (!callback) {
            return -ENOMEM;
        }
        *callback = (struct callback){.done = done, .context = context};
    }
    trd__yield(TRD_YIELD_FUTURE_ON_DONE);
    while (head != &callbacks_closed) {
        callback->next = head;
        /* Release: the completer sees the callback; partner of the exchange in future_close(). */
        if (atomic_compare_exchange_weak_explicit(&future->callbacks, &head, callback,
                                                  memory_order_release, memory_order_acquire)) {
            return 0;
        }
    }
    free(callback);
    trd__yield(TRD_YIELD_FUTURE_CLOSED);
    (void)future_sleep(future, TRD_FOREVER); /* for ever: cannot time out */
    done(context, future);
    return 0;
}

/* Its outcome as trd_future_wait() says it. */
static int future_answer(const struct trd_future *future) {
    switch ((enum trd_outcome)(future_look(future) - 1)) {
    case TRD_OUTCOME_DONE:
    case TRD_OUTCOME_AGAIN:
        return 0;
    case TRD_OUTCOME_CANCELLED:
        return -ECANCELED;
    case TRD_OUTCOME_EXPIRED:
        return -ETIME;
    case TRD_OUTCOME_LOST:
        return -EOWNERDEAD;
    }
    return -EINVAL;
}

/* Waits on a worker of the same pool: runs the task itself while it is queued, and sleeps while
 * somebody else runs it, unless that could not end. */
static int future_sleep_in_worker(struct trd_future *future, uint64_t deadline_ns) {
    const bool is_forever = deadline_ns == TRD_FOREVER;
    int failed = 0;
    while (!failed && !future_look(future)) {
        const int helped = trd__help_with(future_pool(future), &future->task);
        if (helped == 0) {
            continue; /* it, or a slice of it, has run */
        }
        failed = trd__worker_wait_begin(future_pool(future), &future->task, is_forever);
        if (failed) {
            /* Unless it was queued between the two looks, and may be taken now. */
            failed = helped == -EAGAIN ? failed : 0;
            continue;
        }
        failed = future_doze(future, deadline_ns);
        trd__worker_wait_end(future_pool(future));
    }
    return failed;
}

int trd_future_wait(struct trd_future *future, uint64_t timeout_ns) {
    if (future_look(future)) {
        return future_answer(future);
    }
    if (!trd__guard_is_owner(&future_pool(future)->guard)) {
        return -EOWNERDEAD;
    }
    if (timeout_ns == 0) {
        return -ETIMEDOUT;
    }
    const uint64_t deadline_ns = trd__deadline_ns(trd_clock_now_ns(), timeout_ns);
    const bool is_in_worker = trd_pool_this_worker(future_pool(future)) != TRD_WORKER_NONE;
    const int failed = is_in_worker ? future_sleep_in_worker(future, deadline_ns)
                                    : future_sleep(future, deadline_ns);
    return failed ? failed : future_answer(future);
}

void *trd_future_result(const struct trd_future *future) {
    return future_look(future) == TRD_OUTCOME_DONE + 1 ? future->result : NULL;
}

bool trd_future_is_done(const struct trd_future *future) {
    return future_look(future) != 0;
}

int trd_future_cancel(struct trd_future *future) {
    if (future_look(future)) {
        return -EALREADY;
    }
    /* The caller's reference keeps the task's memory alive. */
    const int failed = trd_pool_cancel_task(future_pool(future), &future->task);
    /* It has run, and its worker is about to say so. */
    return failed == -EALREADY && !future_look(future) ? -EBUSY : failed;
}

/* Fills in the attributes. */
static TRD_SIDE_WAY void future_set_attr(struct trd_task *task, const struct trd_options *options) {
    task->flags |= TRD_TASK_HAS_ATTR;
    if (options->is_dropped_late) {
        task->flags |= TRD_TASK_DROP_LATE;
    }
    if (options->is_resumable) {
        task->flags |= TRD_TASK_RESUMABLE;
    }
    uint64_t deadline_ns = 0;
    if (options->deadline_ns) {
        deadline_ns = trd__deadline_ns(trd_clock_now_ns(), options->deadline_ns);
    }
    struct trd_attr *attr = trd_task_attr(task);
    assert(attr);
    *attr = (struct trd_attr){
        .priority = options->priority,
        .client = options->client,
        .deadline_ns = deadline_ns,
        .cost_ns = options->cost_ns,
        .weight = options->weight,
    };
}

/* A slot for a thread without a door. */
static TRD_SIDE_WAY void *future_common_slot(struct trd_pool *pool, uint32_t size) {
    trd__lock_take(&pool->common_lock);
    void *slot = trd__slab_take(pool, &pool->common_hand, size);
    trd__lock_give(&pool->common_lock);
    return slot;
}

/* A task with what goes before and behind it. NULL: no memory. */
static struct trd_task *future_create(struct trd_pool *pool, struct trd__door *door, future_run run,
                                      void *arg, const struct trd_options *options,
                                      struct trd_future **future_out) {
    const uint32_t size = (future_out ? 1u : 0u) + (options ? 1u : 0u);
    void *slot = door ? trd__slab_take(pool, &door->hand, size) : future_common_slot(pool, size);
    if (!slot) {
        return NULL;
    }
    struct trd_task *task = slot;
    if (future_out) {
        struct trd_future *future = slot;
        atomic_init(&future->reference_count, 2);
        atomic_init(&future->word, 0);
        atomic_init(&future->callbacks, NULL);
        future->result = NULL;
        task = &future->task;
        *future_out = future;
    }
    *task = (struct trd_task){.payload.call = {((union future_call){.run = run}).kept, arg}};
    task->flags = TRD_TASK_OWN | (future_out ? TRD_TASK_FUTURE : 0);
    if (options) {
        future_set_attr(task, options);
    }
    return task;
}

/* It was not accepted. Returns `failed`. */
static TRD_SIDE_WAY int future_give_up(struct trd_task *task, struct trd_future **future_out,
                                       int failed) {
    void *slot = future_out ? (void *)*future_out : (void *)task;
    if (future_out) {
        *future_out = NULL;
    }
    trd__slab_give(&slot, 1);
    return failed;
}

/* May this be submitted as futures? 0 or -errno. */
static inline int future_check(const struct trd_pool *pool, void *(*run)(void *arg)) {
    if (!trd__guard_is_owner(&pool->guard)) {
        return -EOWNERDEAD;
    }
    return run && pool->backend == &trd_backend_threads ? 0 : -EINVAL;
}

int trd_pool_submit(struct trd_pool *pool, void *(*run)(void *arg), void *arg,
                    const struct trd_options *options, struct trd_future **future_out) {
    int failed = future_check(pool, run);
    if (failed) {
        return failed;
    }
    struct trd__door *door = trd__door_find(pool);
    struct trd_task *task = future_create(pool, door, run, arg, options, future_out);
    if (!task) {
        return -ENOMEM;
    }
    const uint64_t room_ns =
        options && options->room_timeout_ns ? options->room_timeout_ns : TRD_FOREVER;
    failed = trd__submit(pool, door, task, (uint64_t)(uintptr_t)run, room_ns);
    return failed ? future_give_up(task, future_out, failed) : 0;
}

int trd_pool_submit_many(struct trd_pool *pool, void *(*run)(void *arg), void *const *args,
                         size_t count, const struct trd_options *options,
                         struct trd_future **futures_out, size_t *accepted_out) {
    size_t accepted = 0;
    int failed = future_check(pool, run);
    while (accepted < count && !failed) {
        failed = trd_pool_submit(pool, run, args[accepted], options,
                                 futures_out ? &futures_out[accepted] : NULL);
        accepted += !failed;
    }
    for (size_t i = accepted; futures_out && i < count; i++) {
        futures_out[i] = NULL;
    }
    if (accepted_out) {
        *accepted_out = accepted;
    }
    return failed;
}
