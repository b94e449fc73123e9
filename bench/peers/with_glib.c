/* with_glib.c - GLib's GThreadPool, exclusive threads. */
#include <glib.h>

#include "one_shot.h"

static GThreadPool *pool;

static void glib_run(gpointer data, gpointer unused) {
    struct job *job = data;
    (void)unused;
    job->run(job->arg);
}

static void glib_open(unsigned workers, const char *option) {
    (void)option;
    pool = g_thread_pool_new(glib_run, NULL, (gint)workers, TRUE, NULL);
}

static void glib_close(void) {
    g_thread_pool_free(pool, FALSE, TRUE);
}

static void glib_submit(struct job *job) {
    g_thread_pool_push(pool, job, NULL);
}

static void glib_call(struct job *job) {
    one_shot_call(glib_submit, job);
}

const struct contestant contestant = {
    .name = "glib",
    .open = glib_open,
    .close = glib_close,
    .submit = glib_submit,
    .call = glib_call,
};
