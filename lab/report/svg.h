/* svg.h - drawing: the few SVG elements that the report's charts are made of.
 *
 * Colours, strokes and fonts are CSS classes, so that one drawing serves a light and a dark page.
 * Coordinates are CSS pixels of the drawing's own width; y grows downwards. Errors stay in the
 * stream: see ferror().
 */
#ifndef TREADLE_LAB_SVG_H
#define TREADLE_LAB_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum lab_anchor { LAB_ANCHOR_START, LAB_ANCHOR_MIDDLE, LAB_ANCHOR_END };

/* The size of all axis labels, which text widths are estimated for. */
#define LAB_SVG_FONT 11.0

/* `id` is unique in the page; title and description are what a screen reader says instead. */
void lab_svg_open(FILE *out, unsigned id, double width, double height, const char *title,
                  const char *description);
void lab_svg_close(FILE *out);

void lab_svg_line(FILE *out, const char *class, double x1, double y1, double x2, double y2);
void lab_svg_rect(FILE *out, const char *class, double x, double y, double width, double height,
                  double radius);
void lab_svg_text(FILE *out, const char *class, enum lab_anchor anchor, double x, double y,
                  const char *text);
/* A mark of series `series`: each has its own shape as well as its own colour. `hint` is shown
 * when the pointer rests on it; NULL: none. */
void lab_svg_mark(FILE *out, unsigned series, double x, double y, double radius, const char *hint);

/* How many series can be told apart by shape and colour; then they repeat. */
enum { LAB_SERIES_COUNT = 7 };

/* Width of text in pixels at a font size, on the wide side of common sans-serif fonts: labels laid
 * out with it do not touch. */
double lab_svg_text_width(const char *text, double size);

/* The longest start of `text` that fits, with an ellipsis when something is missing. */
void lab_svg_text_fitted(FILE *out, const char *class, enum lab_anchor anchor, double x, double y,
                         const char *text, double width_max);

/* One row of a legend: marks and names from x on, wrapped at `right`. Returns the y below it. */
double lab_svg_legend(FILE *out, double x, double y, double right, const char *const *names,
                      const unsigned *series, size_t count);

#endif
