/* probe.h - asks interpreters, and the native lane, what they can run. */
#ifndef TREADLE_LAB_PROBE_H
#define TREADLE_LAB_PROBE_H

#include "lab/plan/catalogue.h"

#include <treadle/param.h>

enum { LAB_LANES_MAX = 16 };

struct lab_lanes {
    struct lab_lane items[LAB_LANES_MAX]; /* Python first, the native lane last */
    size_t count;
};

/* Asks every one of `pythons` (paths, or names on PATH), or the default interpreter when there is
 * none: the distribution's, else python3 of PATH. Labels are made unique. 0 or -errno with `error`,
 * which names the interpreters known here when one cannot be found. */
int lab_lanes_find(struct lab_lanes *lanes, const char *const *pythons, size_t count,
                   struct trd_error *error);
void lab_lanes_free(struct lab_lanes *lanes);

/* Is it a program? Fills `path`. */
bool lab_python_resolve(const char *name, char *path, size_t space);

/* The interpreters found on PATH, separated by ", "; "none" if there are none. */
void lab_pythons_known(char *text, size_t space);

#endif
