/* test_pool_insight.c - what a pool knows of each callable and each client. */
#include <treadle/treadle.h>

#include <errno.h>
#include <stdlib.h>

#include "tests/check.h"
#include "tests/live/gate.h"

typedef int (*group_reader)(struct trd_pool *pool, uint32_t index, struct trd_group_stats *stats);

static void *one(void *arg) {
    return arg;
}

static void *two(void *arg) {
    return arg;
}

static uint64_t key_of(void *(*run)(void *)) {
    return (uint64_t)(uintptr_t)run;
}

static struct trd_pool *insightful(const char *policy, uint32_t workers) {
    return pool_make(
        &(struct trd_pool_config){.workers_max = workers, .policy = policy, .is_insightful = true});
}

static void give(struct trd_pool *pool, void *(*run)(void *), uint64_t client, int count) {
    const struct trd_options options = {.client = client};
    for (int i = 0; i < count; i++) {
        assert_int_equal(trd_pool_submit(pool, run, pool, &options, NULL), 0);
    }
}

/* Tasks finished of the group called `key`, or of the rest; every row is looked at. */
static uint64_t finished_of(struct trd_pool *pool, group_reader read, uint64_t key, bool is_rest,
                            uint64_t *total_out) {
    struct trd_group_stats *group = malloc(sizeof *group);
    assert_non_null(group);
    uint64_t found = 0, total = 0;
    uint32_t index = 0;
    for (; read(pool, index, group) == 0; index++) {
        assert_int_equal(group->run_ns.count, group->wait_ns.count);
        total += group->run_ns.count;
        if (group->is_rest == is_rest && group->key == key) {
            found += group->run_ns.count;
        }
    }
    assert_int_equal(read(pool, index, group), -ENOENT);
    free(group);
    if (total_out) {
        *total_out = total;
    }
    return found;
}

static void every_policy_tells_callables_and_clients_apart(void **state) {
    (void)state;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        struct trd_pool *pool = insightful((*policy)->name, 2);
        give(pool, one, 7, 3);
        give(pool, two, 8, 4);
        give(pool, two, 0, 5);
        assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
        uint64_t total = 0;
        assert_int_equal(finished_of(pool, trd_pool_class_stats, key_of(one), false, &total), 3);
        assert_int_equal(finished_of(pool, trd_pool_class_stats, key_of(two), false, NULL), 9);
        assert_int_equal(total, 12);
        assert_int_equal(finished_of(pool, trd_pool_client_stats, 7, false, &total), 3);
        assert_int_equal(finished_of(pool, trd_pool_client_stats, 8, false, NULL), 4);
        assert_int_equal(finished_of(pool, trd_pool_client_stats, 0, false, NULL), 5);
        assert_int_equal(total, 12);
        trd_pool_destroy(pool);
    }
}

static void too_many_clients_are_counted_with_the_rest(void **state) {
    (void)state;
    enum { CLIENTS = 5000 };
    struct trd_pool *pool = insightful("fifo", 2);
    for (uint64_t client = 1; client <= CLIENTS; client++) {
        give(pool, one, client * 977, 2);
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    uint64_t total = 0;
    assert_int_equal(finished_of(pool, trd_pool_client_stats, 0, true, &total),
                     2 * (CLIENTS - 255));
    assert_int_equal(finished_of(pool, trd_pool_client_stats, 977, false, NULL), 2);
    assert_int_equal(total, 2 * CLIENTS);
    trd_pool_destroy(pool);
}

static void a_pool_that_was_not_asked_keeps_nothing(void **state) {
    (void)state;
    struct trd_group_stats *group = malloc(sizeof *group);
    assert_non_null(group);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    assert_int_equal(trd_pool_class_stats(pool, 0, group), -EINVAL);
    assert_int_equal(trd_pool_client_stats(pool, 0, group), -EINVAL);
    trd_pool_destroy(pool);
    free(group);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_tells_callables_and_clients_apart),
        cmocka_unit_test(too_many_clients_are_counted_with_the_rest),
        cmocka_unit_test(a_pool_that_was_not_asked_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
