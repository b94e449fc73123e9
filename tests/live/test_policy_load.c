/* test_policy_load.c - a policy from a shared object: in pools, in the simulator, replayed; and
 * what is said of those that are none. The arguments: the example's file, the folder of the others.
 */
#include <treadle/treadle.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/live/gate.h"

enum { PATH_BYTES = 512, TASKS = 400 };

static const char *coin_path, *wrong_folder;

/* "PATH:parameters", the example's. */
static const char *coin(const char *parameters) {
    static char text[PATH_BYTES];
    (void)snprintf(text, sizeof text, "%s%s", coin_path, parameters);
    return text;
}

static void a_policy_is_loaded_with_its_parameters(void **state) {
    (void)state;
    struct trd_policy_spec spec;
    struct trd_error error = {"unchanged"};
    assert_int_equal(trd_policy_load(coin(""), &spec, &error), 0);
    assert_string_equal(error.message, "");
    assert_string_equal(spec.policy->name, "coin");
    assert_float_equal(spec.params[0], 0.5, 0.0);
    assert_int_equal(trd_policy_load(coin(":newest=0.25"), &spec, NULL), 0);
    assert_float_equal(spec.params[0], 0.25, 0.0);
    assert_int_equal(trd_policy_load("priority", &spec, NULL), 0); /* names as ever */
    assert_string_equal(spec.policy->name, "priority");
    assert_int_equal(trd_policy_load("codel/drr/edf", &spec, NULL), 0);
}

/* What ran, in order; one worker writes. */
static char log_text[16];

static void *note(void *letter) {
    const size_t used = strlen(log_text);
    assert_true(used + 1 < sizeof log_text);
    log_text[used] = *(const char *)letter;
    log_text[used + 1] = '\0';
    return NULL;
}

/* Four tasks, the third cancelled, on one worker. */
static void check_order(const char *policy, const char *expected) {
    static char letters[] = "abcd";
    struct held held = HELD_INIT;
    struct trd_future *futures[4];
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 1, .policy = policy});
    struct trd_future *holder = pool_hold(pool, &held);
    memset(log_text, 0, sizeof log_text);
    for (int i = 0; i < 4; i++) {
        futures[i] = pool_give(pool, note, &letters[i]);
    }
    assert_int_equal(trd_future_cancel(futures[2]), 0);
    pool_release(&held, holder);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    for (int i = 0; i < 4; i++) {
        trd_future_unref(futures[i]);
    }
    pool_check_identity(pool);
    trd_pool_destroy(pool);
    assert_string_equal(log_text, expected);
}

static void it_decides_what_a_pool_runs(void **state) {
    (void)state;
    check_order(coin(":newest=0"), "abd");
    check_order(coin(":newest=1"), "dba");
}

static void a_name_without_a_folder_is_a_file_of_this_one(void **state) {
    (void)state;
    char before[PATH_BYTES], folder[PATH_BYTES];
    struct trd_policy_spec spec;
    assert_non_null(getcwd(before, sizeof before));
    (void)snprintf(folder, sizeof folder, "%s", coin_path);
    char *file = strrchr(folder, '/');
    assert_non_null(file);
    *file = '\0';
    assert_int_equal(chdir(folder), 0);
    const int failed = trd_policy_load(file + 1, &spec, NULL);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(failed, 0);
}

static void record(const char *policy, struct trd_trace *trace) {
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 3, .policy = policy, .seed = 7, .is_recording = true});
    for (int i = 0; i < TASKS; i++) {
        trd_future_unref(pool_give(pool, same, NULL));
    }
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    assert_int_equal(trd_pool_trace(pool, trace), 0);
    trd_pool_destroy(pool);
}

