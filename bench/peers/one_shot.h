/* one_shot.h - waiting for a job of an executor that has no futures: a mutex, a condition. */
#ifndef TREADLE_BENCH_ONE_SHOT_H
#define TREADLE_BENCH_ONE_SHOT_H

#include <pthread.h>
#include <stdbool.h>

#include "contestant.h"

struct one_shot {
    pthread_mutex_t mutex;
    pthread_cond_t is_over;
    bool has_run; /* mutex */
    struct job *job;
};

static inline void one_shot_run(void *arg) {
    struct one_shot *shot = (struct one_shot *)arg;
    shot->job->run(shot->job->arg);
    pthread_mutex_lock(&shot->mutex);
    shot->has_run = true;
    pthread_cond_signal(&shot->is_over);
    pthread_mutex_unlock(&shot->mutex);
}

static inline void one_shot_call(void (*submit)(struct job *job), struct job *job) {
    struct one_shot shot = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, job};
    struct job wrapped = {one_shot_run, &shot};
    submit(&wrapped);
    pthread_mutex_lock(&shot.mutex);
    while (!shot.has_run) {
        pthread_cond_wait(&shot.is_over, &shot.mutex);
    }
    pthread_mutex_unlock(&shot.mutex);
}

#endif
