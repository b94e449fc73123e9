/* html_blocks.c - every block shown: one dot a block, for each executor and workload, so that no
 * average hides what the runs did.
 */
#include "lab/report/html.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"
#include "lab/report/svg.h"
#include "lab/report/svg_scale.h"
#include "lab/stats/quantile.h"

#include <math.h>
#include <string.h>

enum { DOTS_MAX = 128, ROW_HEIGHT = 30, LABEL_WIDTH = 122, TOP = 6 };

/* How many times as fast as the baseline a cell was, block by block. */
struct dots {
    double speed[DOTS_MAX];
    uint32_t block[DOTS_MAX];
    int64_t run[DOTS_MAX];
    bool is_noisy[DOTS_MAX];
    size_t count;
};

static const struct lab_run *run_of_block(const struct lab_cell *cell, uint32_t block) {
    for (size_t i = 0; i < cell->run_count; i++) {
        if (cell->runs[i].block == block && cell->runs[i].outcome == LAB_OUTCOME_OK)
            return &cell->runs[i];
    }
    return NULL;
}

static void dots_of(struct dots *dots, const struct lab_cell *base, const struct lab_cell *cell) {
    dots->count = 0;
    for (size_t i = 0; i < cell->run_count && dots->count < DOTS_MAX; i++) {
        const struct lab_run *run = &cell->runs[i];
        const struct lab_run *other = run_of_block(base, run->block);
        if (run->outcome != LAB_OUTCOME_OK || !other)
            continue;
        double speed = lab_view_time(other) / lab_view_time(run);
        if (!isfinite(speed) || speed <= 0)
            continue;
        dots->speed[dots->count] = speed;
        dots->block[dots->count] = run->block;
        dots->run[dots->count] = run->id;
        dots->is_noisy[dots->count] = run->is_noisy || other->is_noisy;
        dots->count++;
    }
}

/* Half the row's height at most; neighbouring blocks never share a height. */
static double dot_offset(uint32_t block) {
    static const double offsets[] = {0, -5.5, 5.5, -2.75, 2.75, -8, 8};
    return offsets[block % (sizeof(offsets) / sizeof(offsets[0]))];
}

static void draw_box(FILE *out, const struct lab_scale *scale, const struct dots *dots,
                     unsigned series, double y) {
    double sorted[DOTS_MAX];
    char class[24];
    memcpy(sorted, dots->speed, dots->count * sizeof(sorted[0]));
    lab_sort(sorted, dots->count);
    double low = lab_scale_at(scale, sorted[(dots->count - 1) / 4]);
    double high = lab_scale_at(scale, sorted[dots->count - 1 - (dots->count - 1) / 4]);
    double middle = lab_scale_at(scale, lab_median(sorted, dots->count));
    (void)snprintf(class, sizeof(class), "box s%u", series % LAB_SERIES_COUNT);
    lab_svg_rect(out, class, low, y - 8, fmax(high - low, 1), 16, 2);
    (void)snprintf(class, sizeof(class), "mid s%u", series % LAB_SERIES_COUNT);
    lab_svg_line(out, class, middle, y - 8, middle, y + 8);
}

static void draw_row(FILE *out, const struct lab_results *results, const struct lab_scale *scale,
                     const struct lab_cell *cell, const struct dots *dots, double y) {
    unsigned series = lab_view_executor_index(results, cell->executor);
    lab_emit(out, "<a href=\"#cell-%ld\">", (long)cell->id);
    lab_svg_mark(out, series, 5, y, 3.4, NULL);
    lab_svg_text_fitted(out, "t", LAB_ANCHOR_START, 14, y + 4, cell->executor, LABEL_WIDTH - 18);
    lab_emit(out, "</a>\n");
    if (dots->count == 0) {
        lab_svg_text(out, "a", LAB_ANCHOR_START, LABEL_WIDTH, y + 4,
                     lab_outcome_name(cell->outcome));
        return;
    }
    draw_box(out, scale, dots, series, y);
    for (size_t i = 0; i < dots->count; i++) {
        char hint[120];
        (void)snprintf(hint, sizeof(hint), "block %u%s: %s (cell %ld, run %ld)", dots->block[i],
                       dots->is_noisy[i] ? ", noisy" : "", lab_show_ratio(dots->speed[i]).text,
                       (long)cell->id, (long)dots->run[i]);
        lab_svg_mark(out, series, lab_scale_at(scale, dots->speed[i]),
                     y + dot_offset(dots->block[i]), 2.6, hint);
    }
}

