/* task_state.c - the one table of a task's legal moves.
 *
 *   NEW --> QUEUED --> RUNNING --> DONE | LOST | CANCELLED | EXPIRED
 *             |  ^        |
 *             |  +--------+ (a resumable task that yields)
 *             +--> CANCELLED | EXPIRED
 *
 * A completed task may be submitted again: its memory is the submitter's.
 */
#include "core/task_state.h"

#define BIT(state) (1u << (state))

static const unsigned moves[] = {
    [TRD_TASK_NEW] = BIT(TRD_TASK_QUEUED),
    [TRD_TASK_QUEUED] = BIT(TRD_TASK_RUNNING) | BIT(TRD_TASK_CANCELLED) | BIT(TRD_TASK_EXPIRED),
    [TRD_TASK_RUNNING] = BIT(TRD_TASK_DONE) | BIT(TRD_TASK_LOST) | BIT(TRD_TASK_QUEUED) |
                         BIT(TRD_TASK_CANCELLED) | BIT(TRD_TASK_EXPIRED),
    [TRD_TASK_DONE] = BIT(TRD_TASK_QUEUED),
    [TRD_TASK_CANCELLED] = BIT(TRD_TASK_QUEUED),
    [TRD_TASK_EXPIRED] = BIT(TRD_TASK_QUEUED),
    [TRD_TASK_LOST] = BIT(TRD_TASK_QUEUED),
};

bool trd__task_may(enum trd_task_state from, enum trd_task_state to) {
    return (unsigned)from < sizeof moves / sizeof moves[0] && (moves[from] & BIT(to)) != 0;
}

void trd__task_move(struct trd_task *task, enum trd_task_state to) {
    assert(trd__task_may((enum trd_task_state)task->state, to));
    task->state = (uint8_t)to;
}
