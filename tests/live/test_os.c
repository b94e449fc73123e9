/* test_os.c - locks, sleeping and waking, clocks, cores, turns on them. */
#define _DEFAULT_SOURCE /* syscall() */
#include <treadle/clock.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/cpu.h"
#include "os/cpu_load.h"
#include "os/cputime.h"
#include "os/lock.h"
#include "os/park.h"
#include "os/thread.h"
#include "tests/check.h"

enum { THREADS = 4, ROUNDS = 20000 };

struct shared {
    struct trd__lock lock;
    uint64_t number; /* lock */
};

static void *add_under_lock(void *arg) {
    struct shared *shared = arg;
    for (int i = 0; i < ROUNDS; i++) {
        trd__lock_take(&shared->lock);
        shared->number++;
        trd__lock_give(&shared->lock);
    }
    return NULL;
}

static void a_lock_lets_one_in_at_a_time(void **state) {
    (void)state;
    struct shared shared = {0};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, add_under_lock, &shared), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(shared.number, THREADS * ROUNDS);
}

static void a_wake_up_before_the_sleep_is_kept(void **state) {
    (void)state;
    struct trd__park park = {0};
    trd__park_wake(&park);
    trd__park_wake(&park);
    assert_true(trd__park_sleep(&park, 0, TRD_FOREVER));
    assert_false(trd__park_sleep(&park, 5, trd_clock_now_ns())); /* two were one */
    trd__park_wake(&park);
    assert_true(trd__park_sleep(&park, 5, trd_clock_now_ns()));
}

/* Two threads that wake each other in turn. */
struct ping_pong {
    struct trd__park park[2];
    uint64_t turns; /* written by whose turn it is */
    uint32_t spins;
};

static void *pong(void *arg) {
    struct ping_pong *game = arg;
    for (int i = 0; i < ROUNDS; i++) {
        (void)trd__park_sleep(&game->park[1], game->spins, TRD_FOREVER); /* for ever: is woken */
        game->turns++;
        trd__park_wake(&game->park[0]);
    }
    return NULL;
}

static void no_wake_up_is_lost(void **state) {
    (void)state;
    for (uint32_t spins = 0; spins <= 100; spins += 100) {
        struct ping_pong game = {.spins = spins};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, pong, &game), 0);
        for (int i = 0; i < ROUNDS; i++) {
            game.turns++;
            trd__park_wake(&game.park[1]);
            assert_true(trd__park_sleep(&game.park[0], spins, TRD_FOREVER));
        }
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(game.turns, 2 * ROUNDS);
    }
}

static void an_event_that_was_raised_does_not_let_sleep(void **state) {
    (void)state;
    struct trd__event event = {0};
    const uint32_t number = trd__event_number(&event);
    assert_int_equal(trd__event_wait(&event, number, trd_clock_now_ns()), -ETIMEDOUT);
    trd__event_raise(&event);
    assert_int_equal(trd__event_wait(&event, number, TRD_FOREVER), 0);
}

static void deadlines_do_not_wrap(void **state) {
    (void)state;
    assert_true(trd__deadline_ns(5, 7) == 12);
    assert_true(trd__deadline_ns(5, TRD_FOREVER) == TRD_FOREVER);
    assert_true(trd__deadline_ns(5, TRD_FOREVER - 1) == TRD_FOREVER);
}

static void a_thread_uses_cpu_time_and_there_are_cores(void **state) {
    (void)state;
    struct trd__cputime cputime;
    uint64_t before = 0, after = 0;
    assert_true(trd__cputime_open(&cputime));
    assert_true(trd__cputime_read(&cputime, &before));
    while (after <= before) { /* ends when this thread has used some */
        assert_true(trd__cputime_read(&cputime, &after));
    }
    assert_true(trd__cpu_cores() > 0.0);
    const uint64_t now_ns = trd_clock_now_ns();
    assert_true(trd_clock_now_ns() >= now_ns);
}

enum { PATIENCE = 3000 }; /* rounds of 10 ms */

/* Computes until told to stop. */
struct burner {
    struct trd__cputime cputime;
    atomic_bool is_ready, is_over;
};

static void *burn(void *arg) {
    struct burner *burner = arg;
    assert_true(trd__cputime_open(&burner->cputime));
    atomic_store(&burner->is_ready, true);
    while (!atomic_load(&burner->is_over)) {
    }
    return NULL;
}

