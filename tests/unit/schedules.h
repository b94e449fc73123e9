/* schedules.h - a few threads under every interleaving of their steps.
 *
 * Each thread of a scene is a coroutine, and gives control away at the points that the code under
 * test passes (hooked_atomics.h). The scene is played again and again, each time with the next
 * schedule, until all have been tried that change threads at most so often where they need not
 * (M. Musuvathi and S. Qadeer, "Iterative context bounding", PLDI 2007). What is shown holds for
 * sequential consistency. */
#ifndef TESTS_UNIT_SCHEDULES_H
#define TESTS_UNIT_SCHEDULES_H

#include <stdbool.h>

enum { SCHEDULES_THREADS = 8 };

/* A thread sanitizer does not know coroutines. */
#if defined __SANITIZE_THREAD__
enum { SCHEDULES_ARE_POSSIBLE = 0 };
#elif defined __has_feature
enum { SCHEDULES_ARE_POSSIBLE = !__has_feature(thread_sanitizer) };
#else
enum { SCHEDULES_ARE_POSSIBLE = 1 };
#endif

struct schedules_scene {
    /** Alone, before every play: adds the threads. */
    void (*prepare)(void);
    /** Alone, whenever every thread is done or blocked, also when a wait is then cut short. May be
     * NULL. */
    void (*check)(void);
    /** Alone, after every play; it may add threads and call schedules_run(). May be NULL. */
    void (*finish)(void);
    /** From here on the thread-local variables are those of `thread`; -1: of nobody. May be NULL.
     */
    void (*become)(int thread);
    /** So often a thread is left that could go on: one less with TREADLE_TEST_SLOW, so many more as
     * TREADLE_TEST_SWITCHES says. */
    unsigned switches;
    unsigned timeouts; /* so many waits with an end are over too early */
};

/** Plays the scene under every schedule; returns how many there were. A play that goes wrong ends
 * the program, and prints the schedule. */
unsigned schedules_try_all(const struct schedules_scene *scene);

/** Adds a thread, and returns its number. */
int schedules_add(void (*run)(void *arg), void *arg);
/** The number of the running thread; -1: none of them. */
int schedules_self(void);
/** Is it over? */
bool schedules_is_done(int thread);
/** Runs all threads, one after the other, until all are done or blocked. Alone. */
void schedules_run(void);

/** Another thread may run here. Nothing outside of threads. */
void schedules_point(void);
/** Waits until `is_ready(arg)`; with `may_end`, perhaps not so long: then false. */
bool schedules_await(bool (*is_ready)(void *arg), void *arg, bool may_end);

/** What must be true in a play. */
#define schedules_must(condition)                                                                  \
    ((condition) ? (void)0 : schedules_fail(__FILE__, __LINE__, #condition))
_Noreturn void schedules_fail(const char *file, int line, const char *what);

#endif