static void what_it_decided_is_replayed(void **state) {
    (void)state;
    struct trd_trace trace;
    struct trd_policy_spec spec;
    struct trd_replay_report report;
    struct trd_error error = {""};
    record(coin(":newest=0.25"), &trace);
    assert_int_equal(trace.policy[0], '/'); /* its file, wherever the replay is made */
    assert_non_null(strstr(trace.policy, "coin.so:newest=0.25"));
    assert_int_equal(trd_sim_replay(&trace, &report, &error), -EINVAL); /* not by name */
    assert_int_equal(trd_policy_load(trace.policy, &spec, &error), 0);
    trace.policy_spec = &spec;
    assert_int_equal(trd_sim_replay(&trace, &report, &error), 0);
    assert_true(report.is_identical);
    assert_int_equal(report.submitted, TASKS);
    trd_trace_free(&trace);
}

static void it_runs_in_the_simulator(void **state) {
    (void)state;
    struct trd_policy_spec spec;
    struct trd_sim_report report;
    const struct trd_sim_client client = {.share = 1.0, .service = {.mean_ns = 800.0}};
    const struct trd_sim_config config = {.policy_spec = &spec,
                                          .workers_max = 1,
                                          .rate_per_s = 1e6,
                                          .clients = &client,
                                          .client_count = 1,
                                          .task_count = 4000};
    assert_int_equal(trd_policy_load(coin(""), &spec, NULL), 0);
    struct trd_error error = {""};
    if (trd_sim_run(&config, &report, &error)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(report.total.finished, 4000);
    assert_int_equal(report.unused_ns, 0);
    trd_sim_report_free(&report);
}

static void what_is_wrong_is_said(void **state) {
    (void)state;
    static const struct {
        const char *file, *message;
    } wrong[] = {
        {"there_is_none", "cannot be loaded: "},
        {"wrong_symbol", "exports no treadle_policy: end it with TRD_POLICY_EXPORT"},
        {"wrong_abi", "was built for version 2 of the interface, and this is version 1"},
        {"wrong_name", "has the name of one that comes with Treadle"},
        {"wrong_ops", "must have push, pop, remove and any"},
        {"wrong_flags", "has a flag that this version does not know"},
        {"wrong_params", "has a parameter without a summary, or whose fallback is not allowed"},
        {"wrong_spelling", "needs a name of lower-case letters"},
    };
    struct trd_policy_spec spec;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[PATH_BYTES];
        struct trd_error error = {""};
        struct trd_pool *pool = NULL;
        (void)snprintf(text, sizeof text, "%s/%s.so", wrong_folder, wrong[i].file);
        assert_int_equal(trd_policy_load(text, &spec, NULL), -EINVAL);
        assert_int_equal(trd_pool_create(&(struct trd_pool_config){.policy = text}, &pool, &error),
                         -EINVAL);
        assert_null(pool);
        if (!strstr(error.message, wrong[i].message) || !strstr(error.message, text)) {
            fail_msg("of %s: %s", text, error.message);
        }
    }
}

static void wrong_parameters_are_told_as_ever(void **state) {
    (void)state;
    char text[PATH_BYTES];
    struct trd_policy_spec spec;
    struct trd_error error = {""};
    assert_int_equal(trd_policy_load(coin(":newest=2"), &spec, &error), -EINVAL);
    assert_non_null(strstr(error.message, "must be a number from 0 to 1, not '2'"));
    assert_int_equal(trd_policy_load(coin(":oldest=1"), &spec, &error), -EINVAL);
    assert_non_null(strstr(error.message, "unknown parameter 'oldest'; known: newest"));
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 4, ".so", 4);
    assert_int_equal(trd_policy_load(text, &spec, &error), -EINVAL);
    assert_non_null(strstr(error.message, "has a path of more than 254 bytes"));
    assert_int_equal(trd_policy_load(".so", &spec, &error), -EINVAL);
    assert_non_null(strstr(error.message, "unknown policy '.so'"));
}

int main(int argc, char **argv) {
    assert_int_equal(argc, 3);
    coin_path = argv[1];
    wrong_folder = argv[2];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_policy_is_loaded_with_its_parameters),
        cmocka_unit_test(it_decides_what_a_pool_runs),
        cmocka_unit_test(a_name_without_a_folder_is_a_file_of_this_one),
        cmocka_unit_test(what_it_decided_is_replayed),
        cmocka_unit_test(it_runs_in_the_simulator),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(wrong_parameters_are_told_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
