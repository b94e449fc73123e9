/* door.c - doors, their rings, and how thread and pool part.
 *
 * Nothing is forgotten in a ring. The thread puts a task in, then reads the gate; whoever changes
 * the gate changes it first, then reads the rings (trd__pool_unlock(), trd__doors_close_locked()).
 * All four are sequentially consistent, so one of the two sees the other: the task is taken in by
 * the one, or the other finds that it must knock. After the pool has closed its doors nobody takes
 * anything in, so a task that came too late stands there still when its thread, which has seen the
 * gate, takes it out again.
 *
 * Whoever takes in looks at the rings twice. What the first look sees is taken in, whatever its
 * time: so every task is found whose submit has returned before the lock was taken. The second look
 * is for the order, which is that of the tasks' times, read before they are put in: it adds what is
 * not later than the latest of the first look. If task A was in before B's time was read, and the
 * first look sees B, then the second sees A, which goes first. (Times do not decrease within a
 * ring, so A stands behind nothing later.) If B is in the second look only, its time is that of one
 * of the first look at most, and A's less: so A was in before that look, too. Threads that submit
 * at once stand in no order that anybody could tell. So acceptance is in order across threads as
 * far as the quick clocks are right.
 *
 * Parting. A door is OWNED by a thread, or VACANT, which the pool may give to another thread; when
 * the pool ends it frees the vacant ones and makes the owned ones ORPHANs, which their threads
 * free. Each change is an exchange, so there is one last owner.
 */
#include "pool/door.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <treadle/clock.h>

#include "core/sched_hot.h"
#include "os/thread.h"
#include "pool/live.h"

enum { DOOR_PATIENCE = 256 };
enum door_state { DOOR_OWNED = 0, DOOR_VACANT, DOOR_ORPHAN };

/* The doors of the calling thread, and the one used last. */
struct door_keys {
    struct trd__door *first;
    struct trd__door *recent;
    uint64_t recent_number; /* of its pool; 0 is none */
    uint32_t patience;      /* without a door: so many submits until it asks for one again */
    bool is_told;           /* doors_lose() will be called when the thread ends */
};

static _Thread_local struct door_keys door_keys;

/* The pool has ended: the thread's part. */
static bool door_is_orphan(struct trd__door *door) {
    /* Acquire: partner of the exchange in trd__doors_leave(). */
    return atomic_load_explicit(&door->state, memory_order_acquire) == DOOR_ORPHAN;
}

/* The thread ends. */
static void doors_lose(void *keys) {
    struct trd__door *door = ((struct door_keys *)keys)->first;
    *(struct door_keys *)keys = (struct door_keys){0};
    while (door) {
        struct trd__door *next = door->next_of_thread;
        uint32_t expected = DOOR_OWNED;
        trd__yield(TRD_YIELD_DOOR_LOSE);
        /* Release: the next owner sees the ring as this one left it. */
        if (!atomic_compare_exchange_strong_explicit(&door->state, &expected, DOOR_VACANT,
                                                     memory_order_acq_rel, memory_order_acquire)) {
            free(door);
        }
        door = next;
    }
}

/* Frees what is left of pools that have ended, and looks for the door to `pool`. */
static struct trd__door *doors_sweep(const struct trd_pool *pool) {
    struct trd__door **at = &door_keys.first, *found = NULL;
    while (*at) {
        struct trd__door *door = *at;
        if (door_is_orphan(door)) {
            *at = door->next_of_thread;
            free(door);
            continue;
        }
        found = door->pool_number == pool->number ? door : found;
        at = &door->next_of_thread;
    }
    return found;
}

/* One that a thread has left, or place for a new one. */
static struct trd__door *door_claim_locked(struct trd_pool *pool) {
    for (uint32_t i = 0; i < pool->door_count; i++) {
        uint32_t expected = DOOR_VACANT;
        if (atomic_compare_exchange_strong_explicit(&pool->doors[i]->state, &expected, DOOR_OWNED,
                                                    memory_order_acq_rel, memory_order_relaxed)) {
            return pool->doors[i];
        }
    }
    return NULL;
}

/* Is it worth a try? */
static bool doors_have_place(const struct trd_pool *pool) {
    /* Acquire: the doors are there. Relaxed: the claim decides. */
    const uint32_t count = atomic_load_explicit(&pool->door_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++) {
        if (atomic_load_explicit(&pool->doors[i]->state, memory_order_relaxed) == DOOR_VACANT) {
            return true;
        }
    }
    return count < TRD_DOORS_MAX;
}

