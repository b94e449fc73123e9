/* test_plan.c - what a study is going to run: complete, randomised, repeatable, within its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/plan/design.h"
#include "tests/lab/lane_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct lab_lane lanes[2];
    struct lab_plan plan;
    struct lab_design design;
};

static void open_fixture(struct fixture *fixture, bool has_torch, bool has_extension) {
    lane_fixture_python(&fixture->lanes[0], "CPython 3.11.2", has_torch, has_extension);
    lane_fixture_native(&fixture->lanes[1]);
    lab_plan_init(&fixture->plan);
    fixture->design = (struct lab_design){.is_quick = true, .seed = 7, .cores = 2};
}

static void make(struct fixture *fixture) {
    assert_int_equal(lab_design_plan(&fixture->plan, &fixture->design, fixture->lanes, 2), 0);
}

static void close_fixture(struct fixture *fixture) {
    lab_plan_free(&fixture->plan);
    lab_lane_free(&fixture->lanes[0]);
    lab_lane_free(&fixture->lanes[1]);
}

static bool has_group(const struct lab_plan *plan, const char *name) {
    for (size_t i = 0; i < plan->group_count; i++) {
        if (strcmp(plan->groups[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static const struct lab_plan_group *group_named(const struct lab_plan *plan, const char *name) {
    for (size_t i = 0; i < plan->group_count; i++) {
        if (strcmp(plan->groups[i].name, name) == 0) {
            return &plan->groups[i];
        }
    }
    fail_msg("no group %s", name);
    abort();
}

/* The slots of one block of one group. */
static const uint32_t *slots_of(const struct lab_plan *plan, const struct lab_plan_group *group,
                                uint32_t block) {
    for (size_t i = 0; i < plan->block_count; i++) {
        if (&plan->groups[plan->blocks[i].group] == group && plan->blocks[i].block == block) {
            return plan->slots + plan->blocks[i].first_slot;
        }
    }
    fail_msg("no block %u of %s", block, group->name);
    abort();
}

static void every_block_holds_every_cell_of_its_group_once(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, true, true);
    make(&fixture);
    const struct lab_plan *plan = &fixture.plan;
    assert_true(plan->block_count > 100);
    for (size_t i = 0; i < plan->block_count; i++) {
        const struct lab_plan_block *block = &plan->blocks[i];
        const struct lab_plan_group *group = &plan->groups[block->group];
        assert_int_equal(block->slot_count, group->cell_count);
        uint64_t seen = 0;
        for (size_t slot = 0; slot < block->slot_count; slot++) {
            uint32_t place = plan->slots[block->first_slot + slot] - group->first_cell;
            assert_true(place < group->cell_count);
            seen |= UINT64_C(1) << place;
        }
        assert_true(seen == (UINT64_C(1) << group->cell_count) - 1);
    }
    close_fixture(&fixture);
}

static void a_group_has_its_next_block_only_when_all_groups_have_had_this_one(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, true, true);
    make(&fixture);
    for (size_t i = 1; i < fixture.plan.block_count; i++) {
        assert_true(fixture.plan.blocks[i].block >= fixture.plan.blocks[i - 1].block);
    }
    close_fixture(&fixture);
}

static void cells_come_in_another_order_in_every_block(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, true, true);
    make(&fixture);
    const struct lab_plan_group *group =
        group_named(&fixture.plan, "sizes/fibonacci/CPython 3.11.2");
    assert_int_equal(group->cell_count, 10); /* five sizes, adaptive, four sizes of processes */
    for (uint32_t block = 1; block < LAB_BLOCKS_QUICK; block++) {
        assert_memory_not_equal(slots_of(&fixture.plan, group, 0),
                                slots_of(&fixture.plan, group, block),
                                group->cell_count * sizeof(uint32_t));
    }
    close_fixture(&fixture);
}

