/* with_openmp.c - OpenMP tasks, of whichever compiler builds this (GNU's runtime or LLVM's). Tasks
 * belong to a team: producers are its first threads, the others run what there is. */
#include <omp.h>

#include "contestant.h"

static unsigned workers;

static void openmp_open(unsigned count, const char *option) {
    (void)option;
    workers = count;
    omp_set_dynamic(0);
}

static void openmp_close(void) {}

static void openmp_submit(struct job *job) {
#pragma omp task firstprivate(job)
    job->run(job->arg);
}

static void openmp_call(struct job *job) {
    openmp_submit(job);
#pragma omp taskwait
}

static void openmp_produce(unsigned producers, void (*body)(void *arg), void *arg) {
#pragma omp parallel num_threads((int)(workers + producers))
    {
        if ((unsigned)omp_get_thread_num() < producers) {
            body(arg);
        }
    } /* the barrier at the end runs what is left */
}

const struct contestant contestant = {
#ifdef __clang__
    .name = "llvm_openmp",
#else
    .name = "gnu_openmp",
#endif
    .open = openmp_open,
    .close = openmp_close,
    .submit = openmp_submit,
    .call = openmp_call,
    .produce = openmp_produce,
    .runs_in_submit = true,
};
