/* svg_scale.c - scales, their ticks, and axes drawn with them. */
#include "lab/report/svg_scale.h"

#include "lab/report/svg.h"

#include <math.h>
#include <string.h>

struct lab_scale lab_scale_make(double low, double high, double margin, bool is_log, double from,
                                double to) {
    struct lab_scale scale = {.from = from, .to = to, .is_log = is_log};
    bool is_usable = isfinite(low) && isfinite(high) && low <= high && (!is_log || low > 0);
    if (!is_usable) {
        low = is_log ? 0.5 : 0;
        high = is_log ? 2 : 1;
    }
    if (is_log) {
        double length = fmax(log(high / low), log(1.02));
        double missing = (length - log(high / low)) / 2 + margin * length;
        scale.low = low * exp(-missing);
        scale.high = high * exp(missing);
        return scale;
    }
    double length = high > low ? high - low : fmax(fabs(high), 1);
    scale.low = low == 0 ? 0 : low - margin * length;
    scale.high = low + length + margin * length;
    return scale;
}

double lab_scale_at(const struct lab_scale *scale, double value) {
    double share = scale->is_log
                       ? log(fmax(value, scale->low) / scale->low) / log(scale->high / scale->low)
                       : (value - scale->low) / (scale->high - scale->low);
    share = fmin(fmax(share, 0), 1);
    return scale->from + share * (scale->to - scale->from);
}

/* Appends a value that is inside the scale. */
static void add_tick(const struct lab_scale *scale, double value, double *ticks, size_t *count) {
    double slack = 1e-9 * fabs(value);
    if (*count < LAB_TICKS_MAX && value >= scale->low - slack && value <= scale->high + slack)
        ticks[(*count)++] = value;
}

/* True when neighbours are far enough apart for their labels. */
static bool has_room(const struct lab_scale *scale, const double *ticks, size_t count,
                     double pixels) {
    for (size_t i = 1; i < count; i++) {
        if (fabs(lab_scale_at(scale, ticks[i]) - lab_scale_at(scale, ticks[i - 1])) < pixels)
            return false;
    }
    return count < LAB_TICKS_MAX;
}

/* Multiples of a round step; steps grow as 1, 2, 5, 10, ... until the labels have room. */
static size_t linear_ticks(const struct lab_scale *scale, double pixels, double *ticks) {
    static const double rounds[] = {1, 2, 5};
    double power = pow(10, floor(log10((scale->high - scale->low) / LAB_TICKS_MAX)));
    size_t count = 0;
    for (int i = 0; i < 12; i++) {
        double step = rounds[i % 3] * power * pow(10, i / 3);
        count = 0;
        if ((scale->high - scale->low) / step > LAB_TICKS_MAX - 2)
            continue;
        for (double k = ceil(scale->low / step - 1e-9); k * step <= scale->high * (1 + 1e-12); k++)
            add_tick(scale, k * step, ticks, &count);
        if (has_room(scale, ticks, count, pixels))
            break;
    }
    return count;
}

/* What each decade's ticks are multiples of, from many to few; 0 ends a row. */
static const double decade_ticks[][12] = {{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8},
                                          {1, 1.5, 2, 3, 5, 7},
                                          {1, 2, 3, 5},
                                          {1, 2, 5},
                                          {1, 3},
                                          {1}};

enum { DECADE_ROWS = sizeof(decade_ticks) / sizeof(decade_ticks[0]), STRIDE_MAX = 100 };

/* The multiples of one row in every `stride`th decade. */
static size_t decades(const struct lab_scale *scale, const double *row, int stride, double *ticks) {
    int first = (int)floor(log10(scale->low)), last = (int)ceil(log10(scale->high));
    size_t count = 0;
    for (int decade = first; decade <= last; decade++) {
        for (const double *multiple = row; decade % stride == 0 && *multiple > 0; multiple++)
            add_tick(scale, *multiple * pow(10, decade), ticks, &count);
    }
    return count;
}

static size_t log_ticks(const struct lab_scale *scale, double pixels, double *ticks) {
    size_t count = 0;
    for (int i = 0; i < DECADE_ROWS; i++) {
        count = decades(scale, decade_ticks[i], 1, ticks);
        if (has_room(scale, ticks, count, pixels))
            return count;
    }
    for (int stride = 2; stride < STRIDE_MAX; stride++) {
        count = decades(scale, decade_ticks[DECADE_ROWS - 1], stride, ticks);
        if (has_room(scale, ticks, count, pixels))
            break;
    }
    return count;
}

size_t lab_scale_ticks(const struct lab_scale *scale, double label_pixels,
                       double ticks[LAB_TICKS_MAX]) {
    size_t count = 0;
    /* Over a small range fractions of decades name too few values; equal steps read better. */
    if (scale->is_log && scale->high / scale->low >= 1.8)
        count = log_ticks(scale, label_pixels, ticks);
    if (count < 2)
        count = linear_ticks(scale, label_pixels, ticks);
    return count;
}

/* The widest label decides how many ticks have room, and ticks decide the labels: two rounds are
 * enough, since rarer ticks have shorter labels. */
static size_t fitted_ticks(const struct lab_scale *scale, lab_tick_label *label, double *ticks) {
    double pixels = 28;
    size_t count = 0;
    for (int round = 0; round < 2; round++) {
        double widest = 0;
        count = lab_scale_ticks(scale, pixels, ticks);
        for (size_t i = 0; i < count; i++)
            widest = fmax(widest, lab_svg_text_width(label(ticks[i]).text, LAB_SVG_FONT));
        pixels = fmax(pixels, widest + 6);
    }
    return count;
}

void lab_svg_axis_x(FILE *out, const struct lab_scale *scale, double y_top, double y_bottom,
                    lab_tick_label *label) {
    double ticks[LAB_TICKS_MAX];
    size_t count = fitted_ticks(scale, label, ticks);
    double last_end = -1e9;
    for (size_t i = 0; i < count; i++) {
        double x = lab_scale_at(scale, ticks[i]);
        struct lab_shown text = label(ticks[i]);
        double half = lab_svg_text_width(text.text, LAB_SVG_FONT) / 2;
        lab_svg_line(out, "g", x, y_top, x, y_bottom);
        if (x - half < last_end + 4)
            continue; /* the grid line stays, its name would touch the one before */
        lab_svg_text(out, "a", LAB_ANCHOR_MIDDLE, x, y_bottom + 15, text.text);
        last_end = x + half;
    }
}

void lab_svg_axis_y(FILE *out, const struct lab_scale *scale, double x_left, double x_right,
                    lab_tick_label *label) {
    double ticks[LAB_TICKS_MAX];
    size_t count = lab_scale_ticks(scale, 2 * LAB_SVG_FONT, ticks);
    for (size_t i = 0; i < count; i++) {
        double y = lab_scale_at(scale, ticks[i]);
        lab_svg_line(out, "g", x_left, y, x_right, y);
        lab_svg_text(out, "a", LAB_ANCHOR_END, x_left - 6, y + 4, label(ticks[i]).text);
    }
}
