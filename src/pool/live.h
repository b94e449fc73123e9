/* live.h - the insides of a live pool, shared by the files of src/pool.
 *
 * Threads meet in `struct trd_pool`. Its members say what protects them:
 *     constant    set before the pool is given to anybody, never changed
 *     lock        the pool's lock
 *     atomic      by itself
 *
 * Lock order: there is one lock a pool, `lock`, and it is a leaf. Nobody takes another lock, calls
 * the backend, a callback or the allocator, or goes to sleep while holding it. What a holder finds
 * to be done outside (waking, starting workers) it notes in `struct trd__errands`, and
 * trd__pool_unlock() does the waking. Most submits do without it: see door.h. The slab's lock is
 * another leaf (slab.h).
 *
 * The threads backend has a lock of its own for its list of threads, never held with a pool's.
 *
 * A future's own words are atomics, and only its completion and its callbacks use them.
 *
 * Functions named _locked are called with the lock held, and keep it unless they say otherwise.
 */
#ifndef TRD_POOL_LIVE_H
#define TRD_POOL_LIVE_H

#undef NDEBUG /* a broken invariant stops the program in release builds, too */
#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/pool.h>

#include "base/wheel.h"
#include "core/insight.h"
#include "core/sched.h"
#include "os/cputime.h"
#include "os/fork_guard.h"
#include "os/lock.h"
#include "os/park.h"
#include "os/thread.h"
#include "os/yield_point.h"
#include "pool/door.h"
#include "pool/slab.h"

enum {
    TRD_BATCH = 128, /* tasks that a worker takes at once, at most */
    TRD_POOL_NAME_BYTES = 16,
    TRD_WORKERS_LIMIT = 1 << 20, /* more is a mistake in the configuration */
};

/* Where a worker's slot stands. FREE -> STARTING -> PRESENT -> LEFT -> JOINING -> FREE; from
 * STARTING back to FREE when it could not be started. */
enum trd__slot {
    TRD_SLOT_FREE = 0,
    TRD_SLOT_STARTING, /* the backend was or is being asked to start it */
    TRD_SLOT_PRESENT,  /* it is in trd_pool_work() */
    TRD_SLOT_LEFT,     /* it touches nothing of the pool any more */
    TRD_SLOT_JOINING,  /* somebody waits for what is left of it */
};

/* A worker. Records never move. */
struct trd__worker {
    struct trd__park park;               /* atomic */
    uint32_t index;                      /* constant while not FREE */
    enum trd__slot slot;                 /* lock */
    bool is_idle;                        /* lock: it is in the list of idle workers */
    bool is_searching;                   /* lock: it was woken for work, and has not looked yet */
    bool is_waiting;                     /* lock: its task waits for a future without a timeout */
    bool has_cputime;                    /* lock */
    bool is_working;                     /* its own thread: it is in the scheduler's books */
    uint32_t blocking_depth;             /* its own thread: open blocking regions */
    uint32_t help_depth;                 /* its own thread: tasks inside the one it was given */
    uint32_t next_free;                  /* lock: while FREE or LEFT, index + 1 of another such */
    bool is_spinning;                    /* lock: it is the one that spins */
    uint32_t batch_count;                /* lock: slots of `batch` in use since it took them */
    uint32_t lent;                       /* lock: tasks of its batches that others run */
    uint32_t helping_count;              /* lock: tasks that trd_pool_help() runs on it */
    struct trd__worker *warmer, *colder; /* lock: neighbours while it is idle */
    struct trd__worker *next_woken;      /* of the errands it is on, until it is woken */
    struct trd__cputime cputime;         /* lock */
    uint64_t cpu_seen_ns, ready_seen_ns; /* lock: as its gauges stood when read last */
    _Alignas(64) _Atomic(struct trd_task *) batch[TRD_BATCH]; /* atomic: see batch.c */
};

/* A record of what runs under which name: see clients.c. */
struct trd__client_link {
    uint32_t bucket; /* lock: the first row of bucket `index`, or 0 */
    uint32_t next;   /* lock: the next row of the same bucket, or 0; or the next free row */
};

/* A callable class: see classes.c. */
struct trd__class_link {
    uint64_t key;   /* lock; 0 is an empty place */
    uint16_t index; /* lock */
};

/* Recorded events that fill a chunk; see recording.c. */
struct trd__chunk {
    struct trd__chunk *next; /* lock: a later one */
    size_t count, capacity;  /* lock: `count` is set when the chunk is full */
    struct trd_event events[];
};