static struct trd__door *door_make(struct trd_pool *pool) {
    struct trd__errands errands = {0};
    if (!doors_have_place(pool)) {
        return NULL;
    }
    const uint32_t worker = trd_pool_this_worker(pool);
    struct trd__door *fresh = aligned_alloc(_Alignof(struct trd__door), sizeof *fresh);
    if (fresh) {
        memset(fresh, 0, sizeof *fresh);
        fresh->pool = pool;
        fresh->gate = &pool->gate;
        fresh->pool_number = pool->number;
        fresh->worker = worker;
    }
    const uint64_t now_ns = trd__pool_lock_now(pool);
    struct trd__door *door = door_claim_locked(pool);
    if (door) {
        trd__doors_drain_locked(pool, now_ns); /* the last tasks of the thread that had it */
        door->worker = worker;
    } else if (fresh && pool->door_count < TRD_DOORS_MAX) {
        door = pool->doors[pool->door_count] = fresh;
        pool->door_count++;
        fresh = NULL;
    }
    trd__pool_unlock(pool, &errands);
    free(fresh);
    if (door) {
        door->clock = (struct trd__quick_clock){0};
        door->next_of_thread = door_keys.first;
        door_keys.first = door;
    }
    return door;
}

/* Not the pool whose door the thread has used last. */
static TRD_SIDE_WAY struct trd__door *door_search(struct trd_pool *pool) {
    if (!door_keys.is_told) {
        if (trd__thread_at_exit(doors_lose, &door_keys)) {
            return NULL;
        }
        door_keys.is_told = true;
    }
    struct trd__door *door = doors_sweep(pool);
    if (!door) {
        door = door_make(pool);
    }
    door_keys.recent = door;
    door_keys.recent_number = pool->number;
    door_keys.patience = DOOR_PATIENCE;
    return door;
}

struct trd__door *trd__door_find(struct trd_pool *pool) {
    if (door_keys.recent_number == pool->number && (door_keys.recent || door_keys.patience-- > 0)) {
        return door_keys.recent;
    }
    return door_search(pool);
}

void trd__door_set_worker(struct trd_pool *pool, uint32_t worker) {
    struct trd__door *door = doors_sweep(pool);
    if (door) {
        struct trd__errands errands = {0};
        trd__pool_lock(pool);
        door->worker = worker;
        trd__pool_unlock(pool, &errands);
    }
}

bool trd__door_is_empty_locked(const struct trd__door *door) {
    return atomic_load_explicit(&door->tail, memory_order_relaxed) ==
           atomic_load_explicit(&door->head, memory_order_relaxed);
}

bool trd__door_take_back_locked(struct trd__door *door) {
    if (!door->pool->are_doors_closed || trd__door_is_empty_locked(door)) {
        return false;
    }
    const uint32_t tail = atomic_load_explicit(&door->tail, memory_order_relaxed);
    assert(tail - 1 == atomic_load_explicit(&door->head, memory_order_relaxed)); /* at once */
    atomic_store_explicit(&door->tail, tail - 1, memory_order_relaxed); /* under the lock */
    return true;
}

