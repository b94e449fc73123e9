/* native_fibonacci.c - recursive Fibonacci numbers: what the Python workload of this name costs
 * without an interpreter. */
#include "lab/workload/native.h"

#include <errno.h>
#include <stdlib.h>

enum { FIBONACCI_N = 21, FIBONACCI_TIMES = 20 };

struct fibonacci_state {
    uint64_t times, wanted;
};

/* By the definition, exponentially many calls. */
static uint64_t fibonacci(uint64_t n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static uint64_t known(uint64_t n) {
    uint64_t a = 0, b = 1;
    for (; n > 0; n--) {
        const uint64_t next = a + b;
        a = b;
        b = next;
    }
    return a;
}

static int fibonacci_open(const struct lab_native_spec *spec, void **state_out, char *reason) {
    (void)reason; /* only memory can be short, and -ENOMEM says so */
    struct fibonacci_state *state = malloc(sizeof *state);
    if (!state) {
        return -ENOMEM;
    }
    state->times = (uint64_t)(FIBONACCI_TIMES * spec->scale + 0.5);
    state->wanted = state->times * known(FIBONACCI_N);
    *state_out = state;
    return 0;
}

static void fibonacci_work(struct lab_native_task *task) {
    const struct fibonacci_state *state = task->state;
    for (uint64_t i = 0; i < state->times; i++) {
        volatile uint64_t n = FIBONACCI_N; /* or the compiler would compute it once for all */
        task->result += fibonacci(n);
    }
}

static bool fibonacci_verify(const struct lab_native_task *task) {
    const struct fibonacci_state *state = task->state;
    return task->result == state->wanted;
}

const struct lab_native_workload lab_native_fibonacci = {
    .name = "fibonacci",
    .kind = "cpu",
    .summary = "recursive Fibonacci numbers in C",
    .open = fibonacci_open,
    .work = fibonacci_work,
    .verify = fibonacci_verify,
    .close = free,
};
