/* html_latency.c - latency percentiles of each policy under each load. The axis is the logarithm of
 * 1/(1-p), which gives the tail the room it deserves; a curve ends where the number of tasks no
 * longer supports a percentile.
 */
#include "lab/report/html.h"
#include "lab/report/report_latency.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"
#include "lab/report/svg.h"
#include "lab/report/svg_scale.h"
#include "lab/stats/quantile.h"

#include <math.h>
#include <string.h>

enum { CURVES_MAX = LAB_SERIES_COUNT, STEPS = 72, LEFT = 52, BOTTOM = 26, LEGEND = 12 };

struct curves {
    struct lab_latencies latencies[CURVES_MAX];
    const char *names[CURVES_MAX];
    unsigned series[CURVES_MAX];
    size_t count;
    double low, high; /* seconds */
    double tail;      /* the largest log10(1/(1-p)) that is supported */
};

static double share_at(double tail) {
    return 1 - pow(10, -tail);
}

/* How far into the tail `count` values support a quantile, to a hundredth of a decade. */
static double tail_of(size_t count) {
    double tail = 0;
    while (tail < 6 && lab_quantile_is_supported(count, share_at(tail + 0.01)))
        tail += 0.01;
    return tail;
}

static void include_curve(struct curves *curves, const struct lab_latencies *latencies) {
    double tail = tail_of(latencies->count);
    double low = lab_quantile(latencies->sorted, latencies->count, 0.02);
    double high = lab_quantile(latencies->sorted, latencies->count, share_at(tail));
    curves->tail = fmax(curves->tail, tail);
    curves->low = fmin(curves->low, isnan(low) ? curves->low : low);
    curves->high = fmax(curves->high, isnan(high) ? curves->high : high);
}

static void curves_free(struct curves *curves) {
    for (size_t i = 0; i < curves->count; i++)
        lab_latencies_free(&curves->latencies[i]);
}

/* One curve for each cell of the group that has latencies. */
static int curves_gather(struct curves *curves, const struct lab_results *results,
                         const char *group) {
    const struct lab_cell *cell = NULL;
    *curves = (struct curves){.low = HUGE_VAL, .high = 0};
    for (unsigned series = 1; (cell = lab_view_next_member(results, group, cell)); series++) {
        struct lab_latencies *latencies = &curves->latencies[curves->count];
        if (curves->count == CURVES_MAX)
            break;
        int code = lab_latencies_gather(latencies, cell, LAB_LATENCY_ALL, 0);
        if (code < 0) {
            curves_free(curves);
            return code;
        }
        curves->names[curves->count] = cell->policy[0] ? cell->policy : cell->executor;
        curves->series[curves->count] = series;
        if (tail_of(latencies->count) > 0)
            include_curve(curves, latencies);
        if (latencies->count > 0)
            curves->count++;
        else
            lab_latencies_free(latencies);
    }
    return 0;
}

static void draw_percent_axis(FILE *out, const struct lab_scale *scale, double top, double bottom) {
    static const double percents[] = {0, 50, 90, 99, 99.9, 99.99, 99.999};
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        double tail = -log10(1 - percents[i] / 100);
        char label[16];
        if (tail > scale->high)
            break;
        double x = lab_scale_at(scale, tail);
        (void)snprintf(label, sizeof(label), i == 0 ? "%g %%" : "p%g", percents[i]);
        lab_svg_line(out, "g", x, top, x, bottom);
        lab_svg_text(out, "a", LAB_ANCHOR_MIDDLE, x, bottom + 15, label);
    }
}

static void draw_curve(FILE *out, const struct lab_latencies *latencies, unsigned series,
                       const struct lab_scale *x, const struct lab_scale *y) {
    static const double marked[] = {0.5, 0.9, 0.99, 0.999, 0.9999};
    bool is_first = true;
    lab_emit(out, "<path class=\"l s%u\" d=\"", series % LAB_SERIES_COUNT);
    for (int i = 0; i <= STEPS; i++) {
        double tail = fmax(x->high * i / STEPS, 0.002);
        double seconds = lab_quantile(latencies->sorted, latencies->count, share_at(tail));
        if (isnan(seconds))
            continue;
        lab_emit(out, is_first ? "M%.1f,%.1f" : "L%.1f,%.1f", lab_scale_at(x, tail),
                 lab_scale_at(y, seconds));
        is_first = false;
    }
    lab_emit(out, "\"/>\n");
    for (size_t i = 0; i < sizeof(marked) / sizeof(marked[0]); i++) {
        double seconds = lab_quantile(latencies->sorted, latencies->count, marked[i]);
        char hint[64];
        if (isnan(seconds))
            continue;
        (void)snprintf(hint, sizeof(hint), "p%g: %s", 100 * marked[i],
                       lab_show_seconds(seconds).text);
        lab_svg_mark(out, series, lab_scale_at(x, -log10(1 - marked[i])), lab_scale_at(y, seconds),
                     3.2, hint);
    }
}

static void draw_panel(struct lab_page *page, const struct curves *curves, const char *title,
                       double width) {
    FILE *out = page->out;
    double height = width > LAB_WIDTH_NARROW ? 300 : 250;
    lab_svg_open(out, page->ids++, width, height, title,
                 "Latency from the intended arrival at each percentile, one curve a policy, on "
                 "logarithmic axes. The table of policies has the same numbers.");
    double top =
        lab_svg_legend(out, LEFT, LEGEND, width, curves->names, curves->series, curves->count);
    double bottom = height - BOTTOM;
    struct lab_scale x = lab_scale_make(0, curves->tail, 0, false, LEFT, width - 14);
    struct lab_scale y = lab_scale_make(curves->low, curves->high, 0.04, true, bottom, top);
    lab_svg_axis_y(out, &y, LEFT, width - 14, lab_show_seconds_tick);
    draw_percent_axis(out, &x, top, bottom);
    for (size_t i = 0; i < curves->count; i++)
        draw_curve(out, &curves->latencies[i], curves->series[i], &x, &y);
    lab_svg_close(out);
}

static void write_panel(struct lab_page *page, const struct lab_cell *first,
                        const struct curves *curves) {
    struct lab_name title = lab_view_load_name(page->results, first);
    lab_emit(page->out, "<div class=\"panel\"><h3>%s</h3>\n<div class=\"wide\">", title.text);
    draw_panel(page, curves, title.text, LAB_WIDTH_WIDE);
    lab_emit(page->out, "</div><div class=\"narrow\">");
    draw_panel(page, curves, title.text, LAB_WIDTH_NARROW);
    lab_emit(page->out, "</div></div>\n");
}

int lab_html_latency(struct lab_page *page) {
    const struct lab_cell *first = NULL;
    bool is_open = false;
    while ((first = lab_view_next_group(page->results, "policies", first))) {
        struct curves curves;
        int code = curves_gather(&curves, page->results, first->group);
        if (code < 0)
            return code;
        if (curves.count > 0 && !is_open) {
            lab_html_section(page->out, "card", "latency", "Policies: latency percentiles",
                             "Open Poisson arrivals; latency counts from the intended arrival, all "
                             "blocks together. A curve ends where there are too few tasks for the "
                             "percentile. The first seven policies of each load; every one has a "
                             "panel of its own further down.");
            lab_emit(page->out, "<div class=\"panels big\">\n");
            is_open = true;
        }
        if (curves.count > 0)
            write_panel(page, first, &curves);
        curves_free(&curves);
    }
    if (is_open)
        lab_emit(page->out, "</div></section>\n");
    return 0;
}
