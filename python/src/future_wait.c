/* future_wait.c - sleeping until a future is over, without a condition.
 *
 * When a condition comes to life, the sleepers are woken and go on sleeping on the condition: from
 * then on the owner of the condition decides when they may look.
 */
#include "extension.h"

void future_wake(struct future *future) {
    struct rare *rare = future_rare(future);
    if (rare != NULL) {
        sleepers_wake_all(&rare->sleepers);
    }
}

enum wait_end future_wait(struct future *future, uint64_t *timeout_ns) {
    struct rare *rare = future_rare_make(future);
    if (rare == NULL) {
        return WAIT_ERROR;
    }
    /* Making it may have let other threads in. */
    bool is_worth_it = !future_is_over(future) && rare->condition == NULL;
    uint64_t now_ns = trd_clock_now_ns();
    uint64_t deadline_ns = *timeout_ns < TRD_FOREVER - now_ns ? now_ns + *timeout_ns : TRD_FOREVER;
    if (is_worth_it && sleepers_join(&rare->sleepers, deadline_ns) != 0) {
        return WAIT_ERROR;
    }
    if (deadline_ns != TRD_FOREVER) {
        now_ns = trd_clock_now_ns();
        *timeout_ns = now_ns < deadline_ns ? deadline_ns - now_ns : 0;
    }
    if (rare->condition != NULL) {
        return WAIT_ON_CONDITION;
    }
    return future_is_over(future) ? WAIT_OVER : WAIT_TIMED_OUT;
}
