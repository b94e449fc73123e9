/* classes.c - which row of the scheduler's table belongs to which callable.
 *
 * Only for policies that keep something per callable, and for insight. The first TRD_CLASSES_MAX -
 * 1 callables get rows of their own, in the order in which they are first seen; the rest share row
 * 0. Nothing is ever forgotten, so all memory is taken at the start.
 */
#include "pool/live.h"

#include <errno.h>
#include <stdlib.h>

enum { CLASSES_PLACES = 2 * TRD_CLASSES_MAX }; /* at most half full */

int trd__classes_open(struct trd_pool *pool) {
    const bool is_policy_s = pool->sched.config.policy.policy->class_bytes > 0;
    if (!is_policy_s && !pool->insight) {
        return 0;
    }
    pool->classes = calloc(CLASSES_PLACES, sizeof *pool->classes);
    if (!pool->classes) {
        return -ENOMEM;
    }
    struct trd_table *table = &pool->sched.classes;
    int failed = 0;
    while (is_policy_s && !failed && table->capacity < TRD_CLASSES_MAX) {
        struct trd__errands errands = {0};
        trd__pool_lock(pool);
        failed = trd__pool_grow_locked(pool, table);
        trd__pool_unlock(pool, &errands);
    }
    pool->class_count = 1; /* row 0 is everybody else */
    table->count = 1;
    return failed;
}

uint16_t trd__classes_find_locked(struct trd_pool *pool, uint64_t key) {
    assert(pool->classes && key != 0);
    /* Fibonacci hashing (Knuth, vol. 3, 6.4), then the next place and the next. */
    uint32_t place = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % CLASSES_PLACES;
    while (pool->classes[place].key && pool->classes[place].key != key) {
        place = (place + 1) % CLASSES_PLACES;
    }
    struct trd__class_link *link = &pool->classes[place];
    if (link->key == 0) {
        if (pool->class_count == TRD_CLASSES_MAX) {
            return 0;
        }
        link->key = key;
        link->index = pool->class_count++;
        pool->sched.classes.count = pool->class_count;
        if (pool->insight) {
            trd__insight_name_class(pool->insight, link->index, key);
        }
    }
    return link->index;
}