static void two_cells_run_abba_over_two_blocks(void **state) {
    (void)state;
    struct fixture fixture;
    bool has_both_starts[2] = {false, false};
    open_fixture(&fixture, true, true);
    fixture.design.blocks = 24;
    make(&fixture);
    const struct lab_plan_group *group = group_named(&fixture.plan, "selftest/aa/1");
    assert_int_equal(group->cell_count, 2);
    for (uint32_t block = 0; block < 24; block += 2) {
        const uint32_t *first = slots_of(&fixture.plan, group, block);
        const uint32_t *second = slots_of(&fixture.plan, group, block + 1);
        assert_int_equal(first[0], second[1]);
        assert_int_equal(first[1], second[0]);
        has_both_starts[first[0] - group->first_cell] = true;
    }
    assert_true(has_both_starts[0] && has_both_starts[1]);
    close_fixture(&fixture);
}

static void the_seed_decides_everything(void **state) {
    (void)state;
    struct fixture one, same, other;
    open_fixture(&one, true, true);
    open_fixture(&same, true, true);
    open_fixture(&other, true, true);
    other.design.seed = 8;
    make(&one);
    make(&same);
    make(&other);
    size_t bytes = one.plan.slot_count * sizeof *one.plan.slots;
    assert_int_equal(one.plan.slot_count, same.plan.slot_count);
    assert_memory_equal(one.plan.slots, same.plan.slots, bytes);
    assert_int_equal(one.plan.blocks[3].seed, same.plan.blocks[3].seed);
    assert_memory_not_equal(one.plan.slots, other.plan.slots, bytes);
    close_fixture(&one);
    close_fixture(&same);
    close_fixture(&other);
}

static void a_repeated_block_comes_last_with_a_new_order_and_seed(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, true, true);
    make(&fixture);
    struct lab_plan *plan = &fixture.plan;
    size_t count = plan->block_count, index = 0;
    while (plan->blocks[index].slot_count < 6) {
        index++;
    }
    lab_plan_repeat_block(plan, index, 7);
    assert_int_equal(plan->block_count, count + 1);
    const struct lab_plan_block *old = &plan->blocks[index], *again = &plan->blocks[count];
    assert_int_equal(again->group, old->group);
    assert_int_equal(again->block, old->block);
    assert_int_equal(again->attempt, 1);
    assert_true(again->seed != old->seed);
    assert_memory_not_equal(plan->slots + again->first_slot, plan->slots + old->first_slot,
                            old->slot_count * sizeof *plan->slots);
    close_fixture(&fixture);
}

static void the_quick_design_fits_six_minutes_with_a_tenth_for_repeated_blocks(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, true, true);
    make(&fixture);
    double seconds = lab_plan_seconds(&fixture.plan);
    assert_true(seconds > 200.0);
    assert_true(seconds * (1.0 + LAB_REPEAT_SHARE) + LAB_FIXED_COST_S <= LAB_QUICK_BUDGET_S);
    for (size_t i = 0; i < fixture.plan.group_count; i++) {
        const struct lab_plan_group *group = &fixture.plan.groups[i];
        bool is_once = strncmp(group->name, "outcomes/", 9) == 0;
        assert_int_equal(group->blocks, is_once ? 1 : LAB_BLOCKS_QUICK);
    }
    close_fixture(&fixture);
}

static void what_cannot_run_is_kept_with_its_reason_and_gets_no_slot(void **state) {
    (void)state;
    struct fixture fixture;
    size_t skipped = 0;
    open_fixture(&fixture, false, true);
    make(&fixture);
    for (size_t i = 0; i < fixture.plan.cell_count; i++) {
        const struct lab_plan_cell *cell = &fixture.plan.cells[i];
        bool is_classify = strcmp(cell->workload, "classify") == 0;
        assert_int_equal(cell->is_skipped, is_classify);
        if (is_classify) {
            assert_string_equal(cell->reason, "it is not here");
            assert_string_equal(cell->install, "apt install it");
            skipped++;
        }
    }
    assert_int_equal(skipped, 4);
    for (size_t i = 0; i < fixture.plan.slot_count; i++) {
        assert_false(fixture.plan.cells[fixture.plan.slots[i]].is_skipped);
    }
    close_fixture(&fixture);
}

