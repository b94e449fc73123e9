/* guard.c - keeps a cell's processes together and ends them all.
 *
 * No wake-up is lost: SIGCHLD is blocked but while pselect() waits, so a child that ends before the
 * wait interrupts it at once. The end of the lifeline is a state, not an event.
 */
#define _DEFAULT_SOURCE
#include "lab/runner/guard.h"

#include "lab/command/command.h"
#include "lab/command/say.h"
#include "lab/runner/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILL_ROUNDS_MAX = 2000 }; /* of 2 ms */

/* Its only purpose is to interrupt pselect(). */
static void on_child(int signal_number) {
    (void)signal_number;
}

/* Reaps whatever has ended. True when the program itself is among it. */
static bool reap(pid_t program, int *status_out) {
    bool has_ended = false;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == program) {
            *status_out = status;
            has_ended = true;
        }
    }
    return has_ended;
}

/* Until the program has ended (true) or the study has (false). */
static bool wait_for_end(pid_t program, const sigset_t *unblocked, int *status_out) {
    for (;;) {
        fd_set readable;
        char byte;

        if (reap(program, status_out)) {
            return true;
        }
        FD_ZERO(&readable);
        FD_SET(LAB_GUARD_LIFELINE_FD, &readable);
        if (pselect(LAB_GUARD_LIFELINE_FD + 1, &readable, NULL, NULL, NULL, unblocked) <= 0) {
            continue; /* a child has ended */
        }
        if (read(LAB_GUARD_LIFELINE_FD, &byte, 1) <= 0) {
            return false;
        }
    }
}

/* Again and again, for a process may fork while it is being killed. */
static void kill_everything(pid_t program, bool *has_ended, int *status_out) {
    const struct timespec pause = {.tv_nsec = 2000000};

    for (int round = 0; round < KILL_ROUNDS_MAX; round++) {
        if (lab_tree_kill(getpid()) == 0) {
            return;
        }
        (void)nanosleep(&pause, NULL); /* SIGKILL needs a moment; cut short is fine */
        if (reap(program, status_out)) {
            *has_ended = true;
        }
    }
}

static void run_program(char **argv, const sigset_t *before, pid_t guard) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a second line, should the guard itself be killed */
    if (getppid() != guard) {
        _exit(127);
    }
    (void)signal(SIGCHLD, SIG_DFL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, before, NULL);
    execvp(argv[0], argv);
    lab_say_error("cannot run %s: %s", argv[0], strerror(errno));
    _exit(127);
}

static void report(bool has_ended, int status) {
    char line[32];
    int length;

    if (!has_ended) {
        length = snprintf(line, sizeof line, "signal %d\n", SIGKILL);
    } else if (WIFSIGNALED(status)) {
        length = snprintf(line, sizeof line, "signal %d\n", WTERMSIG(status));
    } else {
        length = snprintf(line, sizeof line, "exit %d\n", WEXITSTATUS(status));
    }
    if (write(LAB_GUARD_STATUS_FD, line, (size_t)length) < 0) {
        return; /* nobody listens any more */
    }
}

int lab_guard_main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_child};
    sigset_t blocked, before;
    bool has_ended;
    int status = 0;
    pid_t self = getpid(), program;

    if (argc < 3 || strcmp(argv[1], "--") != 0 || fcntl(LAB_GUARD_LIFELINE_FD, F_GETFD) < 0) {
        lab_say_error("guard: the laboratory starts this command itself: use `treadle study`");
        return LAB_EXIT_USAGE;
    }
    (void)setsid(); /* Ctrl-C is the study's; it fails only for a group leader, which is as well */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)prctl(PR_SET_NAME, "treadle-guard"); /* what ps shows; started as /proc/self/exe */
    (void)fcntl(LAB_GUARD_LIFELINE_FD, F_SETFD, FD_CLOEXEC);
    (void)fcntl(LAB_GUARD_STATUS_FD, F_SETFD, FD_CLOEXEC);
    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    (void)sigaction(SIGCHLD, &action, NULL);

    program = fork();
    if (program == 0) {
        run_program(argv + 2, &before, self);
    }
    /* The program's ends must close when its processes have ended, not when the guard does. */
    close(0);
    close(1);
    close(3);
    has_ended = program > 0 && wait_for_end(program, &before, &status);
    kill_everything(program, &has_ended, &status);
    report(has_ended, status);
    return LAB_EXIT_OK;
}
