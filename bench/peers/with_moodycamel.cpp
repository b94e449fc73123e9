/* with_moodycamel.cpp - what one builds oneself: threads that wait at a moodycamel queue. */
#include <thread>
#include <vector>

#if __has_include(<concurrentqueue/moodycamel/blockingconcurrentqueue.h>)
#include <concurrentqueue/moodycamel/blockingconcurrentqueue.h>
#else
#include <concurrentqueue/blockingconcurrentqueue.h>
#endif

#include "one_shot.h"

static moodycamel::BlockingConcurrentQueue<struct job *> queue;
static std::vector<std::thread> threads;

static void work() {
    for (;;) {
        struct job *job = nullptr;
        queue.wait_dequeue(job);
        if (job == nullptr) {
            return;
        }
        job->run(job->arg);
    }
}

static void moodycamel_open(unsigned workers, const char *option) {
    (void)option;
    for (unsigned i = 0; i < workers; i++) {
        threads.emplace_back(work);
    }
}

static void moodycamel_close(void) {
    for (size_t i = 0; i < threads.size(); i++) {
        queue.enqueue(nullptr);
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    threads.clear();
}

static void moodycamel_submit(struct job *job) {
    queue.enqueue(job);
}

static void moodycamel_call(struct job *job) {
    one_shot_call(moodycamel_submit, job);
}

extern "C" const struct contestant contestant = {
    "moodycamel",    moodycamel_open, moodycamel_close, moodycamel_submit,
    moodycamel_call, nullptr,         nullptr,          nullptr,
    nullptr,         false,           false,
};
