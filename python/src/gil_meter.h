/* gil_meter.h - how long the workers of a pool hold the interpreter's lock, and wait for it.
 *
 * One meter an interpreter, shared by the pools whose sizers look at it; each has an account, and
 * each of its workers a seat. Nothing is counted: a thread of the meter's own, which the
 * interpreter does not know and which never takes its lock, looks now and then who holds the lock
 * and what some of the workers are doing. It looks as often as a small share of one core allows,
 * and not at all while no worker has work.
 */
#ifndef TREADLE_PYTHON_GIL_METER_H
#define TREADLE_PYTHON_GIL_METER_H

#include <Python.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <treadle/backend.h>
#include <treadle/rng.h>

#include "gil_layout.h"
#include "own_lock.h"

/** Times of all workers together since the account was opened: holding the lock, of that with a
 * core, waiting for the lock, and on a core or ready for one. */
struct gil_times {
    uint64_t held_ns, core_ns, wait_ns, ready_ns;
    uint64_t looks; /* at the lock, while the account was open */
};

/** A pool's account. All zero at first. */
struct gil_account {
    struct gil_account *next;       /* the meter's lock; of those that are open */
    struct gil_times times;         /* the meter's lock */
    struct gil_times told;          /* the meter's lock: what gil_meter_read() has given away */
    double with_core, without_core; /* the meter's lock: looks at a holder, fading */
    uint64_t opened_ns;             /* constant while it is open */
    const char *why_not;            /* set before anybody reads: why nothing is measured, or NULL */
    bool is_open;                   /* the interpreter's lock */
};

/** A worker's seat. All zero at first. */
struct gil_seat {
    struct gil_account *account; /* constant while it is taken; NULL: it is not */
    const PyThreadState *thread_state;
    unsigned long thread_id;
    uint32_t index;       /* the meter's lock */
    _Atomic bool is_idle; /* waits for work: set and cleared by the worker alone */
};

struct gil_meter {
    PyInterpreterState *interpreter;
    struct gil_layout layout;
    const char *why_not;
    pid_t process; /* who made it: its thread is not there in a forked child */

    pthread_mutex_t lock; /* a leaf: whoever holds it waits for nothing */
    pthread_cond_t wake;  /* the thread has something to do: with `lock` */
    /* From here on: lock. */
    struct gil_account *accounts;
    struct gil_seat **seats; /* the taken ones */
    struct gil_seat **busy;  /* as many places: those with work, when the thread looks */
    uint32_t seat_count, seat_capacity;
    bool is_running; /* there is a thread */
    bool is_ending;  /* it is to end */
    bool is_parked;  /* it waits until somebody has work */
    pthread_t thread;
};

/* Everything but gil_meter_read() and gil_meter_times() is called with the interpreter's lock. */

/** Opens an account at the meter in *place, which is made if it is not there or is our parent
 * process's. Never fails: account->why_not says why nothing will be measured. May give the
 * interpreter's lock away. `lock` protects *place where the interpreter has no lock: then nothing
 * is measured, and the account stays closed. */
void gil_meter_open(struct gil_meter **place, struct own_lock *lock, struct gil_account *account);
void gil_meter_close(struct gil_meter *meter, struct gil_account *account);

/** The calling thread takes a seat, if the account is measured; and gives it back. */
void gil_meter_sit(struct gil_meter *meter, struct gil_account *account, struct gil_seat *seat);
void gil_meter_rise(struct gil_meter *meter, struct gil_seat *seat);

/** What has come together since the last reading. Any thread, with the interpreter's lock or
 * without it. */
void gil_meter_read(struct gil_meter *meter, struct gil_account *account, struct trd_meter *out);
/** What has come together since the account was opened; any thread. */
void gil_meter_times(struct gil_meter *meter, struct gil_account *account, struct gil_times *out);

/** Ends the meter's thread; afterwards nothing is measured. For the end of the interpreter. NULL is
 * allowed. */
void gil_meter_stop(struct gil_meter *meter);
/** The same, and frees it. */
void gil_meter_free(struct gil_meter *meter);

/* gil_sampler.c */

/** The meter's thread; `meter` is its argument. */
void *gil_sampler_main(void *meter);

#endif
