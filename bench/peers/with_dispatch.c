/* with_dispatch.c - libdispatch's global queue, which has a worker for each core. */
#include <dispatch/dispatch.h>

#include "contestant.h"

static dispatch_queue_t queue;

static void dispatch_open(unsigned workers, const char *option) {
    (void)workers; /* it decides itself */
    (void)option;
    queue = dispatch_get_global_queue(DISPATCH_QUEUE_PRIORITY_DEFAULT, 0);
}

static void dispatch_close(void) {}

static void dispatch_run(void *arg) {
    struct job *job = arg;
    job->run(job->arg);
}

static void dispatch_submit(struct job *job) {
    dispatch_async_f(queue, job, dispatch_run);
}

static void dispatch_call(struct job *job) {
    dispatch_group_t group = dispatch_group_create();
    dispatch_group_async_f(group, queue, job, dispatch_run);
    (void)dispatch_group_wait(group, DISPATCH_TIME_FOREVER); /* for ever: it cannot time out */
    dispatch_release(group);
}

const struct contestant contestant = {
    .name = "dispatch",
    .open = dispatch_open,
    .close = dispatch_close,
    .submit = dispatch_submit,
    .call = dispatch_call,
};
