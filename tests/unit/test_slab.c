/* test_slab.c - segments under every interleaving of a few takers and givers.
 *
 * The slab's own source is compiled here, with segments of a few slots, and each thread is a
 * coroutine (schedules.h). Whoever has a slot writes his mark into it, and finds it there until he
 * gives the slot back: so none is handed out twice, and no segment goes to the kernel that somebody
 * uses. In the end everything has gone back, the pool once and last. */
#include "tests/check.h"

#define TRD_SEGMENT_BYTES 1024
#define TRD_SEGMENTS_KEPT 0
#define STAGED_PAGE_BYTES TRD_SEGMENT_BYTES /* so that segments may be neighbours */
#include "tests/unit/staged_os.h"

#include "pool/slab.c"

enum {
    PLAYERS = 3,
    SIZE = 2,  /* of slots: three units */
    WHOLE = 5, /* slots of a segment */
    SLOTS = 20,
};

struct scene {
    void (*before)(void); /* alone */
    void (*play[PLAYERS])(void);
    unsigned switches;
};

static const struct scene *scene;
static struct trd_pool pool;
static bool is_pool_gone;
static struct trd__slab_hand hands[2];
static unsigned char *slots[SLOTS]; /* that somebody has, each of them one thread's */

static const struct trd_backend no_backend;

void trd__pool_unref(struct trd_pool *which) {
    schedules_must(which == &pool && !is_pool_gone);
    if (atomic_fetch_sub_explicit(&pool.reference_count, 1, memory_order_acq_rel) == 1) {
        is_pool_gone = true;
    }
}

static size_t slot_bytes(void) {
    return (size_t)(SIZE + 1) * TRD_SLAB_UNIT;
}

static void take(int hand, int number) {
    schedules_must(!slots[number]);
    unsigned char *slot = trd__slab_take(&pool, &hands[hand], SIZE);
    schedules_must(slot);
    for (int i = 0; i < SLOTS; i++) {
        schedules_must(slots[i] != slot);
    }
    memset(slot, 0x10 + number, slot_bytes());
    slots[number] = slot;
}

/* Gives `count` back at once, from `first` on. */
static void give(int first, uint32_t count) {
    void *together[SLOTS];
    for (uint32_t i = 0; i < count; i++) {
        unsigned char *slot = slots[(uint32_t)first + i];
        for (size_t at = 0; at < slot_bytes(); at++) {
            schedules_must(slot[at] == 0x10 + first + (int)i);
        }
        together[i] = slot;
        slots[(uint32_t)first + i] = NULL;
    }
    trd__slab_give(together, count);
}

static void player_main(void *number) {
    scene->play[*(const int *)number]();
}

static void prepare(void) {
    static int player_of[PLAYERS] = {0, 1, 2};
    staged_time_ns = TRD_NS_PER_S;
    static struct trd__guard_page page = {.is_wiped_on_fork = true}; /* nobody forks */
    memset(&pool, 0, sizeof pool);
    pool.guard.page = &page;
    memset(hands, 0, sizeof hands);
    memset(slots, 0, sizeof slots);
    pool.backend = &no_backend;
    pool.reference_count = 1;
    pool.slab.period_ns = staged_time_ns; /* so what is taken from here on is kept for a while */
    is_pool_gone = false;
    scene->before();
    for (int i = 0; i < PLAYERS; i++) {
        if (scene->play[i]) {
            (void)schedules_add(player_main, &player_of[i]); /* its number does not matter */
        }
    }
}

/* The pool ends, if no player has ended it; then what is left comes back. */
static void end_pool(void) {
    trd__slab_detach(&hands[0]);
    trd__slab_detach(&hands[1]);
    trd__slab_close(&pool.slab);
    trd__pool_unref(&pool);
}

static void finish(void) {
    if (!pool.slab.is_closed) {
        end_pool();
    }
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i]) {
            schedules_must(!is_pool_gone);
            give(i, 1);
        }
    }
    schedules_must(is_pool_gone);
    schedules_must(staged_blocks == 0);
    staged_pages_check();
    schedules_must(pool.slab.empty_count == 0 && !pool.slab.empty && !pool.slab.partial[SIZE]);
}

static void fill(void) {
    for (int i = 0; i < WHOLE; i++) {
        take(0, i);
    }
}

static void fill_and_leave(void) {
    fill();
    trd__slab_detach(&hands[0]);
}

/* It stands in the list of those that are a quarter free. */
static void fill_and_leave_two_free(void) {
    fill_and_leave();
    give(3, 2);
}

