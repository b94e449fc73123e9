/* fuzz_trace.c - a trace file may hold anything: it is read and replayed, or refused.
 *
 * Built two ways: with -fsanitize=fuzzer the library drives LLVMFuzzerTestOneInput(); as a test,
 * fuzz_main.c drives it with mutations of a good trace. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <treadle/policy.h>
#include <treadle/sim.h>

/* A file with these bytes; its path in `path`. */
static void write_file(const uint8_t *data, size_t size, char *path) {
    const int file = mkstemp(path);
    if (file < 0 || write(file, data, size) != (ssize_t)size || close(file)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[] = "/tmp/treadle-fuzz-XXXXXX";
    struct trd_trace trace;
    struct trd_error error;
    write_file(data, size, path);
    error.message[0] = '\0';
    const int failed = trd_trace_load(&trace, path, &error);
    (void)unlink(path); /* it was ours */
    if (failed) {
        if (failed == -EINVAL && error.message[0] == '\0') {
            abort(); /* refused without a word */
        }
        return 0;
    }
    struct trd_replay_report report;
    (void)trd_sim_replay(&trace, &report, &error); /* must return, whatever it finds */
    trd_trace_free(&trace);
    return 0;
}

static void put(struct trd_event *event, enum trd_event_kind kind, uint64_t now_ns) {
    *event = (struct trd_event){
        .now_ns = now_ns, .kind = (uint8_t)kind, .wanted = 2, .worker = TRD_WORKER_NONE};
}

/* Two workers, six tasks of three clients, a cancel, a task taken, a tick, new bounds and a
 * farewell. */
size_t fuzz_seed(uint8_t *data, size_t capacity) {
    struct trd_event events[32];
    size_t count = 0;
    char path[] = "/tmp/treadle-fuzz-XXXXXX";
    for (uint32_t worker = 0; worker < 2; worker++) {
        put(&events[count], TRD_EVENT_JOIN, 10);
        events[count++].worker = worker;
    }
    for (uint32_t i = 0; i < 6; i++) {
        put(&events[count], TRD_EVENT_SUBMIT, 20 + i);
        events[count].sequence = i + 1;
        events[count].flags = TRD_TASK_HAS_ATTR;
        events[count].client_index = i % 3;
        events[count++].u.submit.client = i % 3;
    }
    for (uint32_t worker = 0; worker < 2; worker++) {
        put(&events[count], TRD_EVENT_NEXT, 30);
        events[count].worker = worker;
        events[count].sequence = worker + 1;
        events[count++].answer = TRD_FATE_RUN;
    }
    put(&events[count], TRD_EVENT_CANCEL, 40);
    events[count++].sequence = 3;
    put(&events[count], TRD_EVENT_TAKE, 45);
    events[count].sequence = 4;
    events[count++].answer = TRD_FATE_RUN;
    put(&events[count], TRD_EVENT_FINISH, 47);
    events[count++].sequence = 4;
    for (uint32_t worker = 0; worker < 2; worker++) {
        put(&events[count], TRD_EVENT_FINISH, 50);
        events[count].worker = worker;
        events[count++].sequence = worker + 1;
    }
    put(&events[count], TRD_EVENT_TICK, 60);
    events[count++].u.tick.cores = 2.0;
    put(&events[count], TRD_EVENT_BOUNDS, 70);
    events[count].u.bounds.workers_min = 1;
    events[count++].u.bounds.workers_max = 2;
    const struct trd_trace trace = {.policy = "round_robin",
                                    .sizer = "fixed",
                                    .workers_min = 1,
                                    .workers_max = 2,
                                    .events = events,
                                    .count = count};
    const int file = mkstemp(path);
    if (file < 0 || close(file) || trd_trace_save(&trace, path)) {
        abort();
    }
    FILE *written = fopen(path, "rb");
    if (!written) {
        abort();
    }
    const size_t size = fread(data, 1, capacity, written);
    (void)fclose(written); /* only read */
    (void)unlink(path);    /* it was ours */
    struct trd_replay_report report;
    if (trd_sim_replay(&trace, &report, NULL) || !report.is_identical) {
        abort(); /* the mutations must start from something that goes all the way */
    }
    return size;
}
