/* sim_page_charts.c - the drawings of a simulation's page: what happened over virtual time, and how
 * waits and responses are distributed, with the formula where there is one. */
#include "lab/simulation/sim_page.h"

#include "lab/report/html.h"
#include "lab/report/svg.h"
#include "lab/report/svg_scale.h"
#include "lab/simulation/sim_spark.h"

#include <math.h>

enum { WIDTH = 350, LEFT = 46, RIGHT = 10, TOP = 8, BOTTOM = 140, HEIGHT = 164 };

/* Names of values at the ticks. */
static struct lab_shown plain_tick(double value) {
    return lab_sim_show(value);
}

static struct lab_shown part_tick(double value) {
    struct lab_shown shown;

    (void)snprintf(shown.text, sizeof shown.text, "%g %%", 100.0 * value + 0.0);
    return shown;
}

static double member(const struct trd_sim_point *point, size_t offset) {
    return *(const double *)((const char *)point + offset);
}

struct series {
    const char *title;
    size_t offset, second; /* of members; SIZE_MAX: there is no second line */
};

/* A staircase: every point is a mean over its step. */
static void draw_steps(FILE *out, const char *class, const struct trd_sim_report *report,
                       size_t offset, const struct lab_scale *x, const struct lab_scale *y) {
    double step_s = (double)report->series_step_ns / 1e9;

    lab_emit(out, "<path class=\"l %s\" d=\"", class);
    for (size_t i = 0; i < report->point_count; i++) {
        double height = lab_scale_at(y, member(&report->series[i], offset));

        lab_emit(out, i == 0 ? "M%.1f,%.1f" : "L%.1f,%.1f", lab_scale_at(x, (double)i * step_s),
                 height);
        lab_emit(out, "H%.1f", lab_scale_at(x, (double)(i + 1) * step_s));
    }
    lab_emit(out, "\"/>\n");
}

/* The area below a staircase. */
static void draw_area(FILE *out, const struct trd_sim_report *report, size_t offset,
                      const struct lab_scale *x, const struct lab_scale *y) {
    double step_s = (double)report->series_step_ns / 1e9, floor_at = lab_scale_at(y, 0.0);

    lab_emit(out, "<path class=\"area s1\" d=\"M%.1f,%.1f", lab_scale_at(x, 0.0), floor_at);
    for (size_t i = 0; i < report->point_count; i++) {
        lab_emit(out, "V%.1fH%.1f", lab_scale_at(y, member(&report->series[i], offset)),
                 lab_scale_at(x, (double)(i + 1) * step_s));
    }
    lab_emit(out, "V%.1fz\"/>\n", floor_at);
}

static void draw_series(struct lab_sim_page *page, const struct series *series) {
    const struct trd_sim_report *report = page->simulated->report;
    double end_s = (double)(report->point_count * report->series_step_ns) / 1e9, high = 0.0;
    struct lab_scale x, y;

    for (size_t i = 0; i < report->point_count; i++) {
        high = fmax(high, member(&report->series[i], series->offset));
        if (series->second != SIZE_MAX) {
            high = fmax(high, member(&report->series[i], series->second));
        }
    }
    x = lab_scale_make(0.0, end_s, 0.0, false, LEFT, WIDTH - RIGHT);
    y = lab_scale_make(0.0, high > 0.0 ? high : 1.0, 0.05, false, BOTTOM, TOP);
    lab_emit(page->out, "<div class=\"panel\"><h3>%s</h3>\n", series->title);
    lab_svg_open(page->out, page->ids++, WIDTH, HEIGHT, series->title,
                 "A line over virtual time; every point is a mean over its step.");
    lab_svg_axis_y(page->out, &y, LEFT, WIDTH - RIGHT, plain_tick);
    lab_svg_axis_x(page->out, &x, TOP, BOTTOM, lab_show_seconds_tick);
    draw_area(page->out, report, series->offset, &x, &y);
    draw_steps(page->out, "live", report, series->offset, &x, &y);
    if (series->second != SIZE_MAX) {
        draw_steps(page->out, "twin", report, series->second, &x, &y);
    }
    lab_svg_close(page->out);
    lab_emit(page->out, "</div>\n");
}

void lab_sim_page_series(struct lab_sim_page *page) {
    static const struct series all[] = {
        {"Tasks waiting", offsetof(struct trd_sim_point, queued), SIZE_MAX},
        {"Workers: busy, and all of them (dashed)", offsetof(struct trd_sim_point, busy),
         offsetof(struct trd_sim_point, workers)},
        {"Tasks done a second", offsetof(struct trd_sim_point, finished_per_s), SIZE_MAX},
    };
    const struct trd_sim_report *report = page->simulated->report;

    if (report->point_count < 2) {
        return;
    }
    lab_html_section(page->out, "card", "time", "Over virtual time",
                     report->replications > 1
                         ? "The first replication, warm-up included."
                         : "The whole run, warm-up included; it starts with an empty system.");
    lab_emit(page->out, "<div class=\"panels mid\">\n");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        draw_series(page, &all[i]);
    }
    lab_emit(page->out, "</div></section>\n");
}

/* P(X > t) on logarithmic axes: a straight line is an exponential tail only on a half of them, but
 * a power law and many decades fit. */
typedef double beyond(const struct lab_sim_request *request,
                      const struct lab_sim_expected *expected, double time_ns);

struct tail {
    const char *title;
    const struct trd_histogram *histogram;
    beyond *formula;
};

/* The part of the values beyond `ns`. */
static double part_beyond(const struct trd_histogram *histogram, double ns) {
    double low = 0.0, high = 1.0;

    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2.0;

        if ((double)trd_histogram_quantile(histogram, middle) <= ns) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return 1.0 - low;
}

