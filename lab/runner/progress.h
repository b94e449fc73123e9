/* progress.h - how far a study has come and how long it will still take, on stderr: one live line
 * on a terminal, a plain line now and then elsewhere. */
#ifndef TREADLE_LAB_PROGRESS_H
#define TREADLE_LAB_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct lab_progress {
    bool is_live;
    double started_s, last_said_s;
    double planned_s; /* what everything was expected to take, repetitions included */
    double done_s;    /* of that, what has been run */
};

void lab_progress_start(struct lab_progress *progress, double planned_s);
/* Something expected to take `seconds` begins: says so when it is time to. */
void lab_progress_say(struct lab_progress *progress, const char *what);
void lab_progress_did(struct lab_progress *progress, double seconds);
/* Seconds left, from the pace so far. */
double lab_progress_left_s(const struct lab_progress *progress);
/* Wipes the live line, so that other text can be printed. */
void lab_progress_clear(const struct lab_progress *progress);

/* "40 s", "3 min 05 s", "2 h 10 min". */
void lab_progress_time(double seconds, char *text, size_t space);

#endif
