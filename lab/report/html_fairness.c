/* html_fairness.c - what each client gets under each policy: mean and p99 latency side by side, and
 * Jain's index.
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

enum { BAR = 9, BAR_GAP = 4, POLICY_GAP = 14, LEFT = 90, RIGHT = 12 };

struct share {
    double mean, p99, of_tasks; /* p99 NaN when the number of tasks does not support it */
};

/* Tasks of all clients. */
static double tasks_of(const struct lab_cell *cell) {
    double count = 0;
    for (size_t i = 0; i < cell->run_count; i++) {
        if (cell->runs[i].outcome == LAB_OUTCOME_OK)
            count += (double)cell->runs[i].latency_count;
    }
    return count;
}

static int share_of(struct share *share, const struct lab_cell *cell, uint32_t client) {
    struct lab_latencies latencies;
    int code = lab_latencies_gather(&latencies, cell, LAB_LATENCY_CLIENT, client);
    if (code < 0)
        return code;
    *share = (struct share){latencies.mean, lab_quantile(latencies.sorted, latencies.count, 0.99),
                            (double)latencies.count / tasks_of(cell)};
    lab_latencies_free(&latencies);
    return 0;
}

/* The longest bar or whisker of the group. */
static int longest_of(double *longest, const struct lab_results *results, const char *group) {
    const struct lab_cell *cell = NULL;
    *longest = 0;
    while ((cell = lab_view_next_member(results, group, cell))) {
        uint32_t clients[LAB_CLIENTS_MAX];
        size_t count = lab_latency_clients(cell, clients);
        for (size_t i = 0; i < count; i++) {
            struct share share;
            int code = share_of(&share, cell, clients[i]);
            if (code < 0)
                return code;
            *longest = fmax(*longest, fmax(share.mean, isnan(share.p99) ? 0 : share.p99));
        }
    }
    return 0;
}

static void draw_bar(FILE *out, const struct lab_scale *scale, const struct share *share,
                     uint32_t client, unsigned series, double y) {
    char class[24];
    double mean = lab_scale_at(scale, share->mean), middle = y + BAR / 2.0;
    lab_emit(out, "<g><title>client %u, %s of the tasks: mean %s, p99 %s</title>", client,
             lab_show_percent(share->of_tasks).text, lab_show_seconds(share->mean).text,
             lab_show_seconds(share->p99).text);
    (void)snprintf(class, sizeof(class), "s%u", series);
    lab_svg_rect(out, class, LEFT, y, mean - LEFT, BAR, 2);
    if (!isnan(share->p99)) {
        double p99 = lab_scale_at(scale, share->p99);
        (void)snprintf(class, sizeof(class), "whisker s%u", series);
        lab_svg_line(out, class, mean, middle, p99, middle);
        lab_svg_mark(out, series, p99, middle, 3, NULL);
    }
    lab_emit(out, "</g>\n");
}

/* Returns the y below the policy's bars, or -errno. */
static double draw_policy(struct lab_page *page, const struct lab_scale *scale,
                          const struct lab_cell *cell, double y) {
    uint32_t clients[LAB_CLIENTS_MAX];
    size_t count = lab_latency_clients(cell, clients);
    char jain[48];
    double middle = y + (double)count * (BAR + BAR_GAP) / 2;
    (void)snprintf(jain, sizeof(jain), "Jain %.2f", lab_latency_jain(cell));
    lab_emit(page->out, "<a href=\"#cell-%ld\">", (long)cell->id);
    lab_svg_text_fitted(page->out, "t", LAB_ANCHOR_START, 0, middle - 3, cell->policy, LEFT - 8);
    lab_emit(page->out, "</a>");
    lab_svg_text(page->out, "a", LAB_ANCHOR_START, 0, middle + 11, jain);
    for (size_t i = 0; i < count; i++) {
        struct share share;
        int code = share_of(&share, cell, clients[i]);
        if (code < 0)
            return code;
        draw_bar(page->out, scale, &share, clients[i], (unsigned)(i + 1) % LAB_SERIES_COUNT, y);
        y += BAR + BAR_GAP;
    }
    return y + POLICY_GAP - BAR_GAP;
}

