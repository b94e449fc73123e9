/* envoy.c - compares run times with those at a handful of workers, and looks anew now and then.
 *
 * Idea: at `probe` workers tasks hardly hinder each other; 50 of them give the least run time. From
 * then on the size is multiplied, window by window, by that time (with a buffer of a quarter) over
 * the present one, between 0.5 and 2, and gets its square root on top. After five windows at the
 * smallest size the least time is out of date and is taken again; else from time to time.
 * Source: Envoy, adaptive concurrency filter, gradient controller.
 * Does badly: every probe costs what is lost at three workers while 50 tasks end; means of run
 * times stand for Envoy's medians, so that a few long tasks weigh more.
 * Cost: O(1).
 */
#include "base/sizing.h"

#define PERIOD_NS UINT64_C(10000000)
#define BUFFER 1.25
#define JITTER 0.15

#include <treadle/rng.h>

enum { ENVOY_WINDOW = 50, ENVOY_STUCK = 5 };

struct envoy {
    struct trd__window window;
    double size, size_before; /* before: what to return to after the probe */
    double least_ns;          /* 0: probing */
    uint32_t stuck;           /* windows at the smallest size in a row */
    uint64_t probe_at_ns;
    struct trd_rng rng;
};

static void envoy_open(const struct trd_sizer_env *env) {
    struct envoy *envoy = env->state;
    trd_rng_init(&envoy->rng, 0);
}

static void envoy_probe(struct envoy *envoy, double probe) {
    envoy->least_ns = 0.0;
    envoy->stuck = 0;
    envoy->size_before = envoy->size;
    envoy->size = probe;
}

static void envoy_window(struct envoy *envoy, const struct trd_sizer_env *env,
                         const struct trd_sample *sample) {
    const double probe = env->params[0];
    const double run_ns = trd__window_run_ns(&envoy->window);
    if (envoy->least_ns <= 0.0) {
        const double wait_s = env->params[1] * (1.0 + JITTER * trd_rng_double(&envoy->rng));
        envoy->least_ns = run_ns;
        envoy->size = envoy->size_before;
        envoy->probe_at_ns = sample->now_ns + (uint64_t)(wait_s * 1e9);
        return;
    }
    const double gradient = fmax(0.5, fmin(2.0, BUFFER * envoy->least_ns / run_ns));
    const double next = envoy->size * gradient;
    envoy->size = fmin(fmax(next + sqrt(next), probe), sample->workers_max);
    envoy->stuck = envoy->size <= probe ? envoy->stuck + 1 : 0;
    if (envoy->stuck >= ENVOY_STUCK || sample->now_ns >= envoy->probe_at_ns) {
        envoy_probe(envoy, probe);
    }
}

static uint32_t envoy_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    struct envoy *envoy = env->state;
    if (sample->cause == TRD_CAUSE_OPEN) {
        if (envoy->size <= 0.0) {
            envoy->size = env->params[0];
            envoy_probe(envoy, env->params[0]);
        }
        return trd__size(envoy->size, sample);
    }
    trd__window_add(&envoy->window, sample);
    if (envoy->window.finished >= ENVOY_WINDOW) {
        envoy_window(envoy, env, sample);
        envoy->window = (struct trd__window){0};
    }
    return trd__size(envoy->size, sample);
}

static const struct trd_param envoy_params[] = {
    {"probe", "workers at which the least run time is measured", 3.0, 1.0, 1000.0},
    {"interval", "seconds between measurements of it, and up to 15 % more", 60.0, 0.1, 86400.0},
    {0},
};

const struct trd_sizer trd__sizer_envoy = {
    .name = "envoy",
    .summary = "run times against those at three workers, probed anew",
    .source = "Envoy, adaptive concurrency, gradient controller",
    .params = envoy_params,
    .state_bytes = sizeof(struct envoy),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_TICK,
    .period_ns = PERIOD_NS,
    .open = envoy_open,
    .resize = envoy_resize,
};
