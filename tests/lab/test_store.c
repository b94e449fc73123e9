/* test_store.c - the study on disk: what goes in comes out, one writer at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/plan/design.h"
#include "lab/store/store.h"
#include "tests/lab/lane_fixture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    char top[64], dir[128];
    struct lab_lane lane;
    struct lab_plan plan;
    struct lab_store *store;
    struct trd_error error;
};

static void open_fixture(struct fixture *fixture) {
    const struct lab_design design = {.is_quick = true, .seed = 3, .cores = 2};

    strcpy(fixture->top, "treadle-store-XXXXXX");
    assert_non_null(mkdtemp(fixture->top));
    snprintf(fixture->dir, sizeof fixture->dir, "%s/a/study", fixture->top);
    lane_fixture_python(&fixture->lane, "CPython 3.11.2", false, true);
    lab_plan_init(&fixture->plan);
    assert_int_equal(lab_design_plan(&fixture->plan, &design, &fixture->lane, 1), 0);
    assert_int_equal(lab_store_create(&fixture->store, fixture->dir, &fixture->error), 0);
    assert_int_equal(lab_store_put_plan(fixture->store, &fixture->plan, &fixture->error), 0);
}

static void close_fixture(struct fixture *fixture) {
    static const char *const files[] = {"a/study/study.db",
                                        "a/study/study.db-wal",
                                        "a/study/study.db-shm",
                                        "a/study/study.lock",
                                        "a/study",
                                        "a",
                                        ""};

    lab_store_close(fixture->store);
    lab_plan_free(&fixture->plan);
    lab_lane_free(&fixture->lane);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", fixture->top, files[i]);
        (void)remove(path); /* some are there only while the database is open */
    }
}

static void put_run(struct fixture *fixture, size_t block, uint32_t cell, double wall_s,
                    enum lab_outcome outcome) {
    struct lab_raw_run run = lab_raw_run_empty();

    run.block_index = block;
    run.cell_index = cell;
    run.outcome = outcome;
    run.reason = outcome == LAB_OUTCOME_OK ? "" : "it broke";
    run.tasks = 10;
    run.wall_s = wall_s;
    run.latency = "[[1,10,0.5,0.6,0.75],[3,0,1,1,2]]";
    run.metrics = "{\"queue_max\":12,\"jain\":0.5,\"name\":\"no number\"}";
    assert_int_equal(lab_store_put_run(fixture->store, &run, &fixture->error), 0);
}

/* The first block of the plan with at least `cells` cells. */
static size_t block_with(const struct fixture *fixture, size_t cells) {
    size_t index = 0;

    while (fixture->plan.blocks[index].slot_count < cells) {
        index++;
    }
    return index;
}

static void the_plan_comes_back_as_it_was_put(void **state) {
    (void)state;
    struct fixture fixture;
    struct lab_plan back;
    open_fixture(&fixture);
    lab_plan_init(&back);
    assert_int_equal(lab_store_get_plan(fixture.store, &back, &fixture.error), 0);
    assert_int_equal(back.cell_count, fixture.plan.cell_count);
    assert_int_equal(back.group_count, fixture.plan.group_count);
    assert_int_equal(back.block_count, fixture.plan.block_count);
    assert_int_equal(back.slot_count, fixture.plan.slot_count);
    for (size_t i = 0; i < back.group_count; i++) {
        assert_string_equal(back.groups[i].name, fixture.plan.groups[i].name);
        assert_int_equal(back.groups[i].blocks, fixture.plan.groups[i].blocks);
        assert_int_equal(back.groups[i].rank, fixture.plan.groups[i].rank);
        assert_int_equal(back.groups[i].first_cell, fixture.plan.groups[i].first_cell);
        assert_float_equal(back.groups[i].seconds, fixture.plan.groups[i].seconds, 1e-9);
    }
    for (size_t i = 0; i < back.cell_count; i++) {
        assert_string_equal(back.cells[i].workload, fixture.plan.cells[i].workload);
        assert_string_equal(back.cells[i].params, fixture.plan.cells[i].params);
        assert_string_equal(back.cells[i].reason, fixture.plan.cells[i].reason);
        assert_float_equal(back.cells[i].scale, fixture.plan.cells[i].scale, 0.0);
        assert_float_equal(back.cells[i].limit_s, fixture.plan.cells[i].limit_s, 0.0);
    }
    for (size_t i = 0; i < back.block_count; i++) {
        assert_int_equal(back.blocks[i].group, fixture.plan.blocks[i].group);
        assert_true(back.blocks[i].seed == fixture.plan.blocks[i].seed);
    }
    assert_memory_equal(back.slots, fixture.plan.slots, back.slot_count * sizeof *back.slots);
    lab_plan_free(&back);
    close_fixture(&fixture);
}