/* The range of all dots of a group, 1 included; and how many cells it has besides the baseline. */
static size_t range_of(const struct lab_results *results, const struct lab_cell *base, double *low,
                       double *high) {
    const struct lab_cell *cell = NULL;
    size_t rows = 0;
    struct dots dots;
    *low = *high = 1;
    while ((cell = lab_view_next_member(results, base->group, cell))) {
        if (cell == base)
            continue;
        rows++;
        dots_of(&dots, base, cell);
        for (size_t i = 0; i < dots.count; i++) {
            *low = fmin(*low, dots.speed[i]);
            *high = fmax(*high, dots.speed[i]);
        }
    }
    return rows;
}

static void draw_panel(struct lab_page *page, const struct lab_cell *base, size_t rows, double low,
                       double high) {
    FILE *out = page->out;
    const struct lab_cell *cell = NULL;
    double width = LAB_WIDTH_NARROW, bottom = TOP + (double)rows * ROW_HEIGHT;
    double y = TOP + ROW_HEIGHT / 2.0;
    struct lab_scale scale = lab_scale_make(low, high, 0.07, true, LABEL_WIDTH, width - 12);
    struct lab_name name = lab_view_work_name(page->results, base);
    char description[400];
    struct dots dots;
    (void)snprintf(description, sizeof(description),
                   "How many times as fast as %s each executor was in every block of %s, on a "
                   "logarithmic axis; one mark a block, the box holds the middle half.",
                   base->executor, name.text);
    lab_svg_open(out, page->ids++, width, bottom + 22, name.text, description);
    lab_svg_axis_x(out, &scale, TOP, bottom, lab_show_ratio_tick);
    double one = lab_scale_at(&scale, 1);
    lab_svg_line(out, "one", one, TOP, one, bottom);
    while ((cell = lab_view_next_member(page->results, base->group, cell))) {
        if (cell == base)
            continue;
        dots_of(&dots, base, cell);
        draw_row(out, page->results, &scale, cell, &dots, y);
        y += ROW_HEIGHT;
    }
    lab_svg_close(out);
}

void lab_html_blocks(struct lab_page *page) {
    const struct lab_cell *first = NULL;
    bool is_open = false;
    while ((first = lab_view_next_group(page->results, "executors", first))) {
        const struct lab_cell *base = lab_view_baseline(page->results, first->group);
        double low, high;
        size_t rows = base ? range_of(page->results, base, &low, &high) : 0;
        if (rows == 0)
            continue;
        if (!is_open) {
            lab_html_section(
                page->out, "card", "blocks", "Speed, every block shown",
                "How many times as fast as serial, on a logarithmic axis: right of the "
                "dashed line is faster. One mark is one block, the box holds the "
                "middle half of them, the bar is the median.");
            lab_emit(page->out, "<div class=\"panels\">\n");
        }
        is_open = true;
        bool is_serial = strcmp(base->executor, "serial") == 0;
        lab_emit(page->out, "<div class=\"panel\"><h3>%s%s%s</h3>",
                 lab_view_work_name(page->results, base).text, is_serial ? "" : ", against ",
                 is_serial ? "" : base->executor);
        draw_panel(page, base, rows, low, high);
        lab_emit(page->out, "</div>\n");
    }
    if (is_open)
        lab_emit(page->out, "</div></section>\n");
}
