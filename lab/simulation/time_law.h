/* time_law.h - laws of times in the language of `treadle sim`: "exp:mean=1ms",
 * "pareto:alpha=1.5,low=1ms,high=1s", or a time by itself, which is always that.
 */
#ifndef TREADLE_LAB_TIME_LAW_H
#define TREADLE_LAB_TIME_LAW_H

#include <stdbool.h>
#include <stdio.h>

#include <treadle/sim_time.h>

enum lab_law_key { LAB_LAW_MEAN, LAB_LAW_LOW, LAB_LAW_HIGH, LAB_LAW_SHAPE, LAB_LAW_KEYS };

struct lab_law_name;

/* A law while it is being read. All zero: none. */
struct lab_law_draft {
    const struct lab_law_name *law;
    bool is_given[LAB_LAW_KEYS];
    double values[LAB_LAW_KEYS];
};

/* Takes "NAME", "NAME:key=value" or a time. What was given for a key that the new law has, too, but
 * for its shape, stays. */
int lab_law_take(struct lab_law_draft *draft, const char *text, const char *where,
                 struct trd_error *error);
/* Is this a key of some law? */
bool lab_law_has_key(const char *key);
/* Takes a key of the draft's law. */
int lab_law_set(struct lab_law_draft *draft, const char *key, const char *value, const char *where,
                struct trd_error *error);
/* The law, complete and checked; all zero for no law. */
int lab_law_finish(const struct lab_law_draft *draft, double min_ns, struct trd_sim_time *time_out,
                   const char *where, struct trd_error *error);
/* All of it at once: "pareto:alpha=1.5,low=1ms,high=1s". */
int lab_law_parse(const char *text, struct lab_law_draft *draft, const char *where,
                  struct trd_error *error);

/* The law as this language writes it, to show what was simulated. */
struct lab_law_text {
    char text[96];
};
struct lab_law_text lab_law_show(const struct trd_sim_time *time);

/* Lines for a help: names, keys, meanings. */
void lab_law_help(FILE *out);

#endif
