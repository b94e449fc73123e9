/* test_arrival_trace.c - the traces of Azure Functions: what is read from good files, and what is
 * said of bad ones.
 *
 * Argument: the folder of the synthetic traces. */
#include "tests/check.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/trace/arrival_trace.h"

#define HEAD_2021 "app,func,end_timestamp,duration\n"
#define HEAD_2019 "HashOwner,HashApp,HashFunction,Trigger,1,2,3\n"
#define HEAD_DURATIONS                                                                             \
    "HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,"           \
    "percentile_Average_1,percentile_Average_25,percentile_Average_50,percentile_Average_75,"      \
    "percentile_Average_99,percentile_Average_100\n"

static const char *examples; /* the folder */
static const struct lab_trace_options plain = {.seed = 7, .speed = 1.0};

/* Files of a test, removed by forget_files(). */
static char paths[2][64];

static const char *file_with(int index, const char *text) {
    (void)snprintf(paths[index], sizeof paths[index], "/tmp/treadle-trace-XXXXXX");
    const int file = mkstemp(paths[index]);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(close(file), 0);
    return paths[index];
}

static int forget_files(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        if (paths[i][0]) {
            (void)unlink(paths[i]); /* it was ours */
            paths[i][0] = '\0';
        }
    }
    return 0;
}

static struct lab_trace *open_trace(const char *path, const char *durations) {
    struct lab_trace *trace;
    struct trd_error error;
    if (lab_trace_open(path, durations, &trace, &error)) {
        fail_msg("%s", error.message);
    }
    return trace;
}

/* Reads everything; returns how many, and the first `count_max`. */
static size_t read_all(const struct lab_trace *trace, const struct lab_trace_options *options,
                       struct trd_sim_arrival *arrivals, size_t count_max) {
    struct lab_trace_reader *reader;
    struct trd_sim_arrival arrival;
    struct trd_error error;
    size_t count = 0;
    uint64_t before = 0;
    int got;
    assert_int_equal(lab_trace_read(trace, options, &reader, &error), 0);
    while ((got = lab_trace_next(reader, &arrival, &error)) == 1) {
        assert_true(arrival.at_ns >= before);
        assert_true(arrival.has_service && arrival.service_ns > 0);
        before = arrival.at_ns;
        if (count < count_max) {
            arrivals[count] = arrival;
        }
        count++;
    }
    assert_int_equal(got, 0);
    lab_trace_reader_free(reader);
    return count;
}

/* Rows are in order of ends; a long task that started first comes first all the same. */
static void tasks_of_2021_arrive_in_order_of_their_starts(void **state) {
    (void)state;
    struct trd_sim_arrival arrivals[4];
    struct lab_trace *trace = open_trace(file_with(0, HEAD_2021 "a,f,101,0.5\nb,f,102,0.25\n"
                                                                "a,g,103,3\na,f,103,0\n"),
                                         NULL);
    assert_int_equal(read_all(trace, &plain, arrivals, 4), 4);
    static const uint64_t at_ms[] = {0, 500, 1750, 3000}, service_ms[] = {3000, 500, 250, 0};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(arrivals[i].at_ns, at_ms[i] * 1000000);
        assert_int_equal(arrivals[i].service_ns, service_ms[i] ? service_ms[i] * 1000000 : 1);
    }
    lab_trace_close(trace);
}

static void rows_of_2021_may_stand_in_any_order(void **state) {
    (void)state;
    struct trd_sim_arrival sorted[3], mixed[3];
    struct lab_trace *trace =
        open_trace(file_with(0, HEAD_2021 "a,f,10,1\na,f,20,2\na,f,30,3\n"), NULL);
    assert_int_equal(read_all(trace, &plain, sorted, 3), 3);
    lab_trace_close(trace);
    trace = open_trace(file_with(1, HEAD_2021 "a,f,30,3\na,f,10,1\na,f,20,2\n"), NULL);
    assert_int_equal(read_all(trace, &plain, mixed, 3), 3);
    assert_memory_equal(sorted, mixed, sizeof sorted);
    lab_trace_close(trace);
}