/* What leaves the queue at its deadline; see expiry.c. */
struct trd__expiry {
    bool has_thread;        /* lock; or somebody is about to start it */
    bool is_busy;           /* lock: its thread has taken a task and not yet said it is complete */
    struct trd__park park;  /* atomic */
    pthread_t thread;       /* set by the thread that starts it, read by the one that frees it */
    struct trd_wheel wheel; /* lock: queued tasks that are to be dropped late */
};

struct trd_pool {
    const struct trd_backend *backend;                       /* constant */
    void *context;                                           /* constant */
    struct trd__guard guard;                                 /* constant */
    char name[TRD_POOL_NAME_BYTES];                          /* constant */
    char policy_spec[sizeof((struct trd_trace *)0)->policy]; /* constant */
    char sizer_spec[sizeof((struct trd_trace *)0)->sizer];   /* constant */
    uint32_t workers_min, workers_max;                       /* constant: as at the start */
    uint64_t pending_max;                                    /* constant; UINT64_MAX is unbounded */
    enum trd_on_full on_full;                                /* constant */
    uint64_t idle_ns;      /* constant: after that an idle worker leaves; TRD_FOREVER: never */
    uint64_t number;       /* constant: no other pool of the process ever had or will have it */
    uint64_t spin_ns;      /* constant: so long an idle worker spins at most; 0: never */
    bool may_batch;        /* constant: workers may take several tasks at once */
    bool are_doors_locked; /* constant: every submit takes the lock */
    void *sched_state;     /* constant address; lock */
    bool is_recording;     /* constant */
    pthread_t keeper; /* set by the thread that makes the pool, read by the one that frees it */

    /* Words that seldom change stand apart from those that often do. */
    _Alignas(64) _Atomic uint32_t gate;     /* atomic: enum trd__gate; lock to write */
    _Atomic uint32_t has_queued;            /* atomic: a hint whether anything is queued */
    _Atomic uint32_t door_count;            /* atomic; lock to write */
    _Atomic uint64_t expiry_until_ns;       /* atomic; lock to write: see expiry.c */
    struct trd__door *doors[TRD_DOORS_MAX]; /* those below door_count are constant */

    _Alignas(64) _Atomic uint32_t reference_count; /* atomic: the owner's, and segments' */
    struct trd__park keeper_park;                  /* atomic */
    struct trd__slab slab;
    struct trd__lock common_lock;      /* a leaf, for threads without a door */
    struct trd__slab_hand common_hand; /* common_lock */

    _Alignas(64) struct trd__lock lock;
    /* From here on: lock. */
    bool are_doors_closed; /* nothing is taken in any more */
    bool is_spinning;      /* some worker spins */
    uint64_t gap_ns;       /* how long idle workers had nothing to do lately */
    uint64_t silent_ns;    /* how long silent tasks ran lately, at most */
    bool is_stopping;      /* no more submits */
    bool has_keeper;
    bool is_cancelling; /* and nothing queued is to run */
    int broken;         /* the code with which a worker could not be opened */

    struct trd__worker *warmest, *coldest; /* the idle ones; the warmest is woken first */
    uint32_t idle_count;
    uint32_t searching_count; /* 0 or 1, and more for a moment after a change of size */
    uint32_t unjoined_count;  /* slots that are not FREE */
    uint32_t needed;          /* of the workers that the sizer wants; the others left, being idle */
    uint32_t waiting_count;   /* workers whose task waits for a future without a timeout */
    struct trd_table worker_table;
    uint32_t slot_count; /* slots used so far */
    uint32_t free_first; /* index + 1 of a FREE slot, 0 is none */
    uint32_t left_first; /* the same for LEFT ones */

    uint64_t taken;      /* how often a task has left the queue, in whatever way */
    uint64_t incomplete; /* tasks accepted and not yet completed */
    uint64_t refused;    /* because the queue was full */
    uint64_t caller_ran;
    uint64_t spawn_retry_ns; /* after a failure, when to try again */
    uint64_t cpu_left_ns;    /* CPU time of workers that left since the last tick */

    struct trd__event room; /* for submitters that wait for a place */
    uint32_t room_waiters;
    struct trd__event change; /* for drain and shutdown */
    uint32_t change_waiters;

    struct trd_table client_links;
    uint32_t client_free;            /* the first free row, 0 is none */
    struct trd__class_link *classes; /* NULL when nobody wants to tell them apart */
    uint16_t class_count;

    struct trd__expiry expiry;

