/* keyed.h - tasks by a key, the smallest first, equals by their sequence: what the policies that
 * order by a task's own number share.
 *
 * It is a heap in an array, four children to a parent, of (key, sequence, task): comparing looks at
 * no task, of which a million would each be a miss of the cache, and brothers are side by side. The
 * array is in levels that never move, the first in the struct, each other one in a block on loan
 * (loan.h). A task for which there is no place, or whose key does not fit 64 bits, stands in an
 * intrusive heap beside it (heap.h), by the caller's rule, which must be the same order.
 *
 * Push, pop and removal at any position are O(log n) in the worst case. A task in the array uses
 * the last word of its node. All zero is empty. Not thread-safe. */
#ifndef TRD_BASE_KEYED_H
#define TRD_BASE_KEYED_H

#include <stdint.h>

#include <treadle/task.h>

#include "base/heap.h"
#include "base/loan.h"

struct trd__keyed_entry {
    uint64_t key, sequence;
    struct trd_task *task;
};

enum { TRD_KEYED_LEVELS = 1 + TRD_LOAN_SIZES };

struct trd_keyed {
    struct trd__keyed_entry root;                   /* level 0 */
    struct trd__keyed_entry *below[TRD_LOAN_SIZES]; /* the others: 4, 16, 64, ... entries */
    uint32_t levels;                                /* that have something; 0: it is empty */
    uint64_t fill;                                  /* entries in the last of them */
    struct trd_heap aside;                          /* what found no place */
};

/** Takes in `task` with a `key` that does not change while it is in. */
void trd__keyed_push(struct trd_keyed *keyed, struct trd_loan *loan, struct trd_task *task,
                     uint64_t key, const struct trd_heap_rule *rule);
/** The same for a key that no 64 bits can hold. */
void trd__keyed_push_aside(struct trd_keyed *keyed, struct trd_task *task,
                           const struct trd_heap_rule *rule);
/** Takes out `task`, which must be in. */
void trd__keyed_remove(struct trd_keyed *keyed, struct trd_loan *loan, struct trd_task *task,
                       const struct trd_heap_rule *rule);
/** The first one; NULL when there is none. O(1). */
struct trd_task *trd__keyed_first(const struct trd_keyed *keyed, const struct trd_heap_rule *rule);
/** Takes out the first one; NULL when there is none. */
struct trd_task *trd__keyed_pop(struct trd_keyed *keyed, struct trd_loan *loan,
                                const struct trd_heap_rule *rule);

#endif
