/* report_text.h - text for every writer: numbers as people read them, and XML that cannot be broken
 * by what a name or an error message contains.
 */
#ifndef TREADLE_LAB_REPORT_TEXT_H
#define TREADLE_LAB_REPORT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A number as text, by value: usable as an argument without a buffer of the caller's. */
struct lab_shown {
    char text[48];
};

/* Numbers that are NaN or infinite are shown as "n/a". */
struct lab_shown lab_show_ratio(double ratio);               /* "1.31×", "18.3×" */
struct lab_shown lab_show_interval(double low, double high); /* "[1.26, 1.37]" or "" */
struct lab_shown lab_show_seconds(double seconds);           /* "350 µs", "1.2 ms", "2.10 s" */
struct lab_shown lab_show_bytes(double bytes);               /* "12 MiB" */
struct lab_shown lab_show_percent(double share);             /* 0.012: "1.2 %" */
struct lab_shown lab_show_count(double count);               /* "12 340", thin spaces */

/* The same without digits that say nothing, for ticks: "1.5×", "10 ms". */
struct lab_shown lab_show_ratio_tick(double ratio);
struct lab_shown lab_show_seconds_tick(double seconds);

/* Decodes one character and returns how many bytes it took, at least 1. What is not UTF-8 gives
 * U+FFFD and takes one byte. *text must not be at the terminating zero. */
size_t lab_utf8_next(const char *text, uint32_t *character);
/* Characters up to the terminating zero. */
size_t lab_utf8_length(const char *text);

/* Writes text so that it is safe as XML content and inside a quoted attribute: & < > " ' become
 * entities, control characters spaces, broken UTF-8 U+FFFD. */
void lab_xml_text(FILE *out, const char *text);

/* Like fprintf, but every %s goes through lab_xml_text, so the format is the only markup. Knows
 * %s %d %u %ld %zu %.Nf (N a digit) and %%; a NaN or an infinity is written as "n/a". Errors stay
 * in the stream: see ferror(). */
void lab_emit(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
