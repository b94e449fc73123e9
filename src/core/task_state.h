/* task_state.h - where a task may go from where it stands. */
#ifndef TRD_CORE_TASK_STATE_H
#define TRD_CORE_TASK_STATE_H

#include <stdbool.h>

#include <treadle/task.h>

/** Is the move legal? */
bool trd__task_may(enum trd_task_state from, enum trd_task_state to);
/** Makes the move, which must be legal. */
void trd__task_move(struct trd_task *task, enum trd_task_state to);

#endif
