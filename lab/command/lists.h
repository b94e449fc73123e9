/* lists.h - "a,b,c" as the user writes it, and times such as "10m". */
#ifndef TREADLE_LAB_LISTS_H
#define TREADLE_LAB_LISTS_H

#include <stdbool.h>
#include <stddef.h>

enum { LAB_LIST_MAX = 64 };

/* Words separated by commas; it owns them. */
struct lab_list {
    char *text;
    const char *items[LAB_LIST_MAX];
    size_t count;
};

/* Splits `text`; empty words are left out. 0; -ENOMEM; -E2BIG: more than LAB_LIST_MAX. */
int lab_list_parse(struct lab_list *list, const char *text);
void lab_list_free(struct lab_list *list);

/* "90", "90s", "10m", "1.5h" in seconds. False when it is none of these or not positive. */
bool lab_seconds_parse(const char *text, double *seconds_out);
/* A whole number from `low` to `high`. */
bool lab_number_parse(const char *text, unsigned long long low, unsigned long long high,
                      unsigned long long *number_out);

#endif
