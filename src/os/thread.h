/* thread.h - threads that belong to the engine, and names for them. */
#ifndef TRD_OS_THREAD_H
#define TRD_OS_THREAD_H

#include <pthread.h>
#include <stdint.h>

/** Starts run(arg) on a new joinable thread that blocks all signals but its own faults: they are
 * for the program's own threads. 0 or -errno. */
int trd__thread_start(pthread_t *thread_out, void *(*run)(void *arg), void *arg);
/** Waits for its end. */
void trd__thread_join(pthread_t thread);
/** Names the calling thread; the prefix is cut so that both fit into the kernel's 15 bytes. */
void trd__thread_name(const char *prefix, const char *suffix);
/** Asks the kernel to let the calling thread run soon after it is woken, even on a processor that
 * somebody else is using, for shorter turns in return; its share of the processor stays the same.
 * Linux 6.12 and later can do that; elsewhere, and for threads with a policy other than the usual
 * one, nothing happens. */
void trd__thread_be_prompt(void);
typedef void trd__thread_leave(void *arg);
/** Calls `leave(arg)` when the calling thread ends, unless the process ends with it. Once a thread,
 * always with the same function. 0 or -errno. */
int trd__thread_at_exit(trd__thread_leave *leave, void *arg);
/** The process, asked from the kernel. */
int64_t trd__process_id(void);

#endif
