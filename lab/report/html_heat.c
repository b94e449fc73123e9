/* html_heat.c - pool size against workload: how much each size buys, as a map of colours. */
#include "lab/report/html.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"
#include "lab/report/svg.h"
#include "lab/stats/best_set.h"

#include <math.h>
#include <string.h>

enum { COLUMNS_MAX = 48, ROW_HEIGHT = 30, GAP = 3, HEAD = 24, HEADING = 22 };

/* Columns: every fixed size, ascending, then the adaptive sizer (0) when it ran. */
struct columns {
    uint32_t sizes[COLUMNS_MAX];
    size_t count;
};

static bool is_adaptive(const struct lab_cell *cell) {
    return strcmp(cell->sizer, "adaptive") == 0;
}

static void add_column(struct columns *columns, uint32_t size) {
    size_t at = 0;
    while (at < columns->count && columns->sizes[at] < size)
        at++;
    if ((at < columns->count && columns->sizes[at] == size) || columns->count == COLUMNS_MAX - 1)
        return;
    memmove(&columns->sizes[at + 1], &columns->sizes[at],
            (columns->count - at) * sizeof(columns->sizes[0]));
    columns->sizes[at] = size;
    columns->count++;
}

static struct columns columns_of(const struct lab_results *results) {
    struct columns columns = {.count = 0};
    bool has_adaptive = false;
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct lab_cell *cell = &results->cells[i];
        if (strcmp(cell->part, "sizes") != 0 || lab_view_ok_count(cell) == 0)
            continue;
        if (is_adaptive(cell))
            has_adaptive = true;
        else
            add_column(&columns, cell->workers);
    }
    if (has_adaptive)
        columns.sizes[columns.count++] = 0;
    return columns;
}

/* A row: the cells of one executor and variant in a group. */
struct row {
    const struct lab_cell *first;
    const struct lab_cell *base; /* its smallest fixed size that ran */
    struct lab_rank ranks[LAB_GROUP_MAX];
    size_t rank_count;
    double y;
};

static const struct lab_cell *row_next(const struct lab_results *results,
                                       const struct lab_cell *first,
                                       const struct lab_cell *previous) {
    const struct lab_cell *cell = previous;
    do
        cell = lab_view_next_member(results, first->group, cell);
    while (cell && (strcmp(cell->executor, first->executor) != 0 ||
                    strcmp(cell->variant, first->variant) != 0));
    return cell;
}

static const struct lab_cell *base_of(const struct lab_results *results,
                                      const struct lab_cell *first) {
    const struct lab_cell *base = NULL, *cell = NULL;
    while ((cell = row_next(results, first, cell))) {
        bool is_fixed = !is_adaptive(cell) && lab_view_ok_count(cell) > 0;
        if (is_fixed && (!base || cell->workers < base->workers))
            base = cell;
    }
    return base;
}

/* The next row's first cell: of a new group, executor or variant, of which something ran. */
static const struct lab_cell *next_row(const struct lab_results *results,
                                       const struct lab_cell *previous) {
    const struct lab_cell *cell = previous ? previous + 1 : results->cells;
    const struct lab_cell *end = results->cells + results->cell_count;
    for (; cell && cell < end; cell++) {
        if (strcmp(cell->part, "sizes") == 0 && row_next(results, cell, NULL) == cell &&
            base_of(results, cell))
            return cell;
    }
    return NULL;
}

static bool is_best(const struct row *row, const struct lab_cell *cell) {
    for (size_t i = 0; i < row->rank_count; i++) {
        if (row->ranks[i].cell == cell)
            return row->ranks[i].is_best;
    }
    return false;
}

/* Steps of the colour scale; orange is a loss, grey no change, blue a gain. */
static const char *colour_of(double speed) {
    static const struct {
        double below;
        const char *class;
    } steps[] = {{0.75, "n2"}, {0.95, "n1"}, {1.05, "z0"}, {1.5, "p1"},
                 {2.5, "p2"},  {4.5, "p3"},  {9, "p4"},    {18, "p5"}};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (speed < steps[i].below)
            return steps[i].class;
    }
    return "p6";
}

struct box {
    double x, y, width;
};

static void draw_cell(struct lab_page *page, const struct row *row, const struct lab_cell *cell,
                      struct box box) {
    FILE *out = page->out;
    double height = ROW_HEIGHT - GAP, middle = box.x + box.width / 2;
    double baseline = box.y + height / 2 + 4;
    if (lab_view_ok_count(cell) == 0) {
        lab_svg_text(out, "a", LAB_ANCHOR_MIDDLE, middle, baseline, "–");
        return;
    }
    struct lab_relation relation = {.speed = 1, .low = (double)NAN, .high = (double)NAN};
    if (cell != row->base)
        relation = lab_view_relation(page->results, row->base, cell, lab_view_time_metric);
    const char *class = colour_of(relation.speed);
    bool is_dark = strcmp(class, "p5") == 0 || strcmp(class, "p6") == 0;
    struct lab_shown speed = lab_show_ratio(relation.speed);
    lab_emit(out, "<a href=\"#cell-%ld\"><title>%s, %s: %s %s, %s a task (cell %ld)</title>",
             (long)cell->id, cell->workload, lab_view_executor_name(cell, true).text, speed.text,
             lab_show_interval(relation.low, relation.high).text,
             lab_show_seconds(lab_view_typical(cell, lab_view_time)).text, (long)cell->id);
    lab_svg_rect(out, class, box.x, box.y, box.width, height, 4);
    if (lab_svg_text_width(speed.text, LAB_SVG_FONT) <= box.width)
        lab_svg_text(out, is_dark ? "on2" : "on1", LAB_ANCHOR_MIDDLE, middle, baseline, speed.text);
    if (is_best(row, cell))
        lab_svg_rect(out, "best", box.x + 0.5, box.y + 0.5, box.width - 1, height - 1, 4);
    lab_emit(out, "</a>\n");
}

