/* fixed.c - always the largest allowed number of workers.
 *
 * Idea: the user knows best; all workers are there from the start.
 * Source: every fixed-size pool, such as Java's newFixedThreadPool.
 * Does badly: wherever the right size depends on what the tasks do.
 */
#include <treadle/sizer.h>

static uint32_t fixed_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    (void)env; /* no state, no parameters */
    return sample->workers_max;
}

const struct trd_sizer trd__sizer_fixed = {
    .name = "fixed",
    .summary = "always workers_max",
    .source = "java.util.concurrent.Executors.newFixedThreadPool",
    .causes = TRD_CAUSE_OPEN,
    .resize = fixed_resize,
};
