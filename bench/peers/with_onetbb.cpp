/* with_onetbb.cpp - oneTBB: a task arena without a place for the submitting thread. */
#include <memory>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include "one_shot.h"

namespace tbb = oneapi::tbb;

static std::unique_ptr<tbb::global_control> control;
static std::unique_ptr<tbb::task_arena> arena;

static void onetbb_open(unsigned workers, const char *option) {
    (void)option;
    control = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                    workers + 1);
    arena = std::make_unique<tbb::task_arena>(static_cast<int>(workers), 0u);
    arena->initialize();
}

static void onetbb_close(void) {
    arena.reset();
    control.reset();
}

static void onetbb_submit(struct job *job) {
    arena->enqueue([job] { job->run(job->arg); });
}

static void onetbb_call(struct job *job) {
    one_shot_call(onetbb_submit, job);
}

static void onetbb_spawn(struct job *job, size_t count) {
    tbb::task_group group; /* on the worker's own deque, unlike enqueue */
    for (size_t i = 0; i < count; i++) {
        group.run([job] { job->run(job->arg); });
    }
    group.wait();
}

extern "C" const struct contestant contestant = {
    "onetbb", onetbb_open, onetbb_close, onetbb_submit, onetbb_call,
    nullptr,  nullptr,     nullptr,      onetbb_spawn,  false,       false,
};
