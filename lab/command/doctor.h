/* doctor.h - `treadle doctor` and its checks. */
#ifndef TREADLE_LAB_DOCTOR_H
#define TREADLE_LAB_DOCTOR_H

#include <stdbool.h>

int lab_doctor_main(int argc, char **argv);

enum lab_health {
    LAB_HEALTH_OK,
    LAB_HEALTH_WARN,
    LAB_HEALTH_UNKNOWN, /* this machine does not tell */
};

/* What one check has found. */
struct lab_finding {
    enum lab_health health;
    char value[160];
    const char *advice; /* for a warning; else "" */
};

struct lab_check {
    const char *name;
    void (*look)(struct lab_finding *finding);
    bool is_noise; /* a warning here means: too noisy to measure */
};

/* The checks of doctor_machine.c and doctor_noise.c, ended by a NULL name. */
extern const struct lab_check lab_machine_checks[];
extern const struct lab_check lab_noise_checks[];

#endif
