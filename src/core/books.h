/* books.h - the scheduler's book-keeping: time, workers, samples. Internal to src/core. */
#ifndef TRD_CORE_BOOKS_H
#define TRD_CORE_BOOKS_H

#include "core/sched.h"

/** Bytes of the engine's part of a client's and a worker's record, before the policy's part. */
size_t trd__books_client_header(void);
size_t trd__books_worker_header(void);

/** Brings the clock and the integrals up to `now_ns`. */
void trd__books_advance(struct trd_sched *sched, uint64_t now_ns);
/** A worker has got (`is_more`) or given back one task. */
void trd__books_worker_busy(struct trd_sched *sched, uint32_t worker, bool is_more);
/** Asks the sizer; `load` is NULL except for ticks. */
void trd__books_ask(struct trd_sched *sched, enum trd_cause cause, const struct trd_load *load);

#endif
