/* html_policies.c - policies as a table: latencies, the urgent ones, fairness, completion. */
#include "lab/report/html.h"
#include "lab/report/report_latency.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"
#include "lab/stats/quantile.h"

#include <math.h>
#include <string.h>

static double completion(const struct lab_run *run) {
    return run->wall_s;
}

static double throughput(const struct lab_run *run) {
    return run->wall_s > 0 ? (double)run->tasks / run->wall_s : (double)NAN;
}

static double queue_longest(const struct lab_run *run) {
    return lab_run_metric(run, "queue_max");
}

static void write_quantile(FILE *out, const struct lab_latencies *latencies, double p,
                           const char *key) {
    double seconds = lab_quantile(latencies->sorted, latencies->count, p);
    lab_emit(out, "<td class=\"n\" data-k=\"%s\">%s</td>", key,
             isnan(seconds) ? "–" : lab_show_seconds(seconds).text);
}

static int write_urgent(FILE *out, const struct lab_cell *cell) {
    struct lab_latencies latencies;
    if (!lab_latency_has_priorities(cell)) {
        lab_emit(out, "<td class=\"n soft\">–</td>");
        return 0;
    }
    int code = lab_latencies_gather(&latencies, cell, LAB_LATENCY_URGENT, 0);
    if (code < 0)
        return code;
    write_quantile(out, &latencies, 0.5, "urgent p50");
    lab_latencies_free(&latencies);
    return 0;
}

static int write_latencies(FILE *out, const struct lab_cell *cell) {
    struct lab_latencies latencies;
    int code = lab_latencies_gather(&latencies, cell, LAB_LATENCY_ALL, 0);
    if (code < 0)
        return code;
    lab_emit(out, "<td class=\"n\" data-k=\"mean\">%s</td>", lab_show_seconds(latencies.mean).text);
    write_quantile(out, &latencies, 0.5, "p50");
    write_quantile(out, &latencies, 0.99, "p99");
    write_quantile(out, &latencies, 0.999, "p99.9");
    lab_emit(out, "<td class=\"n\" data-k=\"max\">%s</td>", lab_show_seconds(latencies.max).text);
    lab_latencies_free(&latencies);
    return write_urgent(out, cell);
}

/* The tail against the baseline policy, as a ratio of latencies: above 1 is a longer tail. */
static void write_tail(struct lab_page *page, const struct lab_cell *base,
                       const struct lab_cell *cell) {
    struct lab_relation relation = lab_view_relation(page->results, base, cell, "p99 latency");
    if (base == cell || relation.index < 0) {
        lab_emit(page->out, "<td class=\"n soft\">%s</td>", base == cell ? "1" : "–");
        return;
    }
    lab_emit(page->out,
             "<td class=\"n\" data-k=\"p99 against %s\" title=\"comparisons[%ld] of study.json: "
             "%s\">%s <span class=\"soft\">%s</span></td>",
             base->policy, relation.index, lab_verdict_name(relation.verdict),
             lab_show_ratio(1 / relation.speed).text,
             lab_show_interval(1 / relation.high, 1 / relation.low).text);
}

static int write_row(struct lab_page *page, const struct lab_cell *base,
                     const struct lab_cell *cell) {
    FILE *out = page->out;
    lab_emit(out, "<tr><th scope=\"row\">%s ", cell->policy);
    lab_html_cell(out, cell);
    lab_emit(out, "</th>");
    if (lab_view_ok_count(cell) == 0) {
        lab_emit(out, "<td colspan=\"12\">");
        lab_html_outcome(out, cell->outcome);
        lab_emit(out, " <span class=\"soft\">%s</span></td></tr>\n", cell->reason);
        return 0;
    }
    int code = write_latencies(out, cell);
    if (code < 0)
        return code;
    write_tail(page, base, cell);
    double queue = lab_view_typical(cell, queue_longest);
    double goodput = lab_view_typical(cell, lab_view_goodput);
    lab_emit(out,
             "<td class=\"n\" data-k=\"Jain\">%.2f</td><td class=\"n\" data-k=\"longest "
             "queue\">%s</td><td class=\"n\" data-k=\"goodput\">%s</td>",
             lab_latency_jain(cell), isnan(queue) ? "–" : lab_show_count(queue).text,
             isnan(goodput) ? "–" : lab_show_percent(goodput).text);
    lab_emit(out,
             "<td class=\"n\" data-k=\"completion\">%s</td><td class=\"n\" "
             "data-k=\"tasks a second\">%s</td></tr>\n",
             lab_show_seconds(lab_view_typical(cell, completion)).text,
             lab_show_count(lab_view_typical(cell, throughput)).text);
    return 0;
}

int lab_html_policies(struct lab_page *page) {
    static const char *const columns[] = {"Policy",   ">Mean",  ">p50",        ">p99",
                                          ">p99.9",   ">Max",   ">Urgent p50", ">p99 against first",
                                          ">Jain",    ">Queue", ">Goodput",    ">Done in",
                                          ">Tasks/s", NULL};
    const struct lab_cell *first = lab_view_next_group(page->results, "policies", NULL);
    int code = 0;
    if (!first)
        return 0;
    lab_html_section(page->out, "card", "policies", "Scheduling policies in numbers",
                     "The same seeded arrivals for every policy. A percentile is printed only when "
                     "there are tasks enough for it (p99: 368, p99.9: 3 688). Urgent: the tasks of "
                     "the highest priority. Against first: p99 as a ratio to that of the first "
                     "policy, paired by block, "
                     "with its 95 % interval. Queue: the longest seen. Goodput: where clients "
                     "give up, the share of the capacity that worked for those who still waited.");
    lab_html_table(page->out, "stack tight", columns);
    for (; first && code == 0; first = lab_view_next_group(page->results, "policies", first)) {
        const struct lab_cell *base = lab_view_baseline(page->results, first->group), *cell = NULL;
        lab_emit(page->out,
                 "<tbody><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"13\">%s</th></tr>\n",
                 lab_view_load_name(page->results, first).text);
        while (code == 0 && (cell = lab_view_next_member(page->results, first->group, cell)))
            code = write_row(page, base, cell);
        lab_emit(page->out, "</tbody>\n");
    }
    lab_emit(page->out, "</table></div></section>\n");
    return code;
}
