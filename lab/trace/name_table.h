/* name_table.h - names and the numbers they are given, 0, 1, 2, in the order they turn up. */
#ifndef TREADLE_LAB_NAME_TABLE_H
#define TREADLE_LAB_NAME_TABLE_H

#include <stdint.h>

#define LAB_NAME_NONE UINT32_MAX

/* All zero is empty. */
struct lab_names {
    char **names; /* by number */
    uint32_t count, capacity;
    uint32_t *slots; /* open addressing; number + 1, 0: free */
    uint32_t slot_count;
};

/* The number of a name, new or not; LAB_NAME_NONE: out of memory. O(1) on average. */
uint32_t lab_names_add(struct lab_names *names, const char *name);
/* LAB_NAME_NONE: there is no such name. */
uint32_t lab_names_find(const struct lab_names *names, const char *name);
void lab_names_free(struct lab_names *names);

#endif