static void without_the_extension_sizes_are_those_of_the_standard_library(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, false, false);
    make(&fixture);
    const struct lab_plan_group *group = group_named(&fixture.plan, "sizes/http/CPython 3.11.2");
    const struct lab_plan_cell *cells = &fixture.plan.cells[group->first_cell];
    assert_string_equal(cells[0].executor, "stdlib-threads");
    assert_false(cells[0].is_skipped);
    assert_string_equal(cells[group->cell_count - 1].sizer, "adaptive");
    assert_true(cells[group->cell_count - 1].is_skipped);
    close_fixture(&fixture);
}

static void a_budget_never_goes_below_six_blocks_but_to_fewer_cells(void **state) {
    (void)state;
    static const double budgets[] = {100.0, 600.0, 7200.0, 200000.0};
    double before = 0.0;
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        struct fixture fixture;
        open_fixture(&fixture, false, true);
        fixture.design.is_quick = false;
        fixture.design.budget_s = budgets[i];
        make(&fixture);
        double seconds = lab_plan_seconds(&fixture.plan);
        assert_true(seconds <= budgets[i]);
        assert_true(seconds > before);
        before = seconds;
        for (size_t j = 0; j < fixture.plan.group_count; j++) {
            const struct lab_plan_group *group = &fixture.plan.groups[j];
            assert_true(group->blocks >= LAB_BLOCKS_QUICK || group->blocks == 1);
            assert_true(group->blocks <= LAB_BLOCKS_MAX);
        }
        assert_true(has_group(&fixture.plan, "executors/http/python/CPython 3.11.2"));
        assert_true(has_group(&fixture.plan, "selftest/planted"));
        close_fixture(&fixture);
    }
}

static void a_full_study_has_all_sizes_and_24_blocks(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, true, true);
    fixture.design.is_quick = false;
    make(&fixture);
    const struct lab_plan_group *group = group_named(&fixture.plan, "sizes/http/CPython 3.11.2");
    assert_int_equal(group->cell_count, 33); /* 1 to 32, and adaptive */
    assert_int_equal(group->blocks, 24);
    assert_true(has_group(&fixture.plan, "policies/0.8/cpu/CPython 3.11.2"));
    assert_true(has_group(&fixture.plan, "executors/classify/per-task/python/CPython 3.11.2"));
    close_fixture(&fixture);
}

static bool has_size(const struct lab_plan *plan, const struct lab_plan_group *group,
                     const char *executor, uint32_t workers) {
    for (uint32_t i = 0; i < group->cell_count; i++) {
        const struct lab_plan_cell *cell = &plan->cells[group->first_cell + i];
        if (strcmp(cell->executor, executor) == 0 && cell->workers == workers) {
            return true;
        }
    }
    return false;
}

static void the_number_of_cores_is_always_among_the_sizes(void **state) {
    (void)state;
    static const uint32_t cores[] = {6, 12, 48};
    for (size_t i = 0; i < 3; i++) {
        struct fixture fixture;
        open_fixture(&fixture, true, true);
        fixture.design.cores = cores[i];
        make(&fixture);
        const struct lab_plan_group *group =
            group_named(&fixture.plan, "sizes/fibonacci/CPython 3.11.2");
        assert_int_equal(group->cell_count, 12);
        assert_true(has_size(&fixture.plan, group, "treadle-threads", cores[i]));
        assert_true(has_size(&fixture.plan, group, "stdlib-processes", cores[i]));
        close_fixture(&fixture);
    }
}

