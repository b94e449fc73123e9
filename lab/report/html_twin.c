/* html_twin.c - each policy's latencies three times over each other: as measured, as the simulator
 * makes them of the very same arrivals, and as the formula of the steady state has them. Axes as in
 * html_latency.c; one panel a policy, one scale a load.
 */
#include "lab/report/html.h"
#include "lab/report/report_latency.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"
#include "lab/report/svg.h"
#include "lab/report/svg_scale.h"
#include "lab/stats/quantile.h"
#include "lab/twin/twin.h"

#include <math.h>

enum { STEPS = 48, WIDTH = 350, HEIGHT = 176, LEFT = 48, TOP = 8, BOTTOM = 152 };

/* The tail that is drawn, log10(1/(1-p)): to p99.9, and where the tasks support it. */
#define TAIL_MAX 3.0

static double share_at(double tail) {
    return 1 - pow(10, -tail);
}

/* Seconds at a share of the tasks; NaN: not known there. */
typedef double quantile_at(const void *source, double p);

static double live_at(const void *source, double p) {
    const struct lab_latencies *latencies = source;
    return lab_quantile(latencies->sorted, latencies->count, p);
}

static double twin_at(const void *source, double p) {
    const struct lab_twin *twin = source;
    return lab_quantile_is_supported(twin->response.count, p)
               ? (double)trd_histogram_quantile(&twin->response, p) / 1e9
               : NAN;
}

static double formula_at(const void *source, double p) {
    const struct lab_twin *twin = source;
    return twin->has_formula ? lab_formula_quantile(&twin->formula, p) : NAN;
}

static void draw_curve(FILE *out, const char *class, const struct lab_scale *x,
                       const struct lab_scale *y, quantile_at *at, const void *source) {
    bool is_first = true;
    lab_emit(out, "<path class=\"l %s\" d=\"", class);
    for (int i = 0; i <= STEPS; i++) {
        double tail = fmax(x->high * i / STEPS, 0.01);
        double seconds = at(source, share_at(tail));
        if (!(seconds > 0))
            continue;
        lab_emit(out, is_first ? "M%.1f,%.1f" : "L%.1f,%.1f", lab_scale_at(x, tail),
                 lab_scale_at(y, seconds));
        is_first = false;
    }
    lab_emit(out, "\"/>\n");
}

static void draw_axes(FILE *out, const struct lab_scale *x, const struct lab_scale *y) {
    static const double percents[] = {50, 90, 99, 99.9};
    lab_svg_axis_y(out, y, LEFT, WIDTH - 8, lab_show_seconds_tick);
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        char label[16];
        double at = lab_scale_at(x, -log10(1 - percents[i] / 100));
        (void)snprintf(label, sizeof(label), "p%g", percents[i]);
        lab_svg_line(out, "g", at, TOP, at, BOTTOM);
        lab_svg_text(out, "a", LAB_ANCHOR_MIDDLE, at, BOTTOM + 15, label);
    }
}

/* The smallest and the largest latency that any panel of the group has to show. */
static int range_of(const struct lab_results *results, const char *group, double *low,
                    double *high) {
    const struct lab_cell *cell = NULL;
    *low = HUGE_VAL;
    *high = 0;
    while ((cell = lab_view_next_member(results, group, cell))) {
        struct lab_latencies latencies;
        if (!cell->twin)
            continue;
        int code = lab_latencies_gather(&latencies, cell, LAB_LATENCY_ALL, 0);
        if (code < 0)
            return code;
        for (int i = 0; i <= STEPS; i++) {
            double p = share_at(fmax(TAIL_MAX * i / STEPS, 0.05));
            *low = fmin(*low, fmin(live_at(&latencies, p), twin_at(cell->twin, p)));
            *high = fmax(*high, fmax(live_at(&latencies, p), twin_at(cell->twin, p)));
        }
        lab_latencies_free(&latencies);
    }
    return 0;
}

