/* expect.c - calling into the cache what a worker's next hold of the lock will write.
 *
 * What one core has written last comes to another in 100 to 250 ns, and a hold for tasks of 1 us
 * writes a dozen such records of the pool. They come one by one in the hold; asked for before the
 * last task of the batch runs, they come together, meanwhile.
 *
 * The tasks are nobody else's, but tasks that were submitted one after the other mostly lie in that
 * order in memory. So the other core, which goes through those before and behind, guesses that it
 * will need some of these too, and takes them away while they run.
 *
 * Without the lock only addresses are used: nothing is read that another thread may write.
 */
#include "base/histogram.h"
#include "base/prefetch.h"
#include "core/books.h"
#include "pool/live.h"

/* So many tasks a core guesses ahead. */
enum { EXPECT_TASKS = 12, EXPECT_LINE = 64, EXPECT_STEP = 4 * EXPECT_LINE };

/* Are there as many, and do they lie one behind the other? */
static bool expect_has_row(struct trd_task *const *ran, uint32_t count) {
    return count >= EXPECT_TASKS &&
           (uintptr_t)ran[count - 1] - (uintptr_t)ran[count - 2] <= EXPECT_STEP;
}

void trd__expect_rows_locked(const struct trd_pool *pool, const struct trd__worker *worker,
                             struct trd__rows *rows) {
    const struct trd_sched *sched = &pool->sched;
    /* Relaxed: no other worker looks at it without the lock, and this one put it there. */
    const struct trd_task *last =
        atomic_load_explicit(&worker->batch[worker->batch_count - 1], memory_order_relaxed);
    const uint64_t wait_ns = sched->now_ns - last->submit_ns; /* the next ones wait as long */
    rows->client = trd__books_client(sched, 0);
    rows->worker = trd__table_at(&sched->workers, worker->index);
    rows->wait = &pool->wait.bucket[trd__histogram_index(wait_ns)];
    rows->run = &pool->run.bucket[trd__histogram_index(pool->silent_ns)];
}

void trd__expect_hold(const struct trd_pool *pool, const struct trd__rows *rows,
                      struct trd_task *const *ran, uint32_t count) {
    const struct trd_sched *sched = &pool->sched;
    trd__prefetch_write(&pool->lock);
    trd__prefetch_write(&pool->worker_table);
    trd__prefetch_write(&pool->taken);
    trd__prefetch_write(&sched->now_ns);
    trd__prefetch_write(&sched->queued);
    trd__prefetch_write(&sched->start_ns);
    trd__prefetch_write(&pool->wait);
    trd__prefetch_write(&pool->run);
    trd__prefetch_write(pool->sched_state); /* begins with the policy's */
    trd__prefetch_write(rows->client);
    trd__prefetch_write(rows->worker);
    trd__prefetch_write(rows->wait);
    trd__prefetch_write(rows->run);
    if (!expect_has_row(ran, count)) {
        return; /* nobody guesses these */
    }
    for (uint32_t i = 0; i < EXPECT_TASKS; i++) {
        trd__prefetch_write(ran[i]);
    }
}

void trd__expect_first_locked(const struct trd_pool *pool, struct trd_task *const *ran,
                              uint32_t count) {
    const struct trd_sched *sched = &pool->sched;
    if (sched->queued == 0 || !expect_has_row(ran, count)) {
        return;
    }
    const uintptr_t first = (uintptr_t)sched->config.policy.policy->any(&sched->policy_env);
    for (uintptr_t i = 0; i < EXPECT_TASKS; i++) {
        trd__prefetch_write((const void *)(first + i * EXPECT_LINE));
    }
}
