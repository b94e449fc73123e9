/* progress.c - the line of progress. */
#include "lab/runner/progress.h"

#include "lab/runner/conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAIN_EVERY_S 15.0
#define LIVE_EVERY_S 0.2

void lab_progress_start(struct lab_progress *progress, double planned_s) {
    const char *term = getenv("TERM");

    *progress = (struct lab_progress){
        .is_live = isatty(STDERR_FILENO) == 1 && (term == NULL || strcmp(term, "dumb") != 0),
        .started_s = lab_now_s(),
        .planned_s = planned_s,
    };
}

double lab_progress_left_s(const struct lab_progress *progress) {
    double elapsed_s = lab_now_s() - progress->started_s;
    double left_s = progress->planned_s - progress->done_s;
    double pace = 1.0;

    /* The first seconds say little about the pace. */
    if (progress->done_s > 5.0) {
        pace = elapsed_s / progress->done_s;
    }
    return left_s > 0.0 ? left_s * pace : 0.0;
}

void lab_progress_time(double seconds, char *text, size_t space) {
    int whole = (int)(seconds + 0.5);

    if (whole >= 3600) {
        snprintf(text, space, "%d h %02d min", whole / 3600, whole / 60 % 60);
    } else if (whole >= 60) {
        snprintf(text, space, "%d min %02d s", whole / 60, whole % 60);
    } else {
        snprintf(text, space, "%d s", whole);
    }
}

void lab_progress_say(struct lab_progress *progress, const char *what) {
    double now_s = lab_now_s();
    char left[32];
    int percent = 100;

    if (now_s - progress->last_said_s < (progress->is_live ? LIVE_EVERY_S : PLAIN_EVERY_S)) {
        return;
    }
    progress->last_said_s = now_s;
    if (progress->planned_s > 0.0 && progress->done_s < progress->planned_s) {
        percent = (int)(100.0 * progress->done_s / progress->planned_s);
    }
    lab_progress_time(lab_progress_left_s(progress), left, sizeof left);
    if (progress->is_live) {
        fprintf(stderr, "\r\033[K%3d %%  %s left  %.50s", percent, left, what);
    } else {
        fprintf(stderr, "%3d %%, %s left: %s\n", percent, left, what);
    }
    fflush(stderr);
}

void lab_progress_did(struct lab_progress *progress, double seconds) {
    progress->done_s += seconds;
}

void lab_progress_clear(const struct lab_progress *progress) {
    if (progress->is_live) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
    }
}
