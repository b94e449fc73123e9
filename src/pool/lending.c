/* lending.c - memory on loan to the policy (base/loan.h): where it comes from, and goes.
 *
 * It is asked for and freed outside the lock. Whoever has queued a task under the lock looks for
 * wishes, and so does a worker for what came by doors; one that finds nothing queued takes back
 * what is free. Without memory nothing fails: the order by key is slower then.
 */
#include "pool/live.h"

#include <stdlib.h>

/* Less is not worth the way to the kernel every time the queue runs empty. */
enum { LENDING_KEEP_BYTES = 1 << 18 };

void trd__lending_grant(struct trd_pool *pool) {
    struct trd_loan *loan = &pool->sched.loan;
    struct trd__errands errands = {0};
    uint32_t size;
    trd__pool_lock(pool);
    for (size_t bytes; (bytes = trd__loan_wish(loan, &size)) > 0;) {
        trd__pool_unlock(pool, &errands);
        void *piece = aligned_alloc(TRD_LOAN_ALIGN, bytes);
        trd__pool_lock(pool);
        trd__loan_grant(loan, size, piece);
    }
    trd__pool_unlock(pool, &errands);
}

void *trd__lending_reclaim_locked(struct trd_pool *pool) {
    return trd__loan_reclaim(&pool->sched.loan, LENDING_KEEP_BYTES);
}

void trd__lending_free(void *pieces) {
    while (pieces) {
        void *next = *(void **)pieces;
        free(pieces);
        pieces = next;
    }
}

void trd__lending_close(struct trd_pool *pool) {
    trd__lending_free(trd__loan_reclaim(&pool->sched.loan, 0));
}
