/* manifest.h - the facts of a study: what was measured, where, with what, by which command. */
#ifndef TREADLE_LAB_MANIFEST_H
#define TREADLE_LAB_MANIFEST_H

#include "lab/plan/design.h"
#include "lab/runner/probe.h"
#include "lab/store/store.h"

#include <time.h>

/* Facts known before anything is run. `command` is the command line. 0 or -errno with `error`. */
int lab_manifest_begin(struct lab_store *store, const struct lab_design *design,
                       const struct lab_lanes *lanes, const struct lab_plan *plan, double margin,
                       const char *command, struct trd_error *error);

/* A moment as "2024-05-04 10:20:30 UTC". */
void lab_manifest_time(time_t moment, char *text, size_t space);

/* Formats a value and puts it. */
int lab_manifest_put(struct lab_store *store, struct trd_error *error, const char *key,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
