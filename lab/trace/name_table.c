/* name_table.c - a hash table from names to numbers. Nothing depends on its order. */
#include "lab/trace/name_table.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash(const char *name) {
    uint32_t value = 2166136261U; /* FNV-1a */

    for (; *name != '\0'; name++) {
        value = (value ^ (unsigned char)*name) * 16777619U;
    }
    return value ^ (value >> 15);
}

/* The slot that holds the name, or the free one where it belongs. */
static uint32_t slot_of(const struct lab_names *names, const char *name) {
    uint32_t at = hash(name) & (names->slot_count - 1);

    while (names->slots[at] != 0 && strcmp(names->names[names->slots[at] - 1], name) != 0) {
        at = (at + 1) & (names->slot_count - 1);
    }
    return at;
}

/* Room for one more: the slots stay at most half full. */
static int grow(struct lab_names *names) {
    uint32_t capacity = names->capacity > 0 ? 2 * names->capacity : 64;
    uint32_t *slots = calloc(2 * (size_t)capacity, sizeof *slots);
    char **list = realloc(names->names, capacity * sizeof *list);

    if (list != NULL) {
        names->names = list;
    }
    if (slots == NULL || list == NULL || capacity > UINT32_MAX / 4) {
        free(slots);
        return 0;
    }
    free(names->slots);
    names->slots = slots;
    names->slot_count = 2 * capacity;
    names->capacity = capacity;
    for (uint32_t i = 0; i < names->count; i++) {
        slots[slot_of(names, names->names[i])] = i + 1;
    }
    return 1;
}

uint32_t lab_names_find(const struct lab_names *names, const char *name) {
    uint32_t number = names->slot_count > 0 ? names->slots[slot_of(names, name)] : 0;

    return number > 0 ? number - 1 : LAB_NAME_NONE;
}

uint32_t lab_names_add(struct lab_names *names, const char *name) {
    uint32_t number = lab_names_find(names, name);
    char *copy;

    if (number != LAB_NAME_NONE) {
        return number;
    }
    if (names->count == names->capacity && !grow(names)) {
        return LAB_NAME_NONE;
    }
    copy = strdup(name);
    if (copy == NULL) {
        return LAB_NAME_NONE;
    }
    names->slots[slot_of(names, name)] = names->count + 1;
    names->names[names->count] = copy;
    return names->count++;
}

void lab_names_free(struct lab_names *names) {
    for (uint32_t i = 0; i < names->count; i++) {
        free(names->names[i]);
    }
    free(names->names);
    free(names->slots);
    *names = (struct lab_names){0};
}
