/* theory.c - what the theory tests share. */
#include "tests/theory/theory.h"

#include <math.h>
#include <stdlib.h>

uint64_t theory_tasks(void) {
    const char *given = getenv("TREADLE_THEORY_TASKS");
    const unsigned long long tasks = given ? strtoull(given, NULL, 10) : 0;
    return tasks ? tasks : 1000000;
}

void theory_run(const struct trd_sim_config *config, struct trd_sim_report *report) {
    struct trd_error error = {""};
    if (trd_sim_run(config, report, &error)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(report->tasks.area_ns, report->tasks.sum_ns);
    assert_int_equal(report->queue.area_ns, report->queue.sum_ns);
    assert_int_equal(report->work.area_ns, report->work.sum_ns);
    assert_int_equal(report->unused_ns, 0);
}

void theory_check(const char *what, struct trd_sim_estimate estimate, double exact) {
    const double z = (estimate.mean - exact) / estimate.error;
    print_message("  %-44s %12.6g  exact %12.6g  z %+.2f\n", what, estimate.mean, exact, z);
    if (!(fabs(z) < 4.0)) {
        fail_msg("%s: simulated %.8g, exact %.8g, %+.2f standard errors apart", what, estimate.mean,
                 exact, z);
    }
}

void theory_near(double value, double exact, double tolerance) {
    if (!(fabs(value - exact) <= tolerance)) {
        fail_msg("%.17g is not %.17g +- %g", value, exact, tolerance);
    }
}

struct trd_sim_config theory_open(const char *policy, uint32_t workers, double load,
                                  const struct trd_sim_client *clients, size_t count) {
    double share = 0.0, work = 0.0;
    for (size_t i = 0; i < count; i++) {
        share += clients[i].share;
        work += clients[i].share * clients[i].service.mean_ns;
    }
    return (struct trd_sim_config){
        .policy = policy,
        .workers_min = workers,
        .workers_max = workers,
        .rate_per_s = load * workers / (work / share) * 1e9,
        .clients = clients,
        .client_count = count,
        .task_count = theory_tasks(),
        .seed = 20240501 + 7919 * workers + (uint64_t)(1000 * load) + 31 * count,
    };
}
