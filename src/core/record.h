/* record.h - writes the scheduler's decisions down. Internal to src/core. Each function appends an
 * event when the scheduler records, and does nothing otherwise. */
#ifndef TRD_CORE_RECORD_H
#define TRD_CORE_RECORD_H

#include "core/sched.h"

void trd__record_submit(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                        int answer);
void trd__record_next(struct trd_sched *sched, struct trd_pop pop, uint32_t worker);
void trd__record_take(struct trd_sched *sched, struct trd_pop pop);
void trd__record_finish(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                        enum trd_outcome outcome, const struct trd_cost *cost);
void trd__record_cancel(struct trd_sched *sched, struct trd_task *task);
void trd__record_tick(struct trd_sched *sched, const struct trd_load *load);
/** TRD_EVENT_JOIN or TRD_EVENT_LEAVE. */
void trd__record_worker(struct trd_sched *sched, enum trd_event_kind kind, uint32_t worker);
void trd__record_block(struct trd_sched *sched, uint32_t worker, bool is_blocked);
void trd__record_bounds(struct trd_sched *sched);
void trd__record_forget(struct trd_sched *sched, uint32_t index);

#endif
