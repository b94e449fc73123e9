/* door.h - where tasks come into a pool without its lock.
 *
 * Every thread that submits has a door of its own: a ring of tasks, with one writer, and read by
 * whoever holds the pool's lock. So threads that submit never wait for one another, nor for the
 * workers; and whoever takes the lock first takes in what stands in the rings (trd__pool_lock()),
 * so that nobody sees a state without it. The order of acceptance is that of the tasks' times.
 *
 * The door goes with the thread, and belongs to the next one when that ends. door.c says how
 * thread and pool part. */
#ifndef TRD_POOL_DOOR_H
#define TRD_POOL_DOOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <treadle/task.h>

#include "base/prefetch.h"
#include "os/quick_clock.h"
#include "os/yield_point.h"
#include "pool/slab.h"

struct trd_pool;

/* A part of submitting that few submits take: a function of its own, so that the others need not
 * save the registers that it wants. */
#define TRD_SIDE_WAY __attribute__((noinline))

/* Threads beyond so many use the lock; and tasks beyond so many in a ring, a power of two. */
#ifndef TRD_DOOR_SLOTS
#define TRD_DOOR_SLOTS 512
#endif
enum { TRD_DOORS_MAX = 64 };

/* The bits of a pool's gate, which every submit looks at. */
enum trd__gate {
    TRD_GATE_CALL = 1u << 0,   /* somebody sleeps, and nobody is on the way: call */
    TRD_GATE_LOCKED = 1u << 1, /* the lock must be taken: the scheduler has to hear of it at once */
};

struct trd__door {
    /* The thread's. */
    _Alignas(64) _Atomic uint32_t tail; /* atomic: tasks that ever came in; it alone writes it */
    uint32_t head_seen;                 /* `head`, as it was when the ring seemed full */
    uint32_t
        worker; /* its index, or TRD_WORKER_NONE; the lock's, too, while the ring is not empty */
    uint64_t last_ns; /* the time of its last task */
    struct trd__quick_clock clock;
    struct trd__slab_hand hand;
    /* The pool's. */
    _Alignas(64) _Atomic uint32_t head; /* lock to write; tasks that were ever taken in */
    struct trd_pool *pool;              /* constant */
    const _Atomic uint32_t *gate;       /* constant: the pool's */
    uint64_t pool_number;               /* constant */
    struct trd__door *next_of_thread;   /* the thread's */
    _Atomic uint32_t state;             /* atomic: see door.c */
    _Alignas(64) _Atomic(struct trd_task *) slot[TRD_DOOR_SLOTS]; /* atomic */
};

/* The calling thread's door to this pool, made when there is none. NULL: there are too many
 * threads, or there is no memory. May take the pool's lock. */
struct trd__door *trd__door_find(struct trd_pool *pool);
/* Is there room for another task? The thread's. */
static inline bool trd__door_has_room(struct trd__door *door) {
    /* Relaxed: it alone writes it. */
    const uint32_t tail = atomic_load_explicit(&door->tail, memory_order_relaxed);
    if (tail - door->head_seen < TRD_DOOR_SLOTS) {
        return true;
    }
    /* Acquire: what was taken in has been read. */
    door->head_seen = atomic_load_explicit(&door->head, memory_order_acquire);
    return tail - door->head_seen < TRD_DOOR_SLOTS;
}
/* Puts a task in, and says what the gate says after that: unless that is 0, it must
 * knock (submit.c). There must be room. The thread's. */
static inline uint32_t trd__door_push(struct trd__door *door, struct trd_task *task) {
    enum { AHEAD = 4 * 64 / sizeof door->slot[0] }; /* four lines */
    const uint32_t tail = atomic_load_explicit(&door->tail, memory_order_relaxed);
    const uint64_t now_ns = trd__quick_clock_now_ns(&door->clock);
    door->last_ns = now_ns > door->last_ns ? now_ns : door->last_ns;
    task->submit_ns = door->last_ns;
    atomic_store_explicit(&door->slot[tail % TRD_DOOR_SLOTS], task, memory_order_relaxed);
    trd__prefetch_write(&door->slot[(tail + AHEAD) % TRD_DOOR_SLOTS]);
    /* Releases the slot and the task; and sequentially consistent, see door.c. */
    (void)atomic_exchange_explicit(&door->tail, tail + 1, memory_order_seq_cst); /* known */
    trd__yield(TRD_YIELD_DOOR_PUSHED);
    return atomic_load_explicit(door->gate, memory_order_seq_cst);
}
/* Takes the last task out again, if the pool has closed before it came in. The thread's. */
bool trd__door_take_back_locked(struct trd__door *door);
/* Has all been taken in that it ever put there? The thread's. */
bool trd__door_is_empty_locked(const struct trd__door *door);

/* The calling thread begins or ceases to be a worker. */
void trd__door_set_worker(struct trd_pool *pool, uint32_t worker);

/* Stands a task in some door? Sequentially consistent; with or without the lock. */
bool trd__doors_have_any(const struct trd_pool *pool);
/* Takes in what has come, in order; `now_ns` is the time. */
void trd__doors_drain_locked(struct trd_pool *pool, uint64_t now_ns);
/* Takes in the last ones. The gate must say LOCKED. */
void trd__doors_close_locked(struct trd_pool *pool);
/* Parts from all doors. Nobody uses the pool any more. */
void trd__doors_leave(struct trd_pool *pool);

#endif
