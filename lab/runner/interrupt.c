/* interrupt.c - the handler writes a byte into a pipe, so no wait can miss it. */
#include "lab/runner/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* Signal handlers have no argument: their state is the process's. */
static int ends[2] = {-1, -1};
static volatile sig_atomic_t is_set;

static void on_signal(int signal_number) {
    int before = errno;

    (void)signal_number;
    is_set = 1;
    if (write(ends[1], "!", 1) < 0) {
        is_set = 1; /* the pipe is full: then it is readable already */
    }
    errno = before;
}

int lab_interrupt_catch(void) {
    struct sigaction action = {.sa_handler = on_signal};

    if (ends[0] < 0) {
        if (pipe(ends) != 0) {
            return -errno;
        }
        for (int i = 0; i < 2; i++) {
            (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
            (void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
        }
    }
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0 ||
        sigaction(SIGHUP, &action, NULL) != 0) {
        return -errno;
    }
    return 0;
}

bool lab_interrupt_is_set(void) {
    return is_set != 0;
}

int lab_interrupt_fd(void) {
    return ends[0];
}