static void draw_tail_curve(struct lab_sim_page *page, const struct tail *tail, bool is_formula,
                            const struct lab_scale *x, const struct lab_scale *y) {
    enum { STEPS = 90 };
    const struct lab_simulated *simulated = page->simulated;
    bool is_first = true;

    lab_emit(page->out, "<path class=\"l %s\" d=\"", is_formula ? "formula" : "live");
    for (int i = 0; i <= STEPS; i++) {
        double seconds = x->low * pow(x->high / x->low, (double)i / STEPS);
        double part = is_formula
                          ? tail->formula(simulated->request, &simulated->expected, seconds * 1e9)
                          : part_beyond(tail->histogram, seconds * 1e9);

        if (!(part >= y->low)) {
            break;
        }
        lab_emit(page->out, is_first ? "M%.1f,%.1f" : "L%.1f,%.1f", lab_scale_at(x, seconds),
                 lab_scale_at(y, part));
        is_first = false;
    }
    lab_emit(page->out, "\"/>\n");
}

static void draw_tail(struct lab_sim_page *page, const struct tail *tail) {
    const struct trd_histogram *histogram = tail->histogram;
    /* As far as ten tasks are left. */
    double least = fmax(10.0 / (double)histogram->count, 1e-6);
    double low = (double)trd_histogram_quantile(histogram, 0.02);
    double high = (double)trd_histogram_quantile(histogram, 1.0 - least / 2.0);
    struct lab_scale x, y;
    bool has_formula = page->simulated->expected.has_quantiles;

    low = fmax(low, high / 1e5);
    lab_emit(page->out, "<div class=\"panel\"><h3>%s</h3>\n", tail->title);
    if (!(high > 0.0)) {
        lab_emit(page->out, "<p class=\"soft\">Nobody waits.</p></div>\n");
        return;
    }
    x = lab_scale_make(low / 1e9, high / 1e9, 0.0, true, LEFT, WIDTH - RIGHT);
    y = lab_scale_make(fmin(least, 0.5), 1.0, 0.0, true, BOTTOM, TOP);
    lab_svg_open(page->out, page->ids++, WIDTH, HEIGHT, tail->title,
                 "The part of the tasks beyond each time, on logarithmic axes.");
    lab_svg_axis_y(page->out, &y, LEFT, WIDTH - RIGHT, part_tick);
    lab_svg_axis_x(page->out, &x, TOP, BOTTOM, lab_show_seconds_tick);
    if (has_formula) {
        draw_tail_curve(page, tail, true, &x, &y);
    }
    draw_tail_curve(page, tail, false, &x, &y);
    lab_svg_close(page->out);
    lab_emit(page->out, "</div>\n");
}

/* Responses in classes of equal ratio. */
static void draw_classes(struct lab_sim_page *page) {
    const struct trd_histogram *responses = &page->simulated->report->total.response;
    double low = fmax(1.0, (double)trd_histogram_quantile(responses, 0.0005));
    double high = fmax(low * 1.5, (double)trd_histogram_quantile(responses, 0.9998));
    double counts[LAB_SPARK_WIDTH], highest = 0.0;
    struct lab_scale x, y;

    lab_spark_classes(responses, low, high, counts);
    for (int i = 0; i < LAB_SPARK_WIDTH; i++) {
        counts[i] /= fmax(1.0, (double)responses->count);
        highest = fmax(highest, counts[i]);
    }
    x = lab_scale_make(low / 1e9, high / 1e9, 0.0, true, LEFT, WIDTH - RIGHT);
    y = lab_scale_make(0.0, highest, 0.05, false, BOTTOM, TOP);
    lab_emit(page->out, "<div class=\"panel\"><h3>Responses, how many</h3>\n");
    lab_svg_open(page->out, page->ids++, WIDTH, HEIGHT, "Responses, how many",
                 "Bars: the part of the tasks in each class of responses; classes grow by equal "
                 "ratios.");
    lab_svg_axis_y(page->out, &y, LEFT, WIDTH - RIGHT, part_tick);
    lab_svg_axis_x(page->out, &x, TOP, BOTTOM, lab_show_seconds_tick);
    for (int i = 0; i < LAB_SPARK_WIDTH; i++) {
        double width = (double)(WIDTH - RIGHT - LEFT) / LAB_SPARK_WIDTH;
        double top = lab_scale_at(&y, counts[i]);

        if (counts[i] > 0.0) {
            lab_svg_rect(page->out, "bar s1", LEFT + i * width, top, width, BOTTOM - top, 0);
        }
    }
    lab_svg_close(page->out);
    lab_emit(page->out, "</div>\n");
}

void lab_sim_page_distributions(struct lab_sim_page *page) {
    const struct trd_sim_row *total = &page->simulated->report->total;
    const struct tail waits = {"Waits, the part beyond", &total->wait, lab_sim_expect_wait_beyond};
    const struct tail responses = {"Responses, the part beyond", &total->response,
                                   lab_sim_expect_response_beyond};

    if (total->response.count == 0) {
        return;
    }
    lab_html_section(page->out, "card", "distributions", "Waits and responses",
                     "Logarithmic axes; a curve ends where ten tasks are left.");
    if (page->simulated->expected.has_quantiles) {
        lab_emit(page->out, "<p class=\"keys\"><i class=\"key live\"></i>simulated"
                            "<i class=\"key formula\"></i>formula</p>\n");
    }
    lab_emit(page->out, "<div class=\"panels mid\">\n");
    draw_classes(page);
    draw_tail(page, &waits);
    draw_tail(page, &responses);
    lab_emit(page->out, "</div></section>\n");
}