/* Rows are of Treadle's pool unless they say otherwise. */
static const char *executor_suffix(const struct lab_cell *cell) {
    if (strcmp(cell->executor, "stdlib-processes") == 0)
        return ", processes";
    return strcmp(cell->executor, "stdlib-threads") == 0 ? ", stdlib" : "";
}

static void draw_row(struct lab_page *page, const struct row *row, const struct columns *columns,
                     double left, double column_width) {
    const struct lab_cell *first = row->first;
    char label[200];
    (void)snprintf(label, sizeof(label), "%.80s%s%.80s%s", first->workload,
                   first->variant[0] ? " " : "", first->variant, executor_suffix(first));
    lab_emit(page->out, "<g><title>%s, %s</title>", label, first->executor);
    lab_svg_text_fitted(page->out, "t", LAB_ANCHOR_END, left - 8,
                        row->y + (ROW_HEIGHT - GAP) / 2.0 + 4, label, left - 8);
    lab_emit(page->out, "</g>\n");
    for (size_t i = 0; i < columns->count; i++) {
        const struct lab_cell *cell = NULL;
        struct box box = {left + (double)i * column_width, row->y, column_width - GAP};
        while ((cell = row_next(page->results, row->first, cell))) {
            if (is_adaptive(cell) ? columns->sizes[i] == 0 : cell->workers == columns->sizes[i])
                draw_cell(page, row, cell, box);
        }
    }
}

static void draw_head(FILE *out, const struct columns *columns, double left, double column_width) {
    double last_end = 0;
    lab_svg_text_fitted(out, "a", LAB_ANCHOR_END, left - 8, 12, "workers", left - 8);
    for (size_t i = 0; i < columns->count; i++) {
        char size[16] = "auto";
        if (columns->sizes[i] > 0)
            (void)snprintf(size, sizeof(size), "%u", columns->sizes[i]);
        double middle = left + (double)i * column_width + (column_width - GAP) / 2;
        double half = lab_svg_text_width(size, LAB_SVG_FONT) / 2;
        if (middle - half < last_end + 3)
            continue;
        lab_svg_text(out, "a", LAB_ANCHOR_MIDDLE, middle, 12, size);
        last_end = middle + half;
    }
}

/* Does this row begin another interpreter's rows, so that they need its name above them? */
static bool has_heading(const struct lab_results *results, const struct lab_cell *first,
                        const struct lab_cell *before) {
    return lab_view_has_interpreters(results) &&
           (!before || strcmp(first->interpreter, before->interpreter) != 0);
}

static double height_of(const struct lab_results *results) {
    const struct lab_cell *first = NULL, *before = NULL;
    double height = HEAD;
    while ((first = next_row(results, first))) {
        height += ROW_HEIGHT + (has_heading(results, first, before) ? HEADING : 0);
        before = first;
    }
    return height;
}

static void draw_map(struct lab_page *page, const struct columns *columns, double width) {
    const struct lab_results *results = page->results;
    const struct lab_cell *first = NULL, *before = NULL;
    double left = width > LAB_WIDTH_NARROW ? 132 : 84, y = HEAD;
    double column_width = (width - left + GAP) / (double)columns->count;
    lab_svg_open(page->out, page->ids++, width, height_of(results), "Pool size against workload",
                 "Throughput of each pool size relative to the smallest size, for each workload. "
                 "The statistically best sizes are outlined. The same numbers are in the table of "
                 "all cells.");
    draw_head(page->out, columns, left, column_width);
    while ((first = next_row(results, first))) {
        if (has_heading(results, first, before)) {
            lab_svg_text(page->out, "t b", LAB_ANCHOR_START, 0, y + 13, first->interpreter);
            y += HEADING;
        }
        struct row row = {.first = first, .base = base_of(results, first), .y = y};
        row.rank_count =
            lab_best_set(results, first->group, first->executor, first->variant, row.ranks, NULL);
        draw_row(page, &row, columns, left, column_width);
        y += ROW_HEIGHT;
        before = first;
    }
    lab_svg_close(page->out);
}

void lab_html_heat(struct lab_page *page) {
    struct columns columns = columns_of(page->results);
    if (columns.count == 0)
        return;
    lab_html_section(page->out, "card", "sizes", "Pool size × workload",
                     "Throughput relative to the row's smallest size. Outlined: the best sizes, as "
                     "far as the study can tell them apart. auto: the adaptive sizer.");
    lab_emit(page->out, "<div class=\"wide\">");
    draw_map(page, &columns, LAB_WIDTH_WIDE);
    lab_emit(page->out, "</div><div class=\"narrow\">");
    draw_map(page, &columns, LAB_WIDTH_NARROW);
    lab_emit(page->out, "</div></section>\n");
}
