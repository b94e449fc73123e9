/* gil_meter.c - the books of the meter: accounts of pools, seats of workers, and its thread's life.
 *
 * The thread starts with the first account and ends with the last one. It parks when it finds
 * nobody at work, and is called back by the next reading that finds somebody: workers themselves
 * pay two plain stores around each wait for work, and nothing for a task.
 */
#include "gil_meter.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <treadle/clock.h>

static struct gil_meter *meter_new(void) {
    struct gil_meter *meter = calloc(1, sizeof(*meter));
    if (meter == NULL) {
        return NULL;
    }
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        free(meter);
        return NULL;
    }
    /* The clock of all times here; glibc and musl have it for certain. */
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&meter->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes); /* frees nothing that could fail */
    if (failed != 0 || pthread_mutex_init(&meter->lock, NULL) != 0) {
        free(meter);
        return NULL;
    }
    meter->interpreter = PyInterpreterState_Get();
    meter->process = getpid();
    meter->why_not = gil_layout_find(meter->interpreter, &meter->layout);
    if (meter->why_not == NULL) {
        meter->why_not = gil_check(meter->interpreter, &meter->layout);
    }
    return meter;
}

/* Signals are for the threads of the interpreter. 0 or an error's number. */
static int meter_start(struct gil_meter *meter) {
    sigset_t all, before;
    (void)sigfillset(&all); /* cannot fail */
    int failed = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (failed != 0) {
        return failed;
    }
    meter->is_ending = false;
    failed = pthread_create(&meter->thread, NULL, gil_sampler_main, meter);
    meter->is_running = failed == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL); /* it was good before */
    return failed;
}

void gil_meter_stop(struct gil_meter *meter) {
    if (meter == NULL || !meter->is_running || meter->process != getpid()) {
        return;
    }
    pthread_mutex_lock(&meter->lock);
    meter->is_ending = true;
    pthread_cond_signal(&meter->wake);
    pthread_mutex_unlock(&meter->lock);
    /* It waits for nobody, least of all for the interpreter's lock, which we hold. */
    (void)pthread_join(meter->thread, NULL);
    meter->is_running = false;
}

/* In a forked child the parent's pools are still objects, but nobody measures them any more. */
static void meter_forget(struct gil_meter *meter) {
    for (struct gil_account *account = meter->accounts; account; account = account->next) {
        account->is_open = false;
        account->why_not = "the pool belongs to the parent of this process";
    }
    for (uint32_t i = 0; i < meter->seat_count; i++) {
        meter->seats[i]->account = NULL;
    }
}

void gil_meter_free(struct gil_meter *meter) {
    if (meter == NULL) {
        return;
    }
    gil_meter_stop(meter);
    meter_forget(meter);
    /* In a forked child the lock may be held by a thread that is not there: nobody uses it. */
    if (meter->process == getpid()) {
        (void)pthread_cond_destroy(&meter->wake); /* nobody waits any more */
        (void)pthread_mutex_destroy(&meter->lock);
    }
    free(meter->seats);
    free(meter->busy);
    free(meter);
}

/* The meter at `*place`, made if need be; NULL without memory. */
static struct gil_meter *meter_at(struct gil_meter **place, struct own_lock *lock) {
    if (*place != NULL && (*place)->process != getpid()) {
        gil_meter_free(*place);
        *place = NULL;
    }
    own_lock_take(lock);
    struct gil_meter *meter = *place;
    own_lock_give(lock);
    if (meter != NULL) {
        return meter;
    }
    struct gil_meter *made = meter_new();
    own_lock_take(lock);
    if (*place == NULL) {
        *place = made;
        made = NULL;
    }
    meter = *place;
    own_lock_give(lock);
    gil_meter_free(made); /* somebody else was faster */
    return meter;
}

void gil_meter_open(struct gil_meter **place, struct own_lock *lock, struct gil_account *account) {
    struct gil_meter *meter = meter_at(place, lock);
    account->why_not = meter ? meter->why_not : "no memory";
    if (account->why_not == NULL && !meter->is_running && meter_start(meter) != 0) {
        account->why_not = "the meter's thread could not be started";
    }
    if (account->why_not != NULL) {
        return;
    }
    account->opened_ns = trd_clock_now_ns();
    account->with_core = 1.0; /* until a holder was seen, one has a core */
    pthread_mutex_lock(&meter->lock);
    account->next = meter->accounts;
    meter->accounts = account;
    pthread_mutex_unlock(&meter->lock);
    account->is_open = true;
}