    struct trd_recorder recorder;
    struct trd__chunk *chunk_first, *chunk_last;

    struct trd_sched sched;
    struct trd_histogram wait, run; /* of its tasks */
    struct trd__insight *insight;   /* constant address; NULL unless it was asked for */
};

/* Records that a hold of the lock writes: the anonymous client's, the worker's, and where waits and
 * run times are counted. */
struct trd__rows {
    const void *client, *worker, *wait, *run;
};

/* What is to be done once the lock is given back. */
struct trd__errands {
    struct trd__worker *woken; /* list through next_woken */
    _Atomic uint32_t *poked;   /* a word whose sleepers are to look again */
    uint32_t room;             /* submitters to wake */
    bool has_changed;
    bool is_short; /* of workers, which nobody else was told */
};

/* pool.c */
/* Takes the lock, takes in what stands in the doors, and returns the time. */
uint64_t trd__pool_lock_now(struct trd_pool *pool);
static inline void trd__pool_lock(struct trd_pool *pool) {
    (void)trd__pool_lock_now(pool); /* for who does not ask */
}
/* Brings the gate up to date, gives the lock back and does the errands. */
void trd__pool_unlock(struct trd_pool *pool, struct trd__errands *errands);
/* Something that drain or shutdown may wait for has changed. */
void trd__pool_changed_locked(struct trd_pool *pool, struct trd__errands *errands);
/* `count` tasks have been completed. */
void trd__pool_completed_locked(struct trd_pool *pool, uint64_t count,
                                struct trd__errands *errands);
/* Adds the next chunk to `table`, giving the lock away meanwhile. 0 or -ENOMEM. */
int trd__pool_grow_locked(struct trd_pool *pool, struct trd_table *table);
/* One more reference, for who knows that there is one. */
static inline void trd__pool_ref(struct trd_pool *pool) {
    /* Relaxed: there is one already. */
    (void)atomic_fetch_add_explicit(&pool->reference_count, 1, memory_order_relaxed);
}
/* Gives back a reference; the last one frees what is left. */
void trd__pool_unref(struct trd_pool *pool);

/* Makes `task`, just taken out of the queue, the submitter's again. Without the lock. */
void trd__pool_complete(struct trd_pool *pool, struct trd_task *task, enum trd_outcome outcome);
/* A task is queued again: whoever waits for it may run it himself. */
void trd__pool_poke_locked(struct trd_task *task, struct trd__errands *errands);
/* There is a place in the queue that somebody may wait for. */
void trd__pool_room_locked(struct trd_pool *pool, struct trd__errands *errands);
/* The wheel of deadlines forgets a task (expiry.c). */
void trd__expiry_remove_locked(struct trd_pool *pool, struct trd_task *task);
/* `task` has left the queue, in whatever way. */
static inline void trd__pool_taken_locked(struct trd_pool *pool, struct trd_task *task,
                                          struct trd__errands *errands) {
    pool->taken++;
    if (task->flags & TRD_TASK_DROP_LATE) {
        trd__expiry_remove_locked(pool, task);
    }
    if (pool->room_waiters > 0) {
        trd__pool_room_locked(pool, errands);
    }
}

/* submit.c: everything that trd_pool_submit_task_within() does but for its checks; `door` is the
 * calling thread's, or NULL, and `class_key` names the callable. */
int trd__submit(struct trd_pool *pool, struct trd__door *door, struct trd_task *task,
                uint64_t class_key, uint64_t room_timeout_ns);

/* out_of_turn.c: the calling worker, of this pool, runs `task` (or a slice of it) if it is queued,
 * and returns 0. -EAGAIN: it runs too many inside one another already; -EBUSY; -EALREADY. */
int trd__help_with(struct trd_pool *pool, struct trd_task *task);

/* worker.c */
/* May this worker's task wait for `task`? -EDEADLK: nobody else could ever run that. Otherwise 0,
 * and trd__worker_wait_end() must follow. */
int trd__worker_wait_begin(struct trd_pool *pool, const struct trd_task *task, bool is_forever);
void trd__worker_wait_end(struct trd_pool *pool);
struct trd__worker *trd__worker_at(const struct trd_pool *pool, uint32_t index);
/* The calling thread as a worker of `*pool`, or, when that is NULL, of whichever pool it works for,
 * which is then put there. NULL when it is none. */
struct trd__worker *trd__worker_self(struct trd_pool **pool);

/* blocking.c */
/* Ends the regions that a task has left open. On the worker's own thread. */
void trd__blocking_close_locked(struct trd_pool *pool, struct trd__worker *worker, uint64_t now_ns);

