/* peer_main.c - one figure of one contestant, once: NAME FIGURE [COUNT [OPTION]]. Prints lines
 * "value number"; compare.py runs it, in turns with others. Exit status 2: it could not. */
#include "measuring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static int figure_run(const char *figure, size_t count) {
    unsigned number;
    if (sscanf(figure, "flood%u", &number) == 1 && number > 0 && number <= 64) {
        figure_flood(number, count);
    } else if (sscanf(figure, "efficiency%u", &number) == 1 && number > 0) {
        figure_efficiency(number, count);
    } else if (strcmp(figure, "inner") == 0) {
        figure_inner(count);
    } else if (strcmp(figure, "wake") == 0) {
        figure_wake(count);
    } else if (strcmp(figure, "round_trip") == 0) {
        figure_round_trip(count);
    } else if (strcmp(figure, "memory") == 0) {
        figure_memory(count);
    } else if (strcmp(figure, "pass") == 0) {
        figure_pass(count);
    } else if (strcmp(figure, "submit") == 0) {
        figure_submit(count);
    } else {
        (void)fprintf(stderr,
                      "%s: no figure '%s'; there are floodN (N producers), efficiencyN (jobs of N "
                      "us), inner, wake, round_trip, memory, pass, submit\n",
                      contestant.name, figure);
        return 2;
    }
    return 0;
}

int main(int count, char **words) {
    if (count < 2) {
        (void)fprintf(stderr, "usage: %s FIGURE [COUNT [OPTION]]\n", words[0]);
        return 2;
    }
    (void)prctl(PR_SET_TIMERSLACK, 1); /* sleeps end on time; where it fails, a little later */
    contestant.open(WORKERS, count > 3 ? words[3] : NULL);
    const int status = figure_run(words[1], count > 2 ? strtoul(words[2], NULL, 10) : 0);
    contestant.close();
    return status;
}
