/* suggest.h - which known name was probably meant. */
#ifndef TREADLE_LAB_SUGGEST_H
#define TREADLE_LAB_SUGGEST_H

#include <stddef.h>

/* How many letters must be inserted, deleted, replaced or swapped with their neighbour to make one
 * word of the other. Words are cut at 63 bytes. */
size_t lab_suggest_distance(const char *a, const char *b);

/* The nearest of `count` names, or NULL when none is near. NULL entries are passed over. */
const char *lab_suggest(const char *word, const char *const *names, size_t count);

#endif
