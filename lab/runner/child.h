/* child.h - a program under a guard: started, listened to, ended. */
#ifndef TREADLE_LAB_CHILD_H
#define TREADLE_LAB_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct lab_child {
    pid_t guard;  /* its descendants are the program and everything below; 0: not running */
    int lifeline; /* the guard ends everything when this is closed */
    int in;       /* write: the program's stdin */
    int events;   /* read: the program's descriptor 3, or its stdout; -1: closed */
    int err;      /* read: the program's stderr; -1: closed */
    int status;   /* read: how it ended */
};

/* Starts argv[0] (found on PATH) with `environment` under a guard, `self` being this program's own
 * path. `is_stdout` makes `events` its stdout and not its descriptor 3. 0 or -errno. */
int lab_child_start(struct lab_child *child, const char *self, char *const *argv,
                    char *const *environment, bool is_stdout);

/* Closes its stdin: the polite way to ask it to end. */
void lab_child_close_in(struct lab_child *child);

/* Kills whatever is left of it, waits for its guard and closes everything. `ended_by` gets "exit
 * 0", "signal 11", ...; "" when not known. Harmless when it does not run. */
void lab_child_end(struct lab_child *child, char *ended_by, size_t space);

#endif
