/* suggest.c - the nearest known name, by edit distance (Damerau's, adjacent swaps count as one). */
#include "lab/command/suggest.h"

#include <string.h>

enum { WORD_MAX = 64 };

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t lab_suggest_distance(const char *a, const char *b) {
    size_t rows[3][WORD_MAX];
    size_t a_length = smaller(strlen(a), WORD_MAX - 1);
    size_t b_length = smaller(strlen(b), WORD_MAX - 1);

    for (size_t j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t *now = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        const size_t *two_above = rows[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t changed = above[j - 1] + (a[i - 1] != b[j - 1]);

            now[j] = smaller(changed, smaller(above[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = smaller(now[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[a_length % 3][b_length];
}

const char *lab_suggest(const char *word, const char *const *names, size_t count) {
    const char *nearest = NULL;
    size_t length = strlen(word);
    size_t limit = length < 4 ? 1 : (length < 8 ? 2 : 3);

    for (size_t i = 0; i < count; i++) {
        size_t distance = names[i] == NULL ? limit + 1 : lab_suggest_distance(word, names[i]);

        /* What was typed may also be the beginning of the name. */
        if (names[i] != NULL && length >= 2 && strncmp(word, names[i], length) == 0) {
            distance = smaller(distance, 1);
        }
        if (distance <= limit) {
            nearest = names[i];
            limit = distance - (distance > 0);
            if (distance == 0) {
                break;
            }
        }
    }
    return nearest;
}
