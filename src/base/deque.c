/* deque.c - the work-stealing deque, with slots that say whose a task is.
 *
 * D. Chase and Y. Lev, "Dynamic circular work-stealing deque", SPAA 2005; for C11's memory model
 * N. M. Le, A. Pop, A. Cohen and F. Zappa Nardelli, "Correct and efficient work-stealing for weak
 * memory models", PPoPP 2013. Two things differ. Their fences are sequentially consistent accesses
 * here, which tools can follow. And winning an index is only the right to look into its slot: the
 * task belongs to whoever exchanges it out of there. So a task can be taken out of the middle at
 * once, by making its slot a hole; and a thief that is slow between winning and looking is
 * harmless, because the owner does not write over a slot that is not empty.
 *
 * No index is won twice. Thieves win by moving `top`. The owner lowers `bottom` to b before it
 * reads `top`, and a thief reads `top` before `bottom`, all in the one order of sequentially
 * consistent accesses. If the owner then reads top < b, a thief that has seen top = b read it
 * later, and `bottom` later still: it finds the deque empty. If it reads top = b, both compete by
 * moving `top`. A push happens before the steal that gets it, by the release of `bottom` (and of
 * the slot).
 */
#include "base/deque.h"

#define MASK ((int64_t)TRD_DEQUE_SLOTS - 1)

_Static_assert((TRD_DEQUE_SLOTS & (TRD_DEQUE_SLOTS - 1)) == 0, "a mask finds the slot of an index");

/* Whoever has won `index` looks into its slot: a task, or NULL for a hole. Acquires what the push
 * of that task released. */
static struct trd_task *deque_claim(struct trd_deque *deque, int64_t index) {
    return atomic_exchange_explicit(&deque->slot[index & MASK], NULL, memory_order_acq_rel);
}

static bool deque_win_top(struct trd_deque *deque, int64_t top) {
    return atomic_compare_exchange_strong_explicit(&deque->top, &top, top + 1, memory_order_seq_cst,
                                                   memory_order_relaxed);
}

bool trd__deque_push(struct trd_deque *deque, struct trd_task *task) {
    /* Relaxed: nobody else writes it. Acquire: room that a thief made. */
    const int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
    const int64_t top = atomic_load_explicit(&deque->top, memory_order_acquire);
    _Atomic(struct trd_task *) *slot = &deque->slot[bottom & MASK];
    if (bottom - top >= TRD_DEQUE_SLOTS || atomic_load_explicit(slot, memory_order_acquire)) {
        return false;
    }
    task->node.word[0] = (uint64_t)(bottom & MASK);
    atomic_store_explicit(slot, task, memory_order_release);
    atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
    return true;
}

struct trd_task *trd__deque_pop(struct trd_deque *deque) {
    for (;;) { /* once for every hole, which is gone then */
        const int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed) - 1;
        atomic_store_explicit(&deque->bottom, bottom, memory_order_seq_cst);
        const int64_t top = atomic_load_explicit(&deque->top, memory_order_seq_cst);
        if (top < bottom) {
            struct trd_task *task = deque_claim(deque, bottom);
            if (task) {
                return task;
            }
            continue;
        }
        const bool is_mine = top == bottom && deque_win_top(deque, top);
        atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
        return is_mine ? deque_claim(deque, bottom) : NULL;
    }
}

struct trd_task *trd__deque_steal(struct trd_deque *deque) {
    for (;;) { /* once more only if somebody else has moved on, or for a hole */
        const int64_t top = atomic_load_explicit(&deque->top, memory_order_seq_cst);
        const int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_seq_cst);
        if (top >= bottom) {
            return NULL;
        }
        if (deque_win_top(deque, top)) {
            struct trd_task *task = deque_claim(deque, top);
            if (task) {
                return task;
            }
        }
    }
}

bool trd__deque_remove(struct trd_deque *deque, struct trd_task *task) {
    _Atomic(struct trd_task *) *slot = &deque->slot[task->node.word[0]];
    struct trd_task *expected = task;
    if (!atomic_compare_exchange_strong_explicit(slot, &expected, NULL, memory_order_acq_rel,
                                                 memory_order_relaxed)) {
        return false;
    }
    for (;;) { /* holes at the thieves' end go at once: winning one is stealing nothing */
        const int64_t top = atomic_load_explicit(&deque->top, memory_order_seq_cst);
        const int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_seq_cst);
        if (top >= bottom || atomic_load_explicit(&deque->slot[top & MASK], memory_order_acquire) ||
            !deque_win_top(deque, top)) {
            return true;
        }
    }
}

struct trd_task *trd__deque_any(const struct trd_deque *deque) {
    const int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
    for (int64_t index = atomic_load_explicit(&deque->top, memory_order_relaxed); index < bottom;
         index++) {
        struct trd_task *task =
            atomic_load_explicit(&deque->slot[index & MASK], memory_order_relaxed);
        if (task) {
            return task;
        }
    }
    return NULL;
}