static void a_run_comes_back_with_its_raw_samples(void **state) {
    (void)state;
    struct fixture fixture;
    struct lab_results results;
    open_fixture(&fixture);
    uint32_t cell = fixture.plan.slots[fixture.plan.blocks[0].first_slot];
    put_run(&fixture, 0, cell, 0.25, LAB_OUTCOME_OK);
    lab_results_init(&results);
    assert_int_equal(lab_store_load(fixture.store, &results, &fixture.error), 0);
    assert_int_equal(results.cell_count, fixture.plan.cell_count);
    assert_false(results.is_complete);
    const struct lab_cell *found = lab_results_cell(&results, (int64_t)cell + 1);
    assert_non_null(found);
    assert_int_equal(found->outcome, LAB_OUTCOME_OK);
    assert_int_equal(found->run_count, 1);
    const struct lab_run *run = &found->runs[0];
    assert_float_equal(run->wall_s, 0.25, 0.0);
    assert_true(isnan(run->cpu_s));
    assert_int_equal(run->latency_count, 2);
    assert_int_equal(run->latency[0].priority, 10);
    assert_float_equal(run->latency[0].end_s, 0.75, 1e-12);
    assert_float_equal(lab_run_metric(run, "queue_max"), 12.0, 0.0);
    assert_true(isnan(lab_run_metric(run, "name")));
    lab_results_free(&results);
    close_fixture(&fixture);
}

static void the_last_finished_attempt_of_a_block_counts(void **state) {
    (void)state;
    struct fixture fixture;
    struct lab_results results;
    open_fixture(&fixture);
    size_t index = block_with(&fixture, 2), again = fixture.plan.block_count;
    uint32_t first = fixture.plan.slots[fixture.plan.blocks[index].first_slot];
    uint32_t second = fixture.plan.slots[fixture.plan.blocks[index].first_slot + 1];
    put_run(&fixture, index, first, 1.0, LAB_OUTCOME_OK);
    put_run(&fixture, index, second, 1.0, LAB_OUTCOME_OK);
    assert_int_equal(lab_store_set_block(fixture.store, index, LAB_BLOCK_NOISY, &fixture.error), 0);
    lab_plan_repeat_block(&fixture.plan, index, 3);
    assert_int_equal(lab_store_add_block(fixture.store, &fixture.plan, &fixture.error), 0);
    put_run(&fixture, again, first, 2.0, LAB_OUTCOME_OK);

    lab_results_init(&results); /* the second attempt was begun, not finished */
    assert_int_equal(lab_store_load(fixture.store, &results, &fixture.error), 0);
    assert_float_equal(lab_results_cell(&results, (int64_t)first + 1)->runs[0].wall_s, 1.0, 0.0);
    assert_int_equal(results.selftest.noisy_blocks, 1);
    assert_int_equal(results.selftest.repeated_blocks, 0);
    lab_results_free(&results);

    put_run(&fixture, again, second, 2.0, LAB_OUTCOME_OK);
    assert_int_equal(lab_store_set_block(fixture.store, again, LAB_BLOCK_DONE, &fixture.error), 0);
    lab_results_init(&results);
    assert_int_equal(lab_store_load(fixture.store, &results, &fixture.error), 0);
    const struct lab_cell *cell = lab_results_cell(&results, (int64_t)first + 1);
    assert_int_equal(cell->run_count, 1);
    assert_float_equal(cell->runs[0].wall_s, 2.0, 0.0);
    assert_int_equal(cell->runs[0].attempt, 1);
    assert_int_equal(results.selftest.blocks, 1);
    assert_int_equal(results.selftest.noisy_blocks, 0);
    assert_int_equal(results.selftest.repeated_blocks, 1);
    lab_results_free(&results);
    close_fixture(&fixture);
}