/* "mean 12 ms, simulated 11.6 ms, formula 11.8 ms" */
static void write_means(FILE *out, const struct lab_cell *cell,
                        const struct lab_latencies *latencies) {
    const struct lab_twin *twin = cell->twin;
    lab_emit(out, "<div class=\"soft\">mean %s, simulated %s",
             lab_show_seconds(latencies->mean).text,
             lab_show_seconds(trd_histogram_mean(&twin->response) / 1e9).text);
    if (twin->has_formula)
        lab_emit(out, ", formula %s", lab_show_seconds(twin->formula.mean_s).text);
    if (!isnan(twin->goodput))
        lab_emit(out, "; goodput %s, simulated %s",
                 lab_show_percent(lab_view_typical(cell, lab_view_goodput)).text,
                 lab_show_percent(twin->goodput).text);
    lab_emit(out, "</div>\n");
}

static int write_panel(struct lab_page *page, const struct lab_cell *cell, double low,
                       double high) {
    FILE *out = page->out;
    struct lab_latencies latencies;
    int code = lab_latencies_gather(&latencies, cell, LAB_LATENCY_ALL, 0);
    if (code < 0)
        return code;
    struct lab_scale x = lab_scale_make(0, TAIL_MAX, 0, false, LEFT, WIDTH - 8);
    struct lab_scale y = lab_scale_make(low, high, 0.04, true, BOTTOM, TOP);
    lab_emit(out, "<div class=\"panel\"><h3>%s ", cell->policy);
    lab_html_cell(out, cell);
    lab_emit(out, "</h3>\n");
    write_means(out, cell, &latencies);
    lab_svg_open(out, page->ids++, WIDTH, HEIGHT, cell->policy,
                 "Latency at each percentile: measured, simulated from the same arrivals, and by "
                 "formula where one is known.");
    draw_axes(out, &x, &y);
    draw_curve(out, "formula", &x, &y, formula_at, cell->twin);
    draw_curve(out, "live", &x, &y, live_at, &latencies);
    draw_curve(out, "twin", &x, &y, twin_at, cell->twin);
    lab_svg_close(out);
    lab_emit(out, "</div>\n");
    lab_latencies_free(&latencies);
    return 0;
}

static bool has_twins(const struct lab_results *results, const char *group) {
    const struct lab_cell *cell = NULL;
    while ((cell = lab_view_next_member(results, group, cell))) {
        if (cell->twin)
            return true;
    }
    return false;
}

static void open_section(FILE *out) {
    lab_html_section(out, "card", "twins", "Policies: measured, simulated, and by formula",
                     "The simulator runs the same policy on the arrivals and running times of each "
                     "run, so what differs from the measurement is the cost of handing tasks over. "
                     "The formula is that of the steady state, which a run of seconds that starts "
                     "empty only approaches; it is known for exponential sizes: the mean for every "
                     "policy that is blind to sizes, the distribution for first in, first out.");
    lab_emit(out, "<p class=\"keys\"><span class=\"key live\"></span> measured "
                  "<span class=\"key twin\"></span> simulated "
                  "<span class=\"key formula\"></span> formula</p>\n");
}

static int write_group(struct lab_page *page, const struct lab_cell *first) {
    const struct lab_cell *cell = NULL;
    double low, high;
    int code = range_of(page->results, first->group, &low, &high);
    if (code < 0)
        return code;
    lab_emit(page->out, "<h3 class=\"over\">%s</h3>\n<div class=\"panels mid\">\n",
             lab_view_load_name(page->results, first).text);
    while (code == 0 && (cell = lab_view_next_member(page->results, first->group, cell))) {
        if (cell->twin)
            code = write_panel(page, cell, low, high);
    }
    lab_emit(page->out, "</div>\n");
    return code;
}

int lab_html_twins(struct lab_page *page) {
    const struct lab_cell *first = NULL;
    bool is_open = false;
    int code = 0;
    while (code == 0 && (first = lab_view_next_group(page->results, "policies", first))) {
        if (!has_twins(page->results, first->group))
            continue;
        if (!is_open)
            open_section(page->out);
        is_open = true;
        code = write_group(page, first);
    }
    if (is_open)
        lab_emit(page->out, "</section>\n");
    return code;
}
