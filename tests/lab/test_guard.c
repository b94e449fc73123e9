/* test_guard.c - nothing of a guarded program survives. argv[1] is the treadle command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/runner/child.h"
#include "lab/runner/conversation.h"
#include "lab/runner/tree.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static const char *treadle;

/* Three processes that would live for ever: a child, one in a session of its own, and an orphan. */
#define FAMILY                                                                                     \
    "sleep 1000 & echo $! >&3; setsid sleep 1000 & echo $! >&3; "                                  \
    "(sleep 1000 & echo $! >&3); echo end >&3; "
enum { FAMILY_SIZE = 3 };

static void start(struct lab_child *child, const char *script) {
    static char shell[] = "sh", flag[] = "-c";
    char text[1024];
    char *argv[] = {shell, flag, text, NULL};

    snprintf(text, sizeof text, "%s", script);
    assert_int_equal(lab_child_start(child, treadle, argv, environ, false), 0);
}

/* Reads the pids that the family prints. */
static void read_family(struct lab_child *child, pid_t *pids) {
    struct lab_conversation conversation;
    char *line;

    lab_conversation_open(&conversation, child);
    for (int i = 0; i <= FAMILY_SIZE; i++) {
        assert_int_equal(lab_conversation_hear(&conversation, lab_now_s() + 30.0, &line),
                         LAB_HEARD_LINE);
        if (i < FAMILY_SIZE) {
            pids[i] = (pid_t)strtol(line, NULL, 10);
            assert_int_equal(kill(pids[i], 0), 0);
        } else {
            assert_string_equal(line, "end");
        }
    }
    lab_conversation_close(&conversation);
}

static void assert_gone(const pid_t *pids) {
    for (int i = 0; i < FAMILY_SIZE; i++) {
        assert_int_equal(kill(pids[i], 0), -1);
        assert_int_equal(errno, ESRCH);
    }
}

static void ending_a_child_ends_its_whole_family(void **state) {
    (void)state;
    struct lab_child child;
    char ended_by[32];
    pid_t pids[FAMILY_SIZE];
    start(&child, FAMILY "wait");
    read_family(&child, pids);
    lab_child_end(&child, ended_by, sizeof ended_by);
    assert_string_equal(ended_by, "signal 9");
    assert_gone(pids);
}

static void a_program_that_ends_takes_its_family_with_it(void **state) {
    (void)state;
    struct lab_child child;
    char ended_by[32], status[32] = "";
    pid_t pids[FAMILY_SIZE];
    start(&child, FAMILY "exit 7");
    read_family(&child, pids);
    assert_true(read(child.status, status, sizeof status - 1) > 0); /* without being asked to end */
    assert_string_equal(status, "exit 7\n");
    assert_gone(pids);
    lab_child_end(&child, ended_by, sizeof ended_by);
}

static void how_a_program_ended_is_told(void **state) {
    (void)state;
    static const struct {
        const char *script, *ended_by;
    } cases[] = {{"exit 0", "exit 0"}, {"exit 3", "exit 3"}, {"kill -SEGV $$", "signal 11"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lab_child child;
        struct lab_conversation conversation;
        char ended_by[32], *line;
        start(&child, cases[i].script);
        lab_conversation_open(&conversation, &child);
        assert_int_equal(lab_conversation_hear(&conversation, lab_now_s() + 30.0, &line),
                         LAB_HEARD_END);
        lab_child_end(&child, ended_by, sizeof ended_by);
        lab_conversation_close(&conversation);
        assert_string_equal(ended_by, cases[i].ended_by);
    }
}

/* In a process of its own: starts a family, tells its pids and waits to be killed. */
static void be_a_study(int out) {
    struct lab_child child;
    pid_t pids[FAMILY_SIZE];

    start(&child, FAMILY "wait");
    read_family(&child, pids);
    if (write(out, pids, sizeof pids) != (ssize_t)sizeof pids) {
        _exit(1);
    }
    for (;;) {
        (void)pause(); /* until SIGKILL */
    }
}

static void killing_the_study_ends_the_family_within_two_seconds(void **state) {
    (void)state;
    const struct timespec pause_time = {.tv_nsec = 1000000};
    pid_t pids[FAMILY_SIZE], study;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    study = fork();
    if (study == 0) {
        close(ends[0]);
        be_a_study(ends[1]);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], pids, sizeof pids), sizeof pids);
    close(ends[0]);
    assert_int_equal(kill(study, SIGKILL), 0);
    assert_int_equal(waitpid(study, NULL, 0), study);
    double deadline_s = lab_now_s() + 2.0;
    for (int i = 0; i < FAMILY_SIZE; i++) {
        while (kill(pids[i], 0) == 0 && lab_now_s() < deadline_s) {
            (void)nanosleep(&pause_time, NULL);
        }
    }
    assert_gone(pids);
}

static void the_end_of_stderr_is_kept(void **state) {
    (void)state;
    struct lab_child child;
    struct lab_conversation conversation;
    char ended_by[32], *line;
    start(&child, "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; "
                  "echo last words >&2; exit 1");
    lab_conversation_open(&conversation, &child);
    assert_int_equal(lab_conversation_hear(&conversation, lab_now_s() + 30.0, &line),
                     LAB_HEARD_END);
    const char *words = lab_conversation_last_words(&conversation);
    assert_true(strlen(words) <= LAB_LAST_WORDS_MAX);
    assert_string_equal(words + strlen(words) - 11, "last words\n");
    lab_child_end(&child, ended_by, sizeof ended_by);
    lab_conversation_close(&conversation);
}

static void cpu_time_counts_children_that_have_ended(void **state) {
    (void)state;
    struct lab_child child;
    struct lab_conversation conversation;
    char ended_by[32], *line;
    start(&child, "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; "
                  "sleep 1000 & echo end >&3; wait");
    lab_conversation_open(&conversation, &child);
    assert_int_equal(lab_conversation_hear(&conversation, lab_now_s() + 60.0, &line),
                     LAB_HEARD_LINE);
    assert_true(lab_tree_cpu_s(child.guard) >= 0.03);
    struct lab_tree_memory memory = lab_tree_memory(child.guard);
    assert_true(memory.rss_peak_bytes > 100e3);
    assert_true(!(memory.pss_bytes > memory.rss_peak_bytes)); /* or not known */
    lab_child_end(&child, ended_by, sizeof ended_by);
    lab_conversation_close(&conversation);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ending_a_child_ends_its_whole_family),
        cmocka_unit_test(a_program_that_ends_takes_its_family_with_it),
        cmocka_unit_test(how_a_program_ended_is_told),
        cmocka_unit_test(killing_the_study_ends_the_family_within_two_seconds),
        cmocka_unit_test(the_end_of_stderr_is_kept),
        cmocka_unit_test(cpu_time_counts_children_that_have_ended),
    };

    if (argc < 2) {
        fprintf(stderr, "usage: test_guard TREADLE\n");
        return 2;
    }
    treadle = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
