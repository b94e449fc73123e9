/* guard.h - `treadle guard -- PROGRAM ARGUMENTS...`: runs a program so that nothing of it survives.
 *
 * The guard stands between the study and a cell. It is the subreaper of everything below, so a
 * process that loses its parent stays in sight. When the program ends, or when the study does (even
 * by SIGKILL: the lifeline then reaches its end), every process below is killed and reaped.
 *
 * Descriptors: 0 to 3 are the program's. The guard reads the lifeline and writes to the status
 * descriptor one line: "exit N" or "signal N", how the program itself ended.
 */
#ifndef TREADLE_LAB_GUARD_H
#define TREADLE_LAB_GUARD_H

enum { LAB_GUARD_LIFELINE_FD = 4, LAB_GUARD_STATUS_FD = 5 };

int lab_guard_main(int argc, char **argv);

#endif