/* Around a task that runs inside another one's: the outer one's regions, which are closed, and then
 * open again. On the worker's own thread. */
uint32_t trd__blocking_suspend(struct trd_pool *pool, struct trd__worker *worker);
void trd__blocking_resume(struct trd_pool *pool, struct trd__worker *worker, uint32_t depth);

/* batch.c */
/* Fills the batch of `worker`, which is empty, with queued tasks, or with one of another worker's
 * batch when nothing is queued and `may_rob`. *booked_out is on whom they are booked. Expired ones
 * end it: that one is returned. */
struct trd_task *trd__batch_fill_locked(struct trd_pool *pool, struct trd__worker *worker,
                                        bool may_rob, uint32_t *booked_out, uint64_t now_ns,
                                        struct trd__errands *errands);
/* Takes a task out of some worker's batch before it begins: exactly `task`, or with NULL any. It is
 * booked on *booked_out. NULL: there is none. */
struct trd_task *trd__batch_rob_locked(struct trd_pool *pool, struct trd_task *task,
                                       uint32_t *booked_out);
/* A task that was booked on `booked` has been accounted for by another worker. */
void trd__batch_returned_locked(struct trd_pool *pool, uint32_t booked,
                                struct trd__errands *errands);
/* The same, and accounts for it as cancelled. It is to be completed. */
struct trd_task *trd__batch_cancel_locked(struct trd_pool *pool, struct trd_task *task,
                                          struct trd__errands *errands);
/* Does a task stand in a batch that another worker may take? */
bool trd__batch_any_locked(const struct trd_pool *pool);
/* How many tasks were given to workers besides the one that each of them counts as busy with. */
uint64_t trd__batch_behind_locked(const struct trd_pool *pool);

/* expect.c */
/* The records that `worker`, which has a batch, will write in its next hold of the lock. */
void trd__expect_rows_locked(const struct trd_pool *pool, const struct trd__worker *worker,
                             struct trd__rows *rows);
/* A worker will take the lock soon, to account for `count` tasks that ran: calls into the cache
 * what it will write then. */
void trd__expect_hold(const struct trd_pool *pool, const struct trd__rows *rows,
                      struct trd_task *const *ran, uint32_t count);
/* As many tasks as `count`, which ran, will be taken out of the queue soon: calls the first ones
 * into the cache. */
void trd__expect_first_locked(const struct trd_pool *pool, struct trd_task *const *ran,
                              uint32_t count);

/* idle.c */
/* Puts `worker` among the idle ones, as the warmest. */
void trd__idle_enter_locked(struct trd_pool *pool, struct trd__worker *worker);
/* Sleeps until somebody has taken it out, or it has been idle for too long. Without the lock. */
void trd__idle_sleep(struct trd_pool *pool, struct trd__worker *worker);
/* May `worker`, which has found nothing, look for work by spinning for a while? Then it counts as
 * searching, and trd__idle_spin(), without the lock, and trd__idle_over_locked() must follow. */
bool trd__idle_may_spin_locked(struct trd_pool *pool, struct trd__worker *worker);
void trd__idle_spin(struct trd_pool *pool);
/* It has looked: it no longer counts as searching. */
void trd__idle_over_locked(struct trd_pool *pool, struct trd__worker *worker);
/* A worker had nothing to do between these times. */
void trd__idle_learn_locked(struct trd_pool *pool, uint64_t since_ns, uint64_t until_ns);
/* Is there work for somebody? */
bool trd__idle_has_work_locked(const struct trd_pool *pool);
/* Wakes one for work, unless nobody is idle or somebody is on the way already. */
void trd__idle_call_locked(struct trd_pool *pool, struct trd__errands *errands);
/* Wakes this one, if it is idle, to look whether it is still wanted. */
void trd__idle_recall_locked(struct trd_pool *pool, struct trd__worker *worker,
                             struct trd__errands *errands);
/* Wakes `count` of the coldest to look whether they are still wanted. */
void trd__idle_dismiss_locked(struct trd_pool *pool, uint32_t count, struct trd__errands *errands);

/* resize.c */
/* How many workers there should be now. */
uint32_t trd__resize_target_locked(struct trd_pool *pool);
/* Is a worker missing, and worth a try? */
bool trd__resize_is_short_locked(struct trd_pool *pool, uint64_t now_ns);
/* Starts the missing workers. Without the lock. 0, or why the last try failed. */
int trd__resize_grow(struct trd_pool *pool);
/* Lets those go that are too many. */
void trd__resize_shrink_locked(struct trd_pool *pool, struct trd__errands *errands);
/* Waits for the end of a worker that has left, giving the lock away meanwhile, and makes its slot
 * FREE. False when there is none. */
