/* wheel.h - tasks by the time at which they are due: a hierarchical timing wheel.
 *
 * Idea: eight wheels of 64 slots; a slot of the first one is a tick (about a millisecond), one of
 * the next is a whole turn of the wheel before. A task waits in a slot of the finest wheel on which
 * its time lies ahead, and goes on to a finer one when that slot begins; so it moves at most seven
 * times, and adding and removing are O(1), for lists need no order.
 * Source: G. Varghese, T. Lauck, "Hashed and hierarchical timing wheels", SOSP 1987.
 *
 * The links lie in the tasks' attributes (due_slot, due_prev, due_next), which every task in a
 * wheel must have. A task is due after its time, by at most a tick. All zero is empty, at time 0.
 * Not thread-safe. */
#ifndef TRD_BASE_WHEEL_H
#define TRD_BASE_WHEEL_H

#include <stdint.h>

#include <treadle/task.h>

enum {
    TRD_WHEEL_TICK_BITS = 20, /* a tick has 2^20 ns */
    TRD_WHEEL_SLOT_BITS = 6,
    TRD_WHEEL_LEVELS = 8, /* enough for every time of 64 bits */
};

struct trd_wheel {
    uint64_t tick;                       /* up to which everything was handed out */
    uint64_t occupied[TRD_WHEEL_LEVELS]; /* bit s: slot s is not empty */
    struct trd_task *slot[TRD_WHEEL_LEVELS][1 << TRD_WHEEL_SLOT_BITS];
};

/** Adds `task`, which is in no wheel, to be due once its deadline has passed. O(1). */
void trd__wheel_add(struct trd_wheel *wheel, struct trd_task *task);
/** Takes `task` out; if it is in no wheel (its due_slot is 0), nothing happens. O(1). */
void trd__wheel_remove(struct trd_wheel *wheel, struct trd_task *task);
/** Takes out one that is due: its deadline is before `now_ns`. NULL: there is none now, or it has
 * moved as many tasks on as it may at once, and trd__wheel_next_ns() is not after `now_ns`. */
struct trd_task *trd__wheel_pop(struct trd_wheel *wheel, uint64_t now_ns);
/** When to call trd__wheel_pop() next; UINT64_MAX: the wheel is empty. O(1). */
uint64_t trd__wheel_next_ns(const struct trd_wheel *wheel);

#endif
