/* deque.h - the work-stealing deque of Chase and Lev: its owner works at one end, thieves at the
 * other, nobody waits for anybody.
 *
 * A ring of fixed size, so that nothing allocates. All zero is empty. The queued task's
 * node.word[0] is the deque's. Thread-safe as each function says; a task belongs to whoever got it
 * out of its slot, once. */
#ifndef TRD_BASE_DEQUE_H
#define TRD_BASE_DEQUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <treadle/task.h>

/* A power of two. Tests that look at every interleaving make it small. */
#ifndef TRD_DEQUE_SLOTS
#define TRD_DEQUE_SLOTS 256
#endif

struct trd_deque {
    _Atomic int64_t top;    /* the next index to be stolen */
    char apart[56];         /* thieves write one line of the cache, the owner the next */
    _Atomic int64_t bottom; /* the next index to be pushed; only the owner writes it */
    _Atomic(struct trd_task *) slot[TRD_DEQUE_SLOTS]; /* index modulo size; NULL: free, or a hole */
};

/** The owner's end takes `task`; false when there is no room. Owner only. */
bool trd__deque_push(struct trd_deque *deque, struct trd_task *task);
/** The task pushed last, or NULL when there is none. Owner only. */
struct trd_task *trd__deque_pop(struct trd_deque *deque);
/** The task pushed first, or NULL when there is none. Any thread; lock-free. */
struct trd_task *trd__deque_steal(struct trd_deque *deque);
/** Takes `task` out, which was pushed here; false when somebody else has got it. Any thread, as
 * long as the task's memory is there. Leaves a hole, which the others skip. */
bool trd__deque_remove(struct trd_deque *deque, struct trd_task *task);
/** A task that is in it, or NULL. A thread that is alone with the deque. */
struct trd_task *trd__deque_any(const struct trd_deque *deque);

#endif