/* One is in use, another is free as a whole. */
static void fill_two_and_leave_one_empty(void) {
    fill();
    for (int i = WHOLE; i < 2 * WHOLE; i++) {
        take(1, i);
    }
    trd__slab_detach(&hands[0]);
    trd__slab_detach(&hands[1]);
    give(WHOLE, WHOLE);
}

/* Somebody trims from time to time. */
static void tend_fill_and_leave(void) {
    trd__slab_trim(&pool.slab, staged_time_ns, UINT32_MAX);
    fill_and_leave();
}

static void give_0_1(void) {
    give(0, 2);
}

static void give_0_to_4(void) {
    give(0, WHOLE);
}

static void give_0_then_1(void) {
    give(0, 1);
    give(1, 1);
}

static void give_2(void) {
    give(2, 1);
}

static void give_2_3(void) {
    give(2, 2);
}

static void give_2_to_4(void) {
    give(2, 3);
}

static void take_two(void) {
    take(0, 10);
    take(0, 11);
}

static void take_two_and_give_both(void) {
    take_two();
    give(10, 2);
}

static void take_one_and_leave(void) {
    take(0, 10);
    trd__slab_detach(&hands[0]);
}

static void take_and_give_and_leave(void) {
    take(0, 10);
    give(10, 1);
    trd__slab_detach(&hands[0]);
}

static void other_takes_one_and_leaves(void) {
    take(1, 15);
    trd__slab_detach(&hands[1]);
}

static void other_takes_and_gives(void) {
    take(1, 15);
    give(15, 1);
}

static void leave(void) {
    trd__slab_detach(&hands[0]);
}

/* In another period, and in the one after that. */
static void trim_twice(void) {
    trd__slab_trim(&pool.slab, staged_time_ns + TRD_SLAB_PERIOD_NS, UINT32_MAX);
    trd__slab_trim(&pool.slab, staged_time_ns + 2 * TRD_SLAB_PERIOD_NS, UINT32_MAX);
}

static void leave_for_good(void) {
    trd__slab_leave(&pool.slab, staged_time_ns + 3 * TRD_SLAB_PERIOD_NS);
}

static void go_to_sleep(void) {
    (void)trd__slab_has_spare(&pool.slab, staged_time_ns + 3 * TRD_SLAB_PERIOD_NS);
}

static void every_schedule(void **state) {
    (void)state;
    if (!SCHEDULES_ARE_POSSIBLE) {
        print_message("not under a thread sanitizer, which does not know coroutines\n");
        skip();
    }
    static const struct scene scenes[] = {
        /* Somebody takes, others give back. */
        {fill, {give_0_then_1, give_2_3, take_two}, 3},
        {fill, {give_0_1, give_2_to_4, take_two_and_give_both}, 3},
        {fill, {give_0_1, give_2_to_4, take_one_and_leave}, 3},
        /* The taker leaves it, and others may have it. */
        {fill, {give_0_1, leave, give_2_to_4}, 4},
        {fill, {give_0_to_4, leave, other_takes_one_and_leaves}, 3},
        {fill_and_leave, {give_0_1, give_2_to_4, take_two}, 3},
        {fill_and_leave, {give_0_1, give_2_to_4, take_and_give_and_leave}, 3},
        {fill_and_leave_two_free, {give_0_1, give_2, take_and_give_and_leave}, 3},
        {fill_and_leave_two_free, {take_one_and_leave, other_takes_one_and_leaves, give_0_1}, 3},
        {fill_and_leave_two_free, {take_two, other_takes_and_gives, give_0_then_1}, 3},
        /* What is free goes to the kernel. */
        {fill_and_leave, {give_0_1, give_2_to_4, trim_twice}, 3},
        {fill_two_and_leave_one_empty, {take_one_and_leave, give_0_to_4, trim_twice}, 3},
        {fill_and_leave_two_free, {give_0_1, give_2, trim_twice}, 3},
        {tend_fill_and_leave, {give_0_1, give_2_to_4, go_to_sleep}, 3},
        {tend_fill_and_leave, {give_0_to_4, trim_twice, leave_for_good}, 3},
        /* The pool ends while slots are out. */
        {fill, {give_0_1, give_2_to_4, end_pool}, 3},
        {fill_and_leave_two_free, {give_0_1, give_2, end_pool}, 4},
        {fill_two_and_leave_one_empty, {give_0_then_1, give_2_to_4, end_pool}, 3},
    };
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        scene = &scenes[i];
        const struct schedules_scene play = {
            .prepare = prepare,
            .finish = finish,
            .switches = scene->switches,
        };
        print_message("%u schedules\n", schedules_try_all(&play));
    }
}

