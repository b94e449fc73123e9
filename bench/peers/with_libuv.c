/* with_libuv.c - libuv's thread pool. Work is queued by a loop, which hears of its end; a loop
 * belongs to one thread, so every producer has one, and every job a request of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "contestant.h"

struct request {
    uv_work_t work;
    struct job *job;
};

static _Thread_local uv_loop_t loop;
static _Thread_local bool has_loop;
static _Thread_local size_t pending;

static void libuv_open(unsigned workers, const char *option) {
    char text[16];
    (void)option;
    (void)snprintf(text, sizeof text, "%u", workers);
    (void)setenv("UV_THREADPOOL_SIZE", text, 1);
}

static void libuv_close(void) {}

static void request_run(uv_work_t *work) {
    struct job *job = ((struct request *)work->data)->job;
    job->run(job->arg);
}

static void request_end(uv_work_t *work, int status) {
    (void)status;
    pending--;
    free(work->data);
}

static void libuv_submit(struct job *job) {
    struct request *request = malloc(sizeof *request);
    if (!request || (!has_loop && uv_loop_init(&loop) != 0)) {
        exit(2);
    }
    has_loop = true;
    request->job = job;
    request->work.data = request;
    pending++;
    if (uv_queue_work(&loop, &request->work, request_run, request_end) != 0) {
        exit(2);
    }
}

static void libuv_poll(void) {
    (void)uv_run(&loop, UV_RUN_NOWAIT);
}

static void libuv_call(struct job *job) {
    libuv_submit(job);
    while (pending > 0) {
        (void)uv_run(&loop, UV_RUN_ONCE);
    }
}

static void libuv_settle(void) {
    while (pending > 0) {
        (void)uv_run(&loop, UV_RUN_DEFAULT);
    }
    (void)uv_loop_close(&loop);
    has_loop = false;
}

const struct contestant contestant = {
    .name = "libuv",
    .open = libuv_open,
    .close = libuv_close,
    .submit = libuv_submit,
    .call = libuv_call,
    .settle = libuv_settle,
    .poll = libuv_poll,
    .has_no_inner_submit = true,
};