static void an_app_is_a_client_and_a_function_a_class(void **state) {
    (void)state;
    size_t count;
    struct lab_trace *trace =
        open_trace(file_with(0, HEAD_2021 "one,f,1,1\ntwo,f,2,1\none,g,3,1\none,g,4,3\n"), NULL);
    const struct lab_trace_client *clients = lab_trace_clients(trace, &count);
    assert_int_equal(count, 3);
    assert_string_equal(clients[0].name, "one/g"); /* the busiest first */
    assert_int_equal(clients[0].task_count, 2);
    assert_true(fabs(clients[0].mean_ns - 2e9) < 1.0);
    assert_int_equal(clients[0].key, clients[1].key);
    assert_int_not_equal(clients[0].key, clients[2].key); /* another app's f */
    assert_int_not_equal(clients[1].class_index, clients[2].class_index);
    assert_int_equal(lab_trace_summary(trace)->app_count, 2);
    lab_trace_close(trace);
}

static void functions_beyond_the_clients_share_the_last_one(void **state) {
    (void)state;
    enum { FUNCTIONS = 1500 };
    char *text = malloc(FUNCTIONS * 40), *end = text;
    size_t count;
    assert_non_null(text);
    end += sprintf(end, HEAD_2021);
    for (int i = 0; i < FUNCTIONS; i++) {
        end += sprintf(end, "a,f%d,%d,0.5\n", i, i + 1);
    }
    struct lab_trace *trace = open_trace(file_with(0, text), NULL);
    free(text);
    const struct lab_trace_client *clients = lab_trace_clients(trace, &count);
    assert_int_equal(count, TRD_SIM_CLIENTS_MAX);
    assert_string_equal(clients[count - 1].name, "all others");
    assert_int_equal(clients[count - 1].task_count, FUNCTIONS - TRD_SIM_CLIENTS_MAX + 1);
    assert_int_equal(lab_trace_summary(trace)->function_count, FUNCTIONS);
    assert_int_equal(read_all(trace, &plain, NULL, 0), FUNCTIONS);
    lab_trace_close(trace);
}

static void counts_of_2019_are_spread_over_their_minutes(void **state) {
    (void)state;
    struct trd_sim_arrival arrivals[600];
    struct lab_trace *trace =
        open_trace(file_with(0, HEAD_2019 "o,a,f,http,0,400,100\no,a,never,http,0,0,0\n"),
                   file_with(1, HEAD_DURATIONS "o,a,f,20,500,10,30,10,11,15,20,25,29,30\n"));
    double sum = 0.0, services = 0.0;
    assert_int_equal(read_all(trace, &plain, arrivals, 600), 500);
    for (int i = 0; i < 500; i++) {
        assert_true(arrivals[i].at_ns >= UINT64_C(60000000000) * (i < 400 ? 1 : 2));
        assert_true(arrivals[i].at_ns < UINT64_C(60000000000) * (i < 400 ? 2 : 3));
        assert_in_range(arrivals[i].service_ns, 10000000, 30000000);
        sum += i < 400 ? (double)arrivals[i].at_ns / 60e9 - 1.0 : 0.0;
        services += (double)arrivals[i].service_ns;
    }
    /* 400 uniform numbers: 4 standard errors of their mean. The durations' mean is 20 ms. */
    assert_true(fabs(sum / 400.0 - 0.5) < 4.0 * 0.2887 / 20.0);
    assert_true(fabs(services / 500.0 - 20e6) < 4.0 * 5.8e6 / 22.4);
    assert_int_equal(lab_trace_summary(trace)->function_count, 1); /* `never` is none */
    lab_trace_close(trace);
}

static void functions_without_durations_take_the_mean_ones(void **state) {
    (void)state;
    size_t count;
    struct lab_trace *trace = open_trace(
        file_with(0, HEAD_2019 "o,a,f,http,3,0,0\no,a,g,http,1,0,0\no,a,h,http,5,0,0\n"),
        file_with(1, HEAD_DURATIONS "o,a,f,4,1,4,4,4,4,4,4,4,4,4\no,a,g,8,1,8,8,8,8,8,8,8,8,8\n"));
    const struct lab_trace_client *clients = lab_trace_clients(trace, &count);
    assert_int_equal(lab_trace_summary(trace)->guessed_count, 1);
    assert_true(fabs(clients[0].mean_ns - 5e6) < 1.0); /* (3 x 4 + 1 x 8) / 4 ms */
    lab_trace_close(trace);
}

