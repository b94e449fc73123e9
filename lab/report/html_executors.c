/* html_executors.c - executors by workload as a table: time, speed with its interval, verdict,
 * memory, CPU.
 */
#include "lab/report/html.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"

#include <math.h>
#include <string.h>

static void write_relation(FILE *out, const struct lab_relation *relation) {
    lab_emit(out, "<td class=\"n\" data-k=\"speed\"");
    if (relation->index >= 0)
        lab_emit(out, " title=\"comparisons[%ld] of study.json; faster in %u of %u blocks\"",
                 relation->index, relation->faster, relation->blocks);
    lab_emit(out, "><b>%s</b> <span class=\"soft\">%s</span></td><td>",
             lab_show_ratio(relation->speed).text,
             lab_show_interval(relation->low, relation->high).text);
    if (relation->index < 0) {
        lab_emit(out, "<span class=\"soft\">not compared</span></td>");
        return;
    }
    lab_html_verdict(out, relation->verdict);
    if (relation->blocks_needed > 0)
        lab_emit(out, " <span class=\"soft nw\">%u blocks would decide</span>",
                 relation->blocks_needed);
    lab_emit(out, "</td>");
}

static void write_measured(struct lab_page *page, const struct lab_cell *base,
                           const struct lab_cell *cell) {
    FILE *out = page->out;
    lab_emit(out, "<td class=\"n\" data-k=\"time a task\">%s</td>",
             lab_show_seconds(lab_view_typical(cell, lab_view_time)).text);
    if (base == cell) {
        lab_emit(out, "<td class=\"n soft\" data-k=\"speed\">1</td><td class=\"soft\">the baseline"
                      "</td>");
    } else {
        struct lab_relation relation =
            lab_view_relation(page->results, base, cell, lab_view_time_metric);
        write_relation(out, &relation);
    }
    double cores = lab_view_typical(cell, lab_view_cpu);
    lab_emit(out,
             "<td class=\"n\" data-k=\"memory\">%s</td><td class=\"n\" data-k=\"cores busy\">"
             "%.2f</td>",
             lab_show_bytes(lab_view_typical(cell, lab_view_memory)).text, cores);
}

static void write_row(struct lab_page *page, const struct lab_cell *base,
                      const struct lab_cell *cell) {
    FILE *out = page->out;
    lab_emit(out, "<tr><th scope=\"row\">%s ", lab_view_executor_name(cell, true).text);
    lab_html_cell(out, cell);
    lab_emit(out, "</th>");
    if (lab_view_ok_count(cell) > 0) {
        write_measured(page, base, cell);
    } else {
        lab_emit(out, "<td></td><td></td><td colspan=\"3\">");
        lab_html_outcome(out, cell->outcome);
        lab_emit(out, " <span class=\"soft\">%s</span></td>", cell->reason);
    }
    lab_emit(out, "</tr>\n");
}

/* A group of which nothing ran needs one row, not one an executor; the section on what could not
 * run has the rest. */
static void write_absent(FILE *out, const struct lab_cell *first) {
    lab_emit(out, "<tr><th scope=\"row\">every executor ");
    lab_html_cell(out, first);
    lab_emit(out, "</th><td></td><td></td><td colspan=\"3\">");
    lab_html_outcome(out, first->outcome);
    lab_emit(out, " <span class=\"soft\">%s</span></td></tr>\n", first->reason);
}

static void write_group(struct lab_page *page, const struct lab_cell *first) {
    const struct lab_cell *base = lab_view_baseline(page->results, first->group), *cell = NULL;
    lab_emit(page->out,
             "<tbody><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"6\">%s "
             "<span class=\"ref\">%s</span></th></tr>\n",
             lab_view_work_name(page->results, first).text, first->kind);
    if (base) {
        while ((cell = lab_view_next_member(page->results, first->group, cell)))
            write_row(page, base, cell);
    } else {
        write_absent(page->out, first);
    }
    lab_emit(page->out, "</tbody>\n");
}

void lab_html_executors(struct lab_page *page) {
    static const char *const columns[] = {"Executor", ">Time a task", ">Speed", "Verdict",
                                          ">Memory",  ">Cores busy",  NULL};
    const struct lab_cell *first = lab_view_next_group(page->results, "executors", NULL);
    if (!first)
        return;
    lab_html_section(
        page->out, "card", "executors", "Executors × workloads",
        "Speed is relative to the baseline, paired by block, with its 95 % interval. "
        "Memory is the proportional set size of the whole process tree, cores busy the "
        "CPU time of its processes by second.");
    lab_html_table(page->out, "stack tight", columns);
    for (; first; first = lab_view_next_group(page->results, "executors", first))
        write_group(page, first);
    lab_emit(page->out, "</table></div></section>\n");
}
