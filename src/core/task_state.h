/* task_state.h - the one table of a task's legal moves, inlined for the calls that make them.
 *
 *   NEW --> QUEUED --> RUNNING --> DONE | LOST | CANCELLED | EXPIRED
 *             |  ^        |
 *             |  +--------+ (a resumable task that yields)
 *             +--> CANCELLED | EXPIRED
 *
 * A completed task may be submitted again: its memory is the submitter's.
 */
#ifndef TRD_CORE_TASK_STATE_H
#define TRD_CORE_TASK_STATE_H

#undef NDEBUG /* a broken invariant stops the program in release builds, too */
#include <assert.h>
#include <stdbool.h>

#include <treadle/task.h>

/** Is the move legal? */
static inline bool trd__task_may(enum trd_task_state from, enum trd_task_state to) {
    enum {
        ENDS = 1u << TRD_TASK_DONE | 1u << TRD_TASK_LOST | 1u << TRD_TASK_CANCELLED |
               1u << TRD_TASK_EXPIRED,
        AGAIN = 1u << TRD_TASK_QUEUED,
    };
    static const unsigned moves[] = {
        [TRD_TASK_NEW] = AGAIN,
        [TRD_TASK_QUEUED] =
            1u << TRD_TASK_RUNNING | 1u << TRD_TASK_CANCELLED | 1u << TRD_TASK_EXPIRED,
        [TRD_TASK_RUNNING] = (unsigned)ENDS | AGAIN,
        [TRD_TASK_DONE] = AGAIN,
        [TRD_TASK_CANCELLED] = AGAIN,
        [TRD_TASK_EXPIRED] = AGAIN,
        [TRD_TASK_LOST] = AGAIN,
    };
    return (unsigned)from < sizeof moves / sizeof moves[0] && (moves[from] >> to & 1u) != 0;
}

/** Makes the move, which must be legal. */
static inline void trd__task_move(struct trd_task *task, enum trd_task_state to) {
    assert(trd__task_may((enum trd_task_state)task->state, to));
    task->state = (uint8_t)to;
}

#endif