static void sleep_10_ms(void) {
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    (void)nanosleep(&pause, NULL); /* shorter is as good */
}

static void threads_that_share_a_processor_are_seen_to_wait_for_it(void **state) {
    (void)state;
    enum { BURNERS = 9 }; /* more than there are processors, or than some are lucky */
    static struct burner burners[BURNERS];
    pthread_t threads[BURNERS];
    uint64_t ready_ns = 0;
    for (int i = 0; i < BURNERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, burn, &burners[i]), 0);
    }
    if (trd__cpu_cores() >= BURNERS) {
        print_message("[  SKIPPED ] more processors than threads: nobody has to wait\n");
    } else {
        for (int round = 0; round < PATIENCE && ready_ns == 0; round++) {
            sleep_10_ms();
            for (int i = 0; i < BURNERS && ready_ns == 0; i++) {
                if (atomic_load(&burners[i].is_ready)) {
                    assert_true(trd__cputime_read_ready(&burners[i].cputime, &ready_ns));
                }
            }
        }
        assert_true(ready_ns > 0);
    }
    for (int i = 0; i < BURNERS; i++) {
        atomic_store(&burners[i].is_over, true);
    }
    for (int i = 0; i < BURNERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

static void another_process_that_computes_takes_cores_away(void **state) {
    (void)state;
    struct trd__cpu_load load = {0};
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (;;) {
        }
    }
    bool is_less = false;
    for (int round = 0; round < PATIENCE && !is_less; round++) {
        const double available = trd__cpu_available(&load);
        assert_true(available > 0.0 && available <= trd__cpu_cores());
        is_less = load.others > 0.2;
        sleep_10_ms();
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(is_less);
}

/* The calling thread's, as the kernel tells them: size and policy, flags, nice value and priority,
 * length of a turn, and what belongs to deadlines. */
struct turns {
    uint64_t word[6];
};

static struct turns turns_read(void) {
    struct turns turns = {{0}};
    assert_int_equal(syscall(SYS_sched_getattr, 0, &turns, sizeof turns, 0), 0);
    return turns;
}

static void *be_prompt_and_polite(void *unused) {
    (void)unused;
    assert_int_equal(setpriority(PRIO_PROCESS, 0, 3), 0); /* on Linux the thread's own */
    struct turns expected = turns_read();
    trd__thread_be_prompt();
    /* A kernel before 6.12 says 0, and leaves it. */
    expected.word[3] = expected.word[3] < 500000 ? expected.word[3] : 500000;
    const struct turns turns = turns_read();
    assert_memory_equal(&turns, &expected, sizeof turns);
    trd__thread_be_prompt();
    const struct turns again = turns_read();
    assert_memory_equal(&again, &expected, sizeof again);
    return NULL;
}

static void *be_prompt_with_another_policy(void *unused) {
    (void)unused;
    enum { BATCH = 3 }; /* SCHED_BATCH, which has a name for GNU programs only */
    const struct sched_param param = {0};
    assert_int_equal(pthread_setschedparam(pthread_self(), BATCH, &param), 0);
    const struct turns expected = turns_read();
    trd__thread_be_prompt();
    const struct turns turns = turns_read();
    assert_memory_equal(&turns, &expected, sizeof turns);
    return NULL;
}

static void a_prompt_thread_has_shorter_turns_and_is_otherwise_as_it_was(void **state) {
    (void)state;
    static void *(*const bodies[])(void *) = {be_prompt_and_polite, be_prompt_with_another_policy};
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, bodies[i], NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_lets_one_in_at_a_time),
        cmocka_unit_test(a_wake_up_before_the_sleep_is_kept),
        cmocka_unit_test(no_wake_up_is_lost),
        cmocka_unit_test(an_event_that_was_raised_does_not_let_sleep),
        cmocka_unit_test(deadlines_do_not_wrap),
        cmocka_unit_test(a_thread_uses_cpu_time_and_there_are_cores),
        cmocka_unit_test(threads_that_share_a_processor_are_seen_to_wait_for_it),
        cmocka_unit_test(a_prompt_thread_has_shorter_turns_and_is_otherwise_as_it_was),
        cmocka_unit_test(another_process_that_computes_takes_cores_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