bool trd__doors_have_any(const struct trd_pool *pool) {
    /* Acquire: the door is there. A later door's thread has seen the lock of whoever makes the gate
     * change, or is seen by him. */
    const uint32_t count = atomic_load_explicit(&pool->door_count, memory_order_acquire);
    for (uint32_t i = 0; i < count; i++) {
        const struct trd__door *door = pool->doors[i];
        if (atomic_load_explicit(&door->tail, memory_order_seq_cst) !=
            atomic_load_explicit(&door->head, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

/* The tasks of one door that are to be taken in. */
struct queue {
    struct trd__door *door;
    uint32_t head, tail;
};

static struct trd_task *queue_task(const struct queue *queue, uint32_t number) {
    /* Relaxed: released by the tail, which was acquired. */
    return atomic_load_explicit(&queue->door->slot[number % TRD_DOOR_SLOTS], memory_order_relaxed);
}

/* Takes in the first ones of a queue, while they are not later than `until_ns`. */
static void queue_accept(struct trd_pool *pool, struct queue *queue, uint64_t until_ns) {
    enum { AHEAD = 16 }; /* so far before it is looked at a task is called into the cache */
    struct trd_sched *sched = &pool->sched;
    while (queue->head != queue->tail) {
        if (queue->tail - queue->head > AHEAD) {
            trd__prefetch_write(queue_task(queue, queue->head + AHEAD));
        }
        struct trd_task *task = queue_task(queue, queue->head);
        if (task->submit_ns > until_ns) {
            break;
        }
        if (task->submit_ns > sched->now_ns) {
            task->submit_ns = sched->now_ns; /* no clock is ahead of the scheduler's */
        }
        task->client_index = 0;
        task->class_index = trd__classes_row_locked(pool, task->payload.word[0]);
        const int refused = trd__hot_admit(sched, task, queue->door->worker);
        assert(!refused); /* a policy that refuses keeps the doors locked */
        (void)refused;    /* used by the assertion only */
        if (task->flags & TRD_TASK_DROP_LATE) {
            trd__expiry_add_locked(pool, task);
        }
        pool->incomplete++;
        queue->head++;
    }
    trd__yield(TRD_YIELD_DOOR_ACCEPTED);
    /* Release: the slots have been read, and may be written again. */
    atomic_store_explicit(&queue->door->head, queue->head, memory_order_release);
}

/* The queue whose first task is the earliest, and in *until_ns the time of the earliest of the
 * others', but at most `last_ns`. */
static struct queue *queues_first(struct queue *queues, uint32_t count, uint64_t last_ns,
                                  uint64_t *until_ns) {
    struct queue *first = NULL;
    uint64_t first_ns = UINT64_MAX;
    *until_ns = last_ns;
    for (uint32_t i = 0; i < count; i++) {
        struct queue *queue = &queues[i];
        if (queue->head == queue->tail) {
            continue;
        }
        const uint64_t at_ns = queue_task(queue, queue->head)->submit_ns;
        if (!first || at_ns < first_ns) {
            *until_ns = first && first_ns < *until_ns ? first_ns : *until_ns;
            first = queue;
            first_ns = at_ns;
        } else {
            *until_ns = at_ns < *until_ns ? at_ns : *until_ns;
        }
    }
    return first_ns <= last_ns ? first : NULL;
}

/* One look at all doors: the queues that are not empty, and in *last_ns their latest time. */
static uint32_t queues_look_locked(const struct trd_pool *pool, struct queue *queues,
                                   uint64_t *last_ns) {
    const uint32_t door_count = atomic_load_explicit(&pool->door_count, memory_order_relaxed);
    uint32_t count = 0;
    *last_ns = 0;
    for (uint32_t i = 0; i < door_count; i++) {
        struct queue queue = {.door = pool->doors[i]};
        /* Relaxed: written under the lock. The tail acquires what was put in; and sequentially
         * consistent, see above. */
        queue.head = atomic_load_explicit(&queue.door->head, memory_order_relaxed);
        queue.tail = atomic_load_explicit(&queue.door->tail, memory_order_seq_cst);
        if (queue.head != queue.tail) {
            const uint64_t at_ns = queue_task(&queue, queue.tail - 1)->submit_ns;
            *last_ns = at_ns > *last_ns ? at_ns : *last_ns;
            queues[count++] = queue;
        }
    }
    return count;
}

void trd__doors_drain_locked(struct trd_pool *pool, uint64_t now_ns) {
    struct queue queues[TRD_DOORS_MAX];
    uint64_t last_ns, later_ns, before_ns;
    if (pool->are_doors_closed || queues_look_locked(pool, queues, &last_ns) == 0) {
        return;
    }
    trd__yield(TRD_YIELD_DOOR_LOOK);
    const uint32_t count = queues_look_locked(pool, queues, &later_ns);
    trd__books_advance(&pool->sched, now_ns);
    for (;;) {
        struct queue *first = queues_first(queues, count, last_ns, &before_ns);
        if (!first) {
            return;
        }
        queue_accept(pool, first, before_ns);
    }
}

void trd__doors_close_locked(struct trd_pool *pool) {
    if (!pool->are_doors_closed) {
        trd__doors_drain_locked(pool, trd_clock_now_ns());
        pool->are_doors_closed = true;
    }
}

void trd__doors_leave(struct trd_pool *pool) {
    for (uint32_t i = 0; i < pool->door_count; i++) {
        struct trd__door *door = pool->doors[i];
        trd__slab_detach(&door->hand);
        trd__yield(TRD_YIELD_DOOR_LEAVE);
        if (atomic_exchange_explicit(&door->state, DOOR_ORPHAN, memory_order_acq_rel) ==
            DOOR_VACANT) {
            free(door);
        }
    }
    atomic_store_explicit(&pool->door_count, 0, memory_order_relaxed); /* nobody uses it */
    (void)doors_sweep(pool); /* frees this thread's; it finds none */
}
