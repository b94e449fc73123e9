/* quiet.c - a look at the machine before anything is measured. */
#include "lab/runner/quiet.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

struct lab_noise_share lab_quiet_measure(double seconds) {
    const struct timespec pause = {
        .tv_sec = (time_t)seconds,
        .tv_nsec = (long)(1e9 * (seconds - floor(seconds))),
    };
    struct lab_noise from = lab_noise_read(), to;

    (void)nanosleep(&pause, NULL); /* a shorter look is a look as well */
    to = lab_noise_read();
    return lab_noise_between(&from, &to, 0.0);
}

bool lab_quiet_now(bool needs_quiet) {
    struct lab_noise_share share = lab_quiet_measure(0.5);

    if (!lab_noise_is_loud(share)) {
        return true;
    }
    fprintf(stderr,
            "NOISY: other processes use %.0f %% of the processor, the hypervisor takes %.0f %%"
            "; %s\n",
            100.0 * share.others, 100.0 * share.steal,
            needs_quiet ? "not started, because of --require-quiet"
                        : "end them, or expect wide intervals");
    return !needs_quiet;
}