static void a_seed_repeats_what_2019_leaves_open(void **state) {
    (void)state;
    struct trd_sim_arrival first[50], second[50], third[50];
    const struct lab_trace_options other = {.seed = 8, .speed = 1.0};
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/invocations_per_function_md.anon.d01.csv", examples);
    struct lab_trace *trace = open_trace(path, NULL);
    const size_t count = read_all(trace, &plain, first, 50);
    assert_int_equal(count, lab_trace_summary(trace)->task_count);
    assert_int_equal(read_all(trace, &plain, second, 50), count);
    assert_int_equal(read_all(trace, &other, third, 50), count);
    assert_memory_equal(first, second, sizeof first);
    assert_memory_not_equal(first, third, sizeof first);
    lab_trace_close(trace);
}

static void speed_brings_tasks_sooner_and_parts_divide_them(void **state) {
    (void)state;
    struct trd_sim_arrival arrivals[2];
    const struct lab_trace_options options = {.speed = 4.0, .held_part = 0.25, .cpu_part = 0.5};
    struct lab_trace *trace = open_trace(file_with(0, HEAD_2021 "a,f,1,1\na,f,9,1\n"), NULL);
    assert_int_equal(read_all(trace, &options, arrivals, 2), 2);
    assert_int_equal(arrivals[1].at_ns, 2000000000);
    assert_int_equal(arrivals[1].service_ns, 1000000000);
    assert_int_equal(arrivals[1].held_ns, 250000000);
    assert_int_equal(arrivals[1].cpu_ns, 500000000);
    assert_int_equal(arrivals[1].wait_ns, 250000000);
    lab_trace_close(trace);
}

