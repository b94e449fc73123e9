/* trim.h - keeps a study within its budget on a machine that is slower than planned. */
#ifndef TREADLE_LAB_TRIM_H
#define TREADLE_LAB_TRIM_H

#include "lab/runner/study.h"

/* Before block `next` of the plan: if what is left would not fit, by what its blocks have taken so
 * far, drops the remaining blocks of groups, the least important first. 0 or -errno with `error`.
 */
int lab_study_trim(struct lab_study *study, size_t next, struct trd_error *error);

#endif