bool trd__resize_join_locked(struct trd_pool *pool, struct trd__errands *errands);
/* Puts a slot that is not in use into its list: FREE or LEFT. */
void trd__resize_put_locked(struct trd_pool *pool, struct trd__worker *worker, enum trd__slot slot);

/* shutdown.c */
/* Takes out what is queued and completes it as cancelled. Without the lock. */
void trd__shutdown_cancel_all(struct trd_pool *pool);
/* A worker could not be opened. Without the lock. */
void trd__shutdown_break(struct trd_pool *pool, int code);

/* policy_load.c */
/* Writes `spec` so that trd_policy_load() reads the same: with every parameter, and the path of a
 * policy that came from a shared object. */
void trd__policy_describe(const struct trd_policy_spec *spec, char *text, size_t bytes);

/* clients.c */
/* The row of a client in *row_out. 0; -EAGAIN: the lock was given away for memory, so look at
 * everything again; -ENOMEM. */
int trd__clients_row_locked(struct trd_pool *pool, uint64_t key, uint64_t now_ns,
                            uint32_t *row_out);

/* classes.c */
/* Memory for the classes, if the policy wants any. 0 or -ENOMEM. */
int trd__classes_open(struct trd_pool *pool);
uint16_t trd__classes_find_locked(struct trd_pool *pool, uint64_t key);
static inline uint16_t trd__classes_row_locked(struct trd_pool *pool, uint64_t key) {
    return pool->classes && key != 0 ? trd__classes_find_locked(pool, key) : 0;
}

/* recording.c */
/* Makes room for the events of one hold of the lock, giving it away if it must: then true. */
bool trd__recording_room_locked(struct trd_pool *pool);
void trd__recording_free(struct trd_pool *pool);

/* lending.c: memory that orders by a key are the quicker for. */
/* Grants what the policy wishes to have, as far as there is memory. Without the lock. */
void trd__lending_grant(struct trd_pool *pool);
/* Takes everything back, if nothing of it is in use and it is much: to be freed without the lock.
 * NULL: nothing. */
void *trd__lending_reclaim_locked(struct trd_pool *pool);
void trd__lending_free(void *pieces);
/* The last time. */
void trd__lending_close(struct trd_pool *pool);

/* keeper.c: starts or stops the thread that ticks, for sizers with a period. */
int trd__keeper_start(struct trd_pool *pool);
void trd__keeper_stop(struct trd_pool *pool);

/* expiry.c: tasks that are to be dropped late, and the thread that does it at their deadline. */
/* `task`, with TRD_TASK_DROP_LATE, was accepted. */
void trd__expiry_add_locked(struct trd_pool *pool, struct trd_task *task);
/* The deadline of a task with TRD_TASK_DROP_LATE; UINT64_MAX: it has none. */
static inline uint64_t trd__expiry_due_ns(struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    return attr && attr->deadline_ns ? attr->deadline_ns : UINT64_MAX;
}
/* After a task with that deadline was accepted, or put into a door: the thread will look in time,
 * or cannot be started. Without the lock. */
void trd__expiry_hear(struct trd_pool *pool, uint64_t due_ns);
/* Does the calling thread complete late tasks of this pool? */
bool trd__expiry_is_self(const struct trd_pool *pool);
/* Waits for the end of the thread. The pool has been shut down, and nobody else uses it. */
void trd__expiry_join(struct trd_pool *pool);

/* backend_threads.c: the context of the threads backend. NULL: no memory. */
void *trd__threads_context_create(void);
void trd__threads_context_destroy(void *context);

/* future.c: what the threads backend does with the tasks that trd_pool_submit() makes. */
enum {
    TRD_TASK_OWN = 1u << 5,    /* a flag of theirs, which no caller may set */
    TRD_TASK_FUTURE = 1u << 6, /* another, of those with a future in front of them */
};
/* Has its function, just run, asked to be called again? */
enum trd_outcome trd__future_run(struct trd_task *task);
/* The word that those sleep on who wait for its future, if there are any. */
_Atomic uint32_t *trd__future_waiters(struct trd_task *task);
bool trd__future_seal(struct trd_task *task);
void trd__future_complete(struct trd_task *task, enum trd_outcome outcome);

#endif
