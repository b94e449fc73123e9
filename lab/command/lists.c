/* lists.c - parses what stands behind an option. */
#include "lab/command/lists.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int lab_list_parse(struct lab_list *list, const char *text) {
    char *rest = NULL;

    lab_list_free(list);
    list->text = strdup(text);
    if (list->text == NULL) {
        return -ENOMEM;
    }
    for (char *word = strtok_r(list->text, ", ", &rest); word != NULL;
         word = strtok_r(NULL, ", ", &rest)) {
        if (list->count == LAB_LIST_MAX) {
            return -E2BIG;
        }
        list->items[list->count++] = word;
    }
    return 0;
}

void lab_list_free(struct lab_list *list) {
    free(list->text);
    *list = (struct lab_list){0};
}

bool lab_seconds_parse(const char *text, double *seconds_out) {
    char *end;
    double value = strtod(text, &end), unit = 1.0;

    if (end == text) {
        return false;
    }
    if (strcmp(end, "m") == 0 || strcmp(end, "min") == 0) {
        unit = 60.0;
    } else if (strcmp(end, "h") == 0) {
        unit = 3600.0;
    } else if (strcmp(end, "") != 0 && strcmp(end, "s") != 0) {
        return false;
    }
    *seconds_out = value * unit;
    return isfinite(value) && value > 0.0;
}

bool lab_number_parse(const char *text, unsigned long long low, unsigned long long high,
                      unsigned long long *number_out) {
    char *end;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    *number_out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *number_out >= low && *number_out <= high;
}
