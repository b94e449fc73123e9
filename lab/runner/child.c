/* child.c - starts a guard with its five pipes, and ends it. */
#include "lab/runner/child.h"

#include "lab/runner/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32, SAFE_FD = 16 };

enum pipe_name { PIPE_LIFELINE, PIPE_IN, PIPE_EVENTS, PIPE_ERR, PIPE_STATUS, PIPE_COUNT };

struct pipes {
    int ends[PIPE_COUNT][2]; /* read, write; -1: not open */
};

static void close_all(struct pipes *pipes) {
    for (int i = 0; i < PIPE_COUNT; i++) {
        for (int end = 0; end < 2; end++) {
            if (pipes->ends[i][end] >= 0) {
                close(pipes->ends[i][end]);
            }
        }
    }
}

/* Every end is closed on exec and lies above the numbers that the guard's descriptors will get. */
static int open_pipe(int *ends) {
    int low[2];

    if (pipe(low) != 0) {
        return -errno;
    }
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, SAFE_FD);
        close(low[i]);
    }
    return ends[0] < 0 || ends[1] < 0 ? -EMFILE : 0;
}

static int open_all(struct pipes *pipes) {
    int code = 0;

    memset(pipes->ends, -1, sizeof pipes->ends);
    for (int i = 0; code == 0 && i < PIPE_COUNT; i++) {
        code = open_pipe(pipes->ends[i]);
    }
    if (code != 0) {
        close_all(pipes);
    }
    return code;
}

/* In the forked child: puts every descriptor in its place and becomes the guard. Calls nothing but
 * what is safe after fork. */
static void become_guard(const struct pipes *pipes, const char *self, char *const *argv,
                         char *const *environment, bool is_stdout) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int events = pipes->ends[PIPE_EVENTS][1];

    if (dup2(pipes->ends[PIPE_IN][0], 0) < 0 || dup2(is_stdout ? events : null, 1) < 0 ||
        dup2(pipes->ends[PIPE_ERR][1], 2) < 0 || dup2(is_stdout ? null : events, 3) < 0 ||
        dup2(pipes->ends[PIPE_LIFELINE][0], LAB_GUARD_LIFELINE_FD) < 0 ||
        dup2(pipes->ends[PIPE_STATUS][1], LAB_GUARD_STATUS_FD) < 0) {
        _exit(127);
    }
    execve(self, argv, environment);
    _exit(127);
}

int lab_child_start(struct lab_child *child, const char *self, char *const *argv,
                    char *const *environment, bool is_stdout) {
    static char program[] = "treadle", guard[] = "guard", dashes[] = "--";
    char *all[ARGUMENTS_MAX] = {program, guard, dashes};
    struct pipes pipes;
    size_t count = 3;
    int code;

    *child = (struct lab_child){.lifeline = -1, .in = -1, .events = -1, .err = -1, .status = -1};
    for (size_t i = 0; argv[i] != NULL; i++) {
        if (count + 1 >= ARGUMENTS_MAX) {
            return -E2BIG;
        }
        all[count++] = argv[i];
    }
    code = open_all(&pipes);
    if (code != 0) {
        return code;
    }
    child->guard = fork();
    if (child->guard == 0) {
        become_guard(&pipes, self, all, environment, is_stdout);
    }
    if (child->guard < 0) {
        code = -errno;
        child->guard = 0;
        close_all(&pipes);
        return code;
    }
    child->lifeline = pipes.ends[PIPE_LIFELINE][1];
    child->in = pipes.ends[PIPE_IN][1];
    child->events = pipes.ends[PIPE_EVENTS][0];
    child->err = pipes.ends[PIPE_ERR][0];
    child->status = pipes.ends[PIPE_STATUS][0];
    close(pipes.ends[PIPE_LIFELINE][0]);
    close(pipes.ends[PIPE_IN][0]);
    close(pipes.ends[PIPE_EVENTS][1]);
    close(pipes.ends[PIPE_ERR][1]);
    close(pipes.ends[PIPE_STATUS][1]);
    return 0;
}

static void close_fd(int *fd) {
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

void lab_child_close_in(struct lab_child *child) {
    close_fd(&child->in);
}

void lab_child_end(struct lab_child *child, char *ended_by, size_t space) {
    ssize_t length = 0;

    ended_by[0] = '\0';
    if (child->guard == 0) {
        return;
    }
    close_fd(&child->in);
    close_fd(&child->lifeline);
    /* Read before waiting: the guard writes its line once everything is dead, then it ends. */
    do {
        length = read(child->status, ended_by, space - 1);
    } while (length < 0 && errno == EINTR);
    ended_by[length > 0 ? length : 0] = '\0';
    ended_by[strcspn(ended_by, "\n")] = '\0';
    while (waitpid(child->guard, NULL, 0) < 0 && errno == EINTR) {
    }
    close_fd(&child->events);
    close_fd(&child->err);
    close_fd(&child->status);
    child->guard = 0;
}
