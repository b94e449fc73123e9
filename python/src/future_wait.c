/* future_wait.c - sleeping until a future is over, without a condition.
 *
 * When a condition comes to life, the sleepers are woken and go on sleeping on the condition: from
 * then on the owner of the condition decides when they may look.
 */
#include "extension.h"

void future_wake_locked(struct future *future) {
    struct rare *rare = future_rare(future);
    if (rare != NULL) {
        sleepers_wake_all_locked(&rare->sleepers);
    }
}

enum wait_end future_wait(struct future *future, uint64_t *timeout_ns) {
    struct rare *rare = future_rare_make(future);
    if (rare == NULL) {
        return WAIT_ERROR;
    }
    uint64_t now_ns = trd_clock_now_ns();
    uint64_t deadline_ns = *timeout_ns < TRD_FOREVER - now_ns ? now_ns + *timeout_ns : TRD_FOREVER;
    own_lock_take(&future->lock);
    int error = 0;
    if (!future_is_over(future) && rare->condition == NULL) {
        error = sleepers_join_locked(&rare->sleepers, deadline_ns, &future->lock,
                                     &state_of(Py_TYPE(future))->brief);
    }
    bool has_condition = rare->condition != NULL;
    bool is_over = future_is_over(future);
    own_lock_give(&future->lock);
    if (error != 0) {
        return WAIT_ERROR;
    }
    if (deadline_ns != TRD_FOREVER) {
        now_ns = trd_clock_now_ns();
        *timeout_ns = now_ns < deadline_ns ? deadline_ns - now_ns : 0;
    }
    if (has_condition) {
        return WAIT_ON_CONDITION;
    }
    return is_over ? WAIT_OVER : WAIT_TIMED_OUT;
}