static void a_function_of_the_users_takes_part_in_executors_and_sizes(void **state) {
    (void)state;
    static const char *const names[] = {"my_module:work"};
    static const uint32_t sizes[] = {1, 3};
    struct fixture fixture;
    open_fixture(&fixture, true, true);
    fixture.design.workloads = (struct lab_names){names, 1};
    fixture.design.sizes = sizes;
    fixture.design.size_count = 2;
    make(&fixture);
    assert_int_equal(
        group_named(&fixture.plan, "executors/my_module:work/python/CPython 3.11.2")->cell_count,
        4);
    assert_int_equal(group_named(&fixture.plan, "sizes/my_module:work/CPython 3.11.2")->cell_count,
                     4);
    assert_false(has_group(&fixture.plan, "outcomes/T5/io-lambda"));
    for (size_t i = 0; i < fixture.plan.cell_count; i++) {
        if (strcmp(fixture.plan.cells[i].workload, names[0]) == 0) {
            assert_string_equal(fixture.plan.cells[i].kind, "user");
        }
    }
    close_fixture(&fixture);
}

static void policies_meet_the_same_seed_in_a_block(void **state) {
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture, true, true);
    make(&fixture);
    const struct lab_plan_group *group =
        group_named(&fixture.plan, "policies/0.8/exp/CPython 3.11.2");
    assert_true(group->cell_count >= 4);
    for (uint32_t i = 0; i < group->cell_count; i++) {
        const struct lab_plan_cell *cell = &fixture.plan.cells[group->first_cell + i];
        assert_string_equal(cell->sizer, "fixed");
        assert_string_equal(cell->variant, "exp");
        assert_int_equal(cell->workers, 4);
        assert_true(cell->load > 0.79 && cell->load < 0.81);
    }
    close_fixture(&fixture);
}

static void nothing_left_to_run_is_said(void **state) {
    (void)state;
    static const char *const parts[] = {"policies"}, *const workloads[] = {"http"};
    struct fixture fixture;
    open_fixture(&fixture, true, true);
    fixture.design.parts = (struct lab_names){parts, 1};
    fixture.design.workloads = (struct lab_names){workloads, 1};
    assert_int_equal(lab_design_plan(&fixture.plan, &fixture.design, fixture.lanes, 2), -ENOENT);
    close_fixture(&fixture);
}

static void a_listing_of_another_protocol_is_refused(void **state) {
    (void)state;
    struct lab_lane lane;
    assert_int_equal(lab_lane_parse(&lane, "{\"protocol\":2}", "python3"), -EINVAL);
    assert_int_equal(lab_lane_parse(&lane, "Traceback (most recent call last):", "python3"),
                     -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_holds_every_cell_of_its_group_once),
        cmocka_unit_test(a_group_has_its_next_block_only_when_all_groups_have_had_this_one),
        cmocka_unit_test(cells_come_in_another_order_in_every_block),
        cmocka_unit_test(two_cells_run_abba_over_two_blocks),
        cmocka_unit_test(the_seed_decides_everything),
        cmocka_unit_test(a_repeated_block_comes_last_with_a_new_order_and_seed),
        cmocka_unit_test(the_quick_design_fits_six_minutes_with_a_tenth_for_repeated_blocks),
        cmocka_unit_test(what_cannot_run_is_kept_with_its_reason_and_gets_no_slot),
        cmocka_unit_test(without_the_extension_sizes_are_those_of_the_standard_library),
        cmocka_unit_test(a_budget_never_goes_below_six_blocks_but_to_fewer_cells),
        cmocka_unit_test(a_full_study_has_all_sizes_and_24_blocks),
        cmocka_unit_test(the_number_of_cores_is_always_among_the_sizes),
        cmocka_unit_test(a_function_of_the_users_takes_part_in_executors_and_sizes),
        cmocka_unit_test(policies_meet_the_same_seed_in_a_block),
        cmocka_unit_test(nothing_left_to_run_is_said),
        cmocka_unit_test(a_listing_of_another_protocol_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
