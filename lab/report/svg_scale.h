/* svg_scale.h - from values to pixels, and the ticks that name some of the values.
 *
 * A logarithmic scale places equal ratios at equal distances, which is how ratios compare.
 */
#ifndef TREADLE_LAB_SVG_SCALE_H
#define TREADLE_LAB_SVG_SCALE_H

#include "lab/report/report_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { LAB_TICKS_MAX = 32 };

struct lab_scale {
    double low, high; /* values; low < high, and positive when is_log */
    double from, to;  /* their pixels; from > to for an upright axis */
    bool is_log;
};

/* How a value is named at its tick. */
typedef struct lab_shown lab_tick_label(double value);

/* Makes [low, high] usable: finite, in order, not empty, positive for a logarithm; then widens it
 * by `margin` of its length on both sides (a linear scale that starts at 0 keeps its 0). */
struct lab_scale lab_scale_make(double low, double high, double margin, bool is_log, double from,
                                double to);

/* The pixel of a value; values outside are placed at the nearer end. */
double lab_scale_at(const struct lab_scale *scale, double value);

/* Round values inside the scale, ascending: as many as fit with their labels `label_pixels` apart.
 * Returns how many. */
size_t lab_scale_ticks(const struct lab_scale *scale, double label_pixels,
                       double ticks[LAB_TICKS_MAX]);

/* Grid lines from y_top to y_bottom with labels below, none of which overlap. */
void lab_svg_axis_x(FILE *out, const struct lab_scale *scale, double y_top, double y_bottom,
                    lab_tick_label *label);
/* Grid lines from x_left to x_right with labels to the left of x_left. */
void lab_svg_axis_y(FILE *out, const struct lab_scale *scale, double x_left, double x_right,
                    lab_tick_label *label);

#endif
