/* test_command.c - the small parts that the subcommands share, and the noise gate's arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/command/lists.h"
#include "lab/command/suggest.h"
#include "lab/runner/noise.h"
#include "lab/runner/result.h"

#include <jansson.h>

#include <math.h>
#include <string.h>

static void distance_counts_a_swap_once(void **state) {
    (void)state;
    assert_int_equal(lab_suggest_distance("study", "study"), 0);
    assert_int_equal(lab_suggest_distance("sutdy", "study"), 1);
    assert_int_equal(lab_suggest_distance("stdy", "study"), 1);
    assert_int_equal(lab_suggest_distance("", "study"), 5);
    assert_int_equal(lab_suggest_distance("kitten", "sitting"), 3);
}

static void the_nearest_name_is_suggested_and_a_far_one_is_not(void **state) {
    (void)state;
    static const char *const names[] = {"study", "report", "doctor", "fibonacci"};
    assert_string_equal(lab_suggest("stuyd", names, 4), "study");
    assert_string_equal(lab_suggest("fib", names, 4), "fibonacci");
    assert_string_equal(lab_suggest("raport", names, 4), "report");
    assert_null(lab_suggest("banana", names, 4));
    assert_null(lab_suggest("x", names, 4));
}

static void times_are_read_with_their_units(void **state) {
    (void)state;
    double seconds = 0.0;
    assert_true(lab_seconds_parse("90", &seconds));
    assert_float_equal(seconds, 90.0, 0.0);
    assert_true(lab_seconds_parse("10m", &seconds));
    assert_float_equal(seconds, 600.0, 0.0);
    assert_true(lab_seconds_parse("1.5h", &seconds));
    assert_float_equal(seconds, 5400.0, 0.0);
    assert_false(lab_seconds_parse("", &seconds));
    assert_false(lab_seconds_parse("10 parsecs", &seconds));
    assert_false(lab_seconds_parse("-3", &seconds));
    assert_false(lab_seconds_parse("0", &seconds));
}

static void lists_are_split_at_commas(void **state) {
    (void)state;
    struct lab_list list = {0};
    assert_int_equal(lab_list_parse(&list, "http,,noop, prime"), 0);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[0], "http");
    assert_string_equal(list.items[2], "prime");
    lab_list_free(&list);
    unsigned long long number;
    assert_true(lab_number_parse("42", 1, 100, &number));
    assert_int_equal(number, 42);
    assert_false(lab_number_parse("-1", 0, 100, &number));
    assert_false(lab_number_parse("101", 0, 100, &number));
    assert_false(lab_number_parse("4x", 0, 100, &number));
}

static void others_are_what_is_busy_and_not_ours(void **state) {
    (void)state;
    const struct lab_noise from = {.now_s = 10.0, .idle_s = 100.0, .steal_s = 1.0, .cores = 2};
    const struct lab_noise to = {.now_s = 10.5, .idle_s = 100.4, .steal_s = 1.02, .cores = 2};
    struct lab_noise_share share = lab_noise_between(&from, &to, 0.5);
    assert_float_equal(share.others, 0.08, 1e-9); /* 1 - 0.4 - 0.02 - 0.5 of one core-second */
    assert_float_equal(share.steal, 0.02, 1e-9);
    assert_true(lab_noise_is_loud(share));
    share = lab_noise_between(&from, &to, 0.6);
    assert_float_equal(share.others, 0.0, 1e-9);
}

static void what_the_machine_does_not_tell_is_not_held_against_a_run(void **state) {
    (void)state;
    const struct lab_noise nothing = {.now_s = 1.0};
    struct lab_noise_share share = lab_noise_between(&nothing, &nothing, 0.0);
    assert_true(isnan(share.others) && isnan(share.steal));
    assert_false(lab_noise_is_loud(share));
}

static void read(struct lab_cell_result *result, const char *text, bool is_timed) {
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    *result = (struct lab_cell_result){.raw = lab_raw_run_empty()};
    lab_result_read(result, object, is_timed);
    json_decref(object);
}

static void a_result_is_read_and_an_impossible_one_is_a_failure(void **state) {
    (void)state;
    struct lab_cell_result result;
    read(&result,
         "{\"outcome\":\"ok\",\"tasks\":5,\"wall_s\":0.25,\"steady\":true,\"metrics\":{\"a\":1}}",
         true);
    assert_int_equal(result.raw.outcome, LAB_OUTCOME_OK);
    assert_int_equal(result.raw.tasks, 5);
    assert_true(isnan(result.raw.first_s));
    assert_string_equal(result.metrics, "{\"a\":1}");
    lab_cell_result_free(&result);
    read(&result, "{\"outcome\":\"ok\",\"tasks\":0,\"wall_s\":0.25}", true);
    assert_int_equal(result.raw.outcome, LAB_OUTCOME_FAILED);
    lab_cell_result_free(&result);
    read(&result, "{\"outcome\":\"splendid\"}", true);
    assert_int_equal(result.raw.outcome, LAB_OUTCOME_FAILED);
    assert_non_null(strstr(result.reason, "splendid"));
    lab_cell_result_free(&result);
    read(&result, "{\"outcome\":\"failed\",\"reason\":\"two\\nlines\"}", true);
    assert_string_equal(result.reason, "two lines");
    lab_cell_result_free(&result);
}

static void a_crash_is_told_with_its_signal_and_last_words(void **state) {
    (void)state;
    struct lab_cell_result result = {.raw = lab_raw_run_empty()};
    lab_result_crashed(&result, "signal 11", "one\n  two\nMemoryError: no more\n\n");
    assert_int_equal(result.raw.outcome, LAB_OUTCOME_CRASHED);
    assert_non_null(strstr(result.reason, "signal 11"));
    assert_non_null(strstr(result.reason, ": MemoryError: no more"));
    assert_null(strchr(result.reason, '\n'));
    lab_result_crashed(&result, "exit 3", "");
    assert_string_equal(result.reason, "ended without a result, exit status 3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_a_swap_once),
        cmocka_unit_test(the_nearest_name_is_suggested_and_a_far_one_is_not),
        cmocka_unit_test(times_are_read_with_their_units),
        cmocka_unit_test(lists_are_split_at_commas),
        cmocka_unit_test(others_are_what_is_busy_and_not_ours),
        cmocka_unit_test(what_the_machine_does_not_tell_is_not_held_against_a_run),
        cmocka_unit_test(a_result_is_read_and_an_impossible_one_is_a_failure),
        cmocka_unit_test(a_crash_is_told_with_its_signal_and_last_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
