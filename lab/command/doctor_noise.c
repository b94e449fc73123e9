/* doctor_noise.c - checks of what happens on the machine right now. */
#include "lab/command/doctor.h"

#include "lab/runner/conversation.h"
#include "lab/runner/machine.h"
#include "lab/runner/noise.h"
#include "lab/runner/quiet.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_S 1.0

static int compare(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static void set_unknown(struct lab_finding *finding) {
    finding->health = LAB_HEALTH_UNKNOWN;
    snprintf(finding->value, sizeof finding->value, "not shown to this system");
}

static void look_others(struct lab_finding *finding) {
    struct lab_noise_share share = lab_quiet_measure(LOOK_S);

    if (isnan(share.others)) {
        set_unknown(finding);
        return;
    }
    finding->health = share.others > LAB_GATE_OTHERS ? LAB_HEALTH_WARN : LAB_HEALTH_OK;
    finding->advice = "end other programs, or measure when they rest";
    snprintf(finding->value, sizeof finding->value, "%.1f %% of all cores (limit %.0f %%)",
             100.0 * share.others, 100.0 * LAB_GATE_OTHERS);
}

static void look_steal(struct lab_finding *finding) {
    struct lab_noise_share share = lab_quiet_measure(LOOK_S);

    if (isnan(share.steal)) {
        set_unknown(finding);
        return;
    }
    finding->health = share.steal > LAB_GATE_STEAL ? LAB_HEALTH_WARN : LAB_HEALTH_OK;
    finding->advice = "the hypervisor gives this machine's time to others: use one of your own";
    snprintf(finding->value, sizeof finding->value, "%.1f %% of all cores (limit %.0f %%)",
             100.0 * share.steal, 100.0 * LAB_GATE_STEAL);
}

static void look_load(struct lab_finding *finding) {
    struct lab_machine machine;
    char text[128];
    double minute;

    lab_machine_read(&machine);
    lab_read_line("/proc/loadavg", text, sizeof text);
    if (sscanf(text, "%lf", &minute) != 1) {
        set_unknown(finding);
        return;
    }
    finding->health = minute > 0.5 * machine.cores_online ? LAB_HEALTH_WARN : LAB_HEALTH_OK;
    finding->advice = "something was running within the last minute: see that it has ended";
    snprintf(finding->value, sizeof finding->value, "%.2f over the last minute, %u cores", minute,
             machine.cores_online);
}

static void look_pressure(struct lab_finding *finding) {
    char text[128];
    double tenth;

    lab_read_line("/proc/pressure/cpu", text, sizeof text);
    if (sscanf(text, "some avg10=%lf", &tenth) != 1) {
        set_unknown(finding);
        return;
    }
    finding->health = tenth > 5.0 ? LAB_HEALTH_WARN : LAB_HEALTH_OK;
    finding->advice = "tasks wait for a core: end other programs";
    snprintf(finding->value, sizeof finding->value, "%.1f %% of 10 s some task waited for a core",
             tenth);
}

/* How late a sleeper wakes: what an open load's arrivals suffer. */
static void look_sleep(struct lab_finding *finding) {
    enum { SLEEPS = 200 };
    const struct timespec millisecond = {.tv_nsec = 1000000};
    double late_us[SLEEPS];

    for (int i = 0; i < SLEEPS; i++) {
        double begin_s = lab_now_s();

        (void)nanosleep(&millisecond, NULL);
        late_us[i] = 1e6 * (lab_now_s() - begin_s) - 1000.0;
    }
    qsort(late_us, SLEEPS, sizeof *late_us, compare);
    finding->health = late_us[SLEEPS * 95 / 100] > 1000.0 ? LAB_HEALTH_WARN : LAB_HEALTH_OK;
    finding->advice = "arrivals will come late: end other programs, or use a machine of your own";
    snprintf(finding->value, sizeof finding->value,
             "a sleep of 1 ms ends %.0f us late, 1 in 20 %.0f us or more", late_us[SLEEPS / 2],
             late_us[SLEEPS * 95 / 100]);
}

/* Some milliseconds of arithmetic, always the same; its seconds. */
static double work_s(void) {
    double begin_s = lab_now_s();
    volatile uint64_t sum = 1;

    for (int i = 0; i < 4000000; i++) {
        sum = sum * UINT64_C(6364136223846793005) + 1;
    }
    return lab_now_s() - begin_s;
}

/* A against A: identical work, in pairs. */
static void look_jitter(struct lab_finding *finding) {
    enum { PAIRS = 40 };
    double difference[PAIRS];

    (void)work_s(); /* warm */
    for (int i = 0; i < PAIRS; i++) {
        double first = work_s(), second = work_s();

        difference[i] = 100.0 * fabs(log(second / first));
    }
    qsort(difference, PAIRS, sizeof *difference, compare);
    finding->health = difference[PAIRS / 2] > 3.0 ? LAB_HEALTH_WARN : LAB_HEALTH_OK;
    finding->advice = "differences smaller than that will need many blocks";
    snprintf(finding->value, sizeof finding->value,
             "identical work differs by %.1f %%, 1 pair in 20 by %.1f %% or more",
             difference[PAIRS / 2], difference[PAIRS * 95 / 100]);
}

const struct lab_check lab_noise_checks[] = {
    {"other processes", look_others, true},
    {"stolen time", look_steal, true},
    {"load", look_load, false},
    {"pressure", look_pressure, false},
    {"sleep", look_sleep, false},
    {"jitter (A/A)", look_jitter, true},
    {NULL, NULL, false},
};