static void what_is_wrong_is_said_with_file_line_and_field(void **state) {
    (void)state;
    static const char good_durations[] = HEAD_DURATIONS "o,a,f,1,1,1,1,1,1,1,1,1,1,1\n";
    static const struct {
        const char *text, *durations;
        int line; /* 0: of no row */
        const char *says;
    } cases[] = {
        {"", NULL, 1, "empty"},
        {"time,size\n", NULL, 1, "not a trace of Azure Functions"},
        {HEAD_2021, NULL, 2, "no task"},
        {HEAD_2021 "a,f,1\n", NULL, 2, "3 fields where the first line names 4"},
        {HEAD_2021 "a,f,1,1\na,f,2,1,1\n", NULL, 3, "5 fields"},
        {HEAD_2021 "a,f,1,1\n\n\na,f,2,-1\n", NULL, 5,
         "'duration' must be a number of seconds from 0 to 1e+09, not '-1'"},
        {HEAD_2021 "a,f,1,nan\n", NULL, 2, "'duration'"},
        {HEAD_2021 "a,f,soon,1\n", NULL, 2, "'end_timestamp'"},
        {HEAD_2021 "a,f,1e300,1\n", NULL, 2, "'end_timestamp'"},
        {HEAD_2021 "a,f,1 ,1\n", NULL, 2, "'end_timestamp'"},
        {HEAD_2021 ",f,1,1\n", NULL, 2, "'app' must have 1 to 200 bytes, not 0"},
        {HEAD_2019 "o,a,f,http,1,-1,0\n", good_durations, 2, "'2' must be a number of invocations"},
        {HEAD_2019 "o,a,f,http,1,1.5,0\n", good_durations, 2, "'2' must be a whole number"},
        {HEAD_2019 "o,a,f,http,1,1\n", good_durations, 2, "6 fields"},
        {HEAD_2019 "o,a,f,http,0,0,0\n", good_durations, 3, "no task"},
        {"HashOwner,HashApp,HashFunction,Trigger,1,2,4\no,a,f,http,1,0,0\n", good_durations, 1,
         "a column '4', but none '3'"},
        {HEAD_2019 "o,a,f,http,1,0,0\n", HEAD_DURATIONS "o,a,f,1,1,1,1,-1,1,1,1,1,1,1\n", 2,
         "'percentile_Average_0' must be a number of milliseconds from 0"},
        {HEAD_2019 "o,a,f,http,1,0,0\n", HEAD_DURATIONS "o,a,f,1,1,1,1,1,2,3,2,5,6,7\n", 2,
         "'percentile_Average_50' must not be below the percentile before"},
        {HEAD_2019 "o,a,f,http,1,0,0\n", HEAD_DURATIONS "o,a,f,1,x,1,1,1,1,1,1,1,1,1\n", 2,
         "'Count'"},
        {HEAD_2019 "o,a,f,http,1,0,0\n", "HashOwner,HashApp,HashFunction,Average\n", 1,
         "no column 'Count'"},
        {HEAD_2019 "o,a,f,http,1,0,0\n", HEAD_DURATIONS "o,a,g,1,1,1,1,1,1,1,1,1,1,1\n", 0,
         "no durations of any function"},
        {HEAD_2019 "o,a,f,http,1,0,0\n", NULL, 0, "needs its durations"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lab_trace *trace;
        struct trd_error error;
        const char *path = file_with(0, cases[i].text);
        const char *durations = cases[i].durations ? file_with(1, cases[i].durations) : NULL;
        char where[128];
        assert_int_equal(lab_trace_open(path, durations, &trace, &error), -EINVAL);
        if (!strstr(error.message, cases[i].says)) {
            fail_msg("case %zu: '%s' is not in '%s'", i, cases[i].says, error.message);
        }
        (void)snprintf(where, sizeof where, "%s:%d: ",
                       strncmp(error.message, paths[0], strlen(paths[0])) == 0 ? paths[0]
                                                                               : paths[1],
                       cases[i].line);
        if (cases[i].line > 0 && strncmp(error.message, where, strlen(where)) != 0) {
            fail_msg("case %zu: '%s' does not begin with '%s'", i, error.message, where);
        }
        (void)forget_files(NULL); /* cannot fail */
    }
}

static void long_lines_zero_bytes_and_missing_files_are_refused(void **state) {
    (void)state;
    struct lab_trace *trace;
    struct trd_error error;
    char *text = malloc(100000);
    assert_non_null(text);
    (void)snprintf(text, 100000, HEAD_2021 "%090000d,f,1,1\n", 1);
    assert_int_equal(lab_trace_open(file_with(0, text), NULL, &trace, &error), -EINVAL);
    assert_non_null(strstr(error.message, ":2: the line holds a zero byte or is longer"));
    free(text);
    FILE *file = fopen(file_with(1, ""), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(HEAD_2021 "a\0,f,1,1\n", 1, sizeof HEAD_2021 + 8, file),
                     sizeof HEAD_2021 + 8);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(lab_trace_open(paths[1], NULL, &trace, &error), -EINVAL);
    assert_non_null(strstr(error.message, ":2: "));
    assert_int_equal(lab_trace_open("/nowhere/at/all", NULL, &trace, &error), -EINVAL);
    assert_non_null(strstr(error.message, "cannot open /nowhere/at/all"));
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(tasks_of_2021_arrive_in_order_of_their_starts, forget_files),
        cmocka_unit_test_teardown(rows_of_2021_may_stand_in_any_order, forget_files),
        cmocka_unit_test_teardown(an_app_is_a_client_and_a_function_a_class, forget_files),
        cmocka_unit_test_teardown(functions_beyond_the_clients_share_the_last_one, forget_files),
        cmocka_unit_test_teardown(counts_of_2019_are_spread_over_their_minutes, forget_files),
        cmocka_unit_test_teardown(functions_without_durations_take_the_mean_ones, forget_files),
        cmocka_unit_test_teardown(a_seed_repeats_what_2019_leaves_open, forget_files),
        cmocka_unit_test_teardown(speed_brings_tasks_sooner_and_parts_divide_them, forget_files),
        cmocka_unit_test_teardown(what_is_wrong_is_said_with_file_line_and_field, forget_files),
        cmocka_unit_test_teardown(long_lines_zero_bytes_and_missing_files_are_refused,
                                  forget_files),
    };
    assert(argc == 2);
    examples = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
