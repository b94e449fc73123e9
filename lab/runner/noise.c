/* noise.c - others' share of the machine.
 *
 * Busy time is taken as wall time less idle time: the kernel measures idle time, but samples user
 * and system time at its ticks, which over a quarter of a second is too coarse.
 */
#include "lab/runner/noise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct lab_noise lab_noise_read(void) {
    struct lab_noise noise = {0};
    double tick_s = 1.0 / (double)sysconf(_SC_CLK_TCK);
    FILE *stat = fopen("/proc/stat", "re");
    char line[512];
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    noise.now_s = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    while (stat != NULL && fgets(line, sizeof line, stat) != NULL && strncmp(line, "cpu", 3) == 0) {
        unsigned long long idle, iowait, steal = 0;

        if (line[3] == ' ') {
            continue; /* the sum; the cores follow */
        }
        if (sscanf(line, "cpu%*d %*u %*u %*u %llu %llu %*u %*u %llu", &idle, &iowait, &steal) < 2) {
            break;
        }
        noise.idle_s += tick_s * (double)(idle + iowait);
        noise.steal_s += tick_s * (double)steal;
        noise.cores++;
    }
    if (stat != NULL) {
        fclose(stat);
    }
    return noise;
}

static double share_of(double seconds, double all_s) {
    double share = seconds / all_s;

    return share < 0.0 ? 0.0 : (share > 1.0 ? 1.0 : share);
}

struct lab_noise_share lab_noise_between(const struct lab_noise *from, const struct lab_noise *to,
                                         double ours_s) {
    double all_s = (to->now_s - from->now_s) * to->cores;
    double steal_s = to->steal_s - from->steal_s;
    double idle_s = to->idle_s - from->idle_s;

    if (to->cores == 0 || to->cores != from->cores || !(all_s > 0.0)) {
        return (struct lab_noise_share){(double)NAN, (double)NAN};
    }
    return (struct lab_noise_share){
        .others = isnan(ours_s) ? (double)NAN : share_of(all_s - idle_s - steal_s - ours_s, all_s),
        .steal = share_of(steal_s, all_s),
    };
}

bool lab_noise_is_loud(struct lab_noise_share share) {
    return share.others > LAB_GATE_OTHERS || share.steal > LAB_GATE_STEAL;
}
