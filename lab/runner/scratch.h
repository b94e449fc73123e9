/* scratch.h - the folder that a run may fill; emptied after every run. */
#ifndef TREADLE_LAB_SCRATCH_H
#define TREADLE_LAB_SCRATCH_H

/* Makes it, empty. 0 or -errno. */
int lab_scratch_make(const char *path);
/* Removes it with everything in it; what cannot be removed stays. */
void lab_scratch_remove(const char *path);

#endif