/* Who the bars are: names with their share of the tasks. */
static int draw_legend(FILE *out, const struct lab_cell *cell, double width, double *y) {
    uint32_t clients[LAB_CLIENTS_MAX];
    char names[LAB_CLIENTS_MAX][80];
    const char *pointers[LAB_CLIENTS_MAX];
    unsigned series[LAB_CLIENTS_MAX];
    size_t count = lab_latency_clients(cell, clients);
    for (size_t i = 0; i < count; i++) {
        struct share share;
        int code = share_of(&share, cell, clients[i]);
        if (code < 0)
            return code;
        (void)snprintf(names[i], sizeof(names[i]), "client %u (%s)", clients[i],
                       lab_show_percent(share.of_tasks).text);
        pointers[i] = names[i];
        series[i] = (unsigned)(i + 1);
    }
    *y = lab_svg_legend(out, 0, 12, width, pointers, series, count);
    return 0;
}

static double height_of(const struct lab_results *results, const char *group) {
    const struct lab_cell *cell = NULL;
    double height = 0;
    while ((cell = lab_view_next_member(results, group, cell))) {
        uint32_t clients[LAB_CLIENTS_MAX];
        size_t count = lab_latency_clients(cell, clients);
        if (count > 0)
            height += (double)count * (BAR + BAR_GAP) + POLICY_GAP - BAR_GAP;
    }
    return height;
}

static int draw_panel(struct lab_page *page, const struct lab_cell *first, const char *title,
                      double longest) {
    FILE *out = page->out;
    double width = LAB_WIDTH_NARROW, y = 0;
    const struct lab_cell *cell = NULL;
    double height = height_of(page->results, first->group) + 22 + 36 + 18;
    lab_svg_open(out, page->ids++, width, height, title,
                 "Latency of each client under each policy: the bar is the mean, the mark at the "
                 "end of the line the 99th percentile.");
    int code = draw_legend(out, first, width, &y);
    double top = y;
    struct lab_scale scale = lab_scale_make(0, longest, 0.02, false, LEFT, width - RIGHT);
    double bottom = top + height_of(page->results, first->group);
    lab_svg_axis_x(out, &scale, top, bottom, lab_show_seconds_tick);
    while (code == 0 && (cell = lab_view_next_member(page->results, first->group, cell))) {
        uint32_t clients[LAB_CLIENTS_MAX];
        if (lab_latency_clients(cell, clients) == 0)
            continue;
        y = draw_policy(page, &scale, cell, y);
        code = y < 0 ? (int)y : 0;
    }
    lab_svg_close(out);
    return code;
}

int lab_html_fairness(struct lab_page *page) {
    const struct lab_cell *first = NULL;
    bool is_open = false;
    int code = 0;
    while (code == 0 && (first = lab_view_next_group(page->results, "policies", first))) {
        double longest;
        code = longest_of(&longest, page->results, first->group);
        if (code < 0 || longest <= 0)
            continue;
        if (!is_open) {
            lab_html_section(page->out, "card", "fairness", "Fairness between clients",
                             "Bar: mean latency; mark: p99, where the client has tasks enough. "
                             "Jain's index of the clients' means is 1 when all wait alike.");
            lab_emit(page->out, "<div class=\"panels mid\">\n");
        }
        is_open = true;
        struct lab_name title = lab_view_load_name(page->results, first);
        lab_emit(page->out, "<div class=\"panel\"><h3>%s</h3>\n", title.text);
        code = draw_panel(page, first, title.text, longest);
        lab_emit(page->out, "</div>\n");
    }
    if (is_open)
        lab_emit(page->out, "</div></section>\n");
    return code;
}
