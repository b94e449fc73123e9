/* say.h - how the command speaks to a person: errors on stderr, colours when they are wanted. */
#ifndef TREADLE_LAB_SAY_H
#define TREADLE_LAB_SAY_H

#include <stdbool.h>
#include <stdio.h>

/* One line on stderr, "treadle: " before it: what is wrong, where, and what to do. */
void lab_say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* May colours be used on this stream? It is a terminal that can, and NO_COLOR is not set. */
bool lab_say_is_colour(FILE *stream);

#endif