static void a_cell_that_never_succeeds_has_its_last_runs_outcome(void **state) {
    (void)state;
    struct fixture fixture;
    struct lab_results results;
    open_fixture(&fixture);
    uint32_t cell = fixture.plan.slots[fixture.plan.blocks[0].first_slot];
    put_run(&fixture, 0, cell, 0.0, LAB_OUTCOME_CRASHED);
    lab_results_init(&results);
    assert_int_equal(lab_store_load(fixture.store, &results, &fixture.error), 0);
    const struct lab_cell *found = lab_results_cell(&results, (int64_t)cell + 1);
    assert_int_equal(found->outcome, LAB_OUTCOME_CRASHED);
    assert_string_equal(found->reason, "it broke");
    lab_results_free(&results);
    close_fixture(&fixture);
}

static void what_was_committed_is_there_when_the_study_comes_back(void **state) {
    (void)state;
    struct fixture fixture;
    bool has_run = false;
    char value[32];
    open_fixture(&fixture);
    uint32_t cell = fixture.plan.slots[fixture.plan.blocks[0].first_slot];
    put_run(&fixture, 0, cell, 0.25, LAB_OUTCOME_HUNG);
    assert_int_equal(lab_store_put_fact(fixture.store, "seed", "1", &fixture.error), 0);
    assert_int_equal(lab_store_put_fact(fixture.store, "seed", "42", &fixture.error), 0);
    lab_store_close(fixture.store);
    assert_int_equal(lab_store_resume(&fixture.store, fixture.dir, &fixture.error), 0);
    assert_int_equal(lab_store_has_run(fixture.store, 0, cell, &has_run, &fixture.error), 0);
    assert_true(has_run);
    assert_int_equal(lab_store_has_run(fixture.store, 1, cell, &has_run, &fixture.error), 0);
    assert_false(has_run);
    int hangs = 0;
    assert_int_equal(lab_store_count_hung(fixture.store, cell, &hangs, &fixture.error), 0);
    assert_int_equal(hangs, 1);
    assert_int_equal(lab_store_get_fact(fixture.store, "seed", value, sizeof value, &fixture.error),
                     0);
    assert_string_equal(value, "42");
    close_fixture(&fixture);
}

static void one_study_at_a_time_writes_to_a_folder(void **state) {
    (void)state;
    struct fixture fixture;
    struct lab_store *second = NULL;
    open_fixture(&fixture);
    assert_int_equal(lab_store_resume(&second, fixture.dir, &fixture.error), -EBUSY);
    assert_non_null(strstr(fixture.error.message, "in use by another study"));
    assert_int_equal(lab_store_read(&second, fixture.dir, &fixture.error), 0);
    lab_store_close(second);
    close_fixture(&fixture);
}

static void a_new_study_does_not_overwrite_an_old_one(void **state) {
    (void)state;
    struct fixture fixture;
    struct lab_store *second = NULL;
    open_fixture(&fixture);
    lab_store_close(fixture.store);
    fixture.store = NULL;
    assert_int_equal(lab_store_create(&second, fixture.dir, &fixture.error), -EEXIST);
    assert_non_null(strstr(fixture.error.message, "--resume"));
    close_fixture(&fixture);
}

static void a_file_that_is_no_study_is_refused(void **state) {
    (void)state;
    struct fixture fixture;
    struct lab_store *other = NULL;
    char path[160];
    open_fixture(&fixture);
    assert_int_equal(lab_store_read(&other, fixture.top, &fixture.error), -ENOENT);
    snprintf(path, sizeof path, "%s/study.db", fixture.top);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 200; i++) {
        fputs("this is not a database\n", file);
    }
    fclose(file);
    assert_int_equal(lab_store_read(&other, fixture.top, &fixture.error), -EBADMSG);
    assert_non_null(strstr(fixture.error.message, "not a study"));
    assert_int_equal(remove(path), 0);
    close_fixture(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_comes_back_as_it_was_put),
        cmocka_unit_test(a_run_comes_back_with_its_raw_samples),
        cmocka_unit_test(the_last_finished_attempt_of_a_block_counts),
        cmocka_unit_test(a_cell_that_never_succeeds_has_its_last_runs_outcome),
        cmocka_unit_test(what_was_committed_is_there_when_the_study_comes_back),
        cmocka_unit_test(one_study_at_a_time_writes_to_a_folder),
        cmocka_unit_test(a_new_study_does_not_overwrite_an_old_one),
        cmocka_unit_test(a_file_that_is_no_study_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