/* In a forked child the lock may be held by a thread that is not there; nor is anybody else. */
static void meter_lock(struct gil_meter *meter) {
    if (meter->process == getpid()) {
        pthread_mutex_lock(&meter->lock);
    }
}

static void meter_unlock(struct gil_meter *meter) {
    if (meter->process == getpid()) {
        pthread_mutex_unlock(&meter->lock);
    }
}

void gil_meter_close(struct gil_meter *meter, struct gil_account *account) {
    if (!account->is_open) {
        return;
    }
    account->is_open = false;
    meter_lock(meter);
    struct gil_account **place = &meter->accounts;
    while (*place != account) {
        place = &(*place)->next;
    }
    *place = account->next;
    bool was_last = meter->accounts == NULL;
    meter_unlock(meter);
    if (was_last) {
        gil_meter_stop(meter);
    }
}

/* One more place in both lists; -1 without memory. The thread uses them under the lock. */
static int meter_grow_locked(struct gil_meter *meter) {
    if (meter->seat_count < meter->seat_capacity) {
        return 0;
    }
    uint32_t capacity = meter->seat_capacity ? 2 * meter->seat_capacity : 16;
    struct gil_seat **seats = realloc(meter->seats, capacity * sizeof(struct gil_seat *));
    if (seats == NULL) {
        return -1;
    }
    meter->seats = seats;
    struct gil_seat **busy = realloc(meter->busy, capacity * sizeof(struct gil_seat *));
    if (busy == NULL) {
        return -1;
    }
    meter->busy = busy;
    meter->seat_capacity = capacity;
    return 0;
}

void gil_meter_sit(struct gil_meter *meter, struct gil_account *account, struct gil_seat *seat) {
    if (!account->is_open) {
        return;
    }
    seat->thread_state = PyThreadState_Get();
    seat->thread_id = PyThread_get_thread_native_id();
    pthread_mutex_lock(&meter->lock);
    if (meter_grow_locked(meter) == 0) { /* else this worker is not measured: it counts as idle */
        seat->account = account;
        seat->index = meter->seat_count;
        meter->seats[meter->seat_count++] = seat;
    }
    pthread_mutex_unlock(&meter->lock);
}

void gil_meter_rise(struct gil_meter *meter, struct gil_seat *seat) {
    if (seat->account == NULL) {
        return;
    }
    meter_lock(meter);
    struct gil_seat *last = meter->seats[--meter->seat_count];
    meter->seats[seat->index] = last;
    last->index = seat->index;
    meter_unlock(meter);
    seat->account = NULL;
}

/* Relaxed, here and where it is written: a state that is a moment old is as good. */
static bool somebody_works_locked(const struct gil_meter *meter) {
    for (uint32_t i = 0; i < meter->seat_count; i++) {
        if (!atomic_load_explicit(&meter->seats[i]->is_idle, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

void gil_meter_read(struct gil_meter *meter, struct gil_account *account, struct trd_meter *out) {
    if (account->why_not != NULL) {
        *out = (struct trd_meter){0};
        return;
    }
    pthread_mutex_lock(&meter->lock);
    *out = (struct trd_meter){
        .gil_held_ns = account->times.held_ns - account->told.held_ns,
        .gil_core_ns = account->times.core_ns - account->told.core_ns,
        .gil_wait_ns = account->times.wait_ns - account->told.wait_ns,
        .ready_ns = account->times.ready_ns - account->told.ready_ns,
        .looks = (uint32_t)(account->times.looks - account->told.looks),
        .is_sampled = true,
        .is_measured = meter->is_running && !meter->is_parked,
    };
    account->told = account->times;
    if (meter->is_parked && somebody_works_locked(meter)) {
        meter->is_parked = false;
        pthread_cond_signal(&meter->wake);
    }
    pthread_mutex_unlock(&meter->lock);
}

void gil_meter_times(struct gil_meter *meter, struct gil_account *account, struct gil_times *out) {
    *out = (struct gil_times){0};
    if (account->why_not == NULL && meter->process == getpid()) {
        pthread_mutex_lock(&meter->lock);
        *out = account->times;
        pthread_mutex_unlock(&meter->lock);
    }
}