static void nothing(void) {}

static void a_segment_comes_back_when_a_quarter_of_it_is_free(void **state) {
    (void)state;
    static const struct scene alone = {.before = nothing};
    scene = &alone;
    prepare();
    fill_and_leave();
    assert_int_equal(staged_blocks, 1);
    take(1, 10); /* out of another */
    assert_int_equal(staged_blocks, 2);
    give(0, 1);
    take(0, 0); /* out of the first */
    assert_int_equal(staged_blocks, 2);
    give_0_to_4();
    give(10, 1);
    finish();
}

/* Fills three segments, which are neighbours, and gives all back, the last one first. */
static void fill_three_and_give_all(void) {
    for (int i = 0; i < 3 * WHOLE; i++) {
        take(0, i);
    }
    trd__slab_detach(&hands[0]);
    for (int i = 2; i >= 0; i--) {
        give(i * WHOLE, WHOLE);
    }
}

static uint64_t later(unsigned periods) {
    return staged_time_ns += periods * (uint64_t)TRD_SLAB_PERIOD_NS;
}

static void while_somebody_trims_what_is_free_waits_and_goes_at_once(void **state) {
    (void)state;
    static const struct scene alone = {.before = nothing};
    scene = &alone;
    prepare();
    fill_three_and_give_all(); /* it was needed just now, so it stays */
    assert_int_equal(staged_blocks, 3);
    trd__slab_trim(&pool.slab, later(3), UINT32_MAX);
    assert_int_equal(staged_blocks, 0);
    fill_three_and_give_all();
    const unsigned gives = staged_gives;
    trd__slab_trim(&pool.slab, later(3), 2);
    assert_int_equal(staged_blocks, 1);
    assert_true(trd__slab_has_spare(&pool.slab, staged_time_ns));
    trd__slab_trim(&pool.slab, staged_time_ns, UINT32_MAX);
    assert_int_equal(staged_gives - gives, 2); /* two neighbours are one call */
    assert_int_equal(staged_blocks, 0);
    finish();
}

static void find_nothing_to_trim(void) {
    trd__slab_trim(&pool.slab, later(3), UINT32_MAX);
    assert_false(trd__slab_has_spare(&pool.slab, staged_time_ns));
}

static void leave_and_wait(void) {
    leave_for_good();
    (void)later(3);
}

/* Whoever has trimmed is at something else. */
static void wait_long(void) {
    (void)later(3);
}

static void unless_somebody_trims_what_is_free_and_not_needed_goes_back(void **state) {
    (void)state;
    static const struct scene alone = {.before = nothing};
    static void (*const ways[])(void) = {NULL, leave_and_wait, find_nothing_to_trim, wait_long};
    scene = &alone;
    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        prepare();
        trd__slab_trim(&pool.slab, staged_time_ns, UINT32_MAX);
        take(0, 0);
        trd__slab_detach(&hands[0]);
        if (ways[way]) {
            ways[way]();
        } else { /* it is needed no more, but somebody will trim */
            trd__slab_trim(&pool.slab, later(3), UINT32_MAX);
        }
        give(0, 1);
        assert_int_equal(staged_blocks, ways[way] ? 0 : 1);
        finish();
    }
}

/* Slots come back together, some of them neighbours: each is handed out once again. */
static void any_order_of_slots_comes_back(void **state) {
    (void)state;
    static const int orders[][WHOLE] = {
        {0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {3, 4, 0, 2, 1}, {0, 1, 3, 4, 2}, {2, 0, 4, 1, 3},
    };
    static const struct scene alone = {.before = nothing};
    scene = &alone;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        void *together[WHOLE];
        prepare();
        fill();
        for (int at = 0; at < WHOLE; at++) {
            together[at] = slots[orders[i][at]];
        }
        memset(slots, 0, sizeof slots);
        trd__slab_give(together, WHOLE);
        fill();
        assert_int_equal(staged_blocks, 1); /* all out of the same segment */
        give_0_to_4();
        finish();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_slots_comes_back),
        cmocka_unit_test(a_segment_comes_back_when_a_quarter_of_it_is_free),
        cmocka_unit_test(while_somebody_trims_what_is_free_waits_and_goes_at_once),
        cmocka_unit_test(unless_somebody_trims_what_is_free_and_not_needed_goes_back),
        cmocka_unit_test(every_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
