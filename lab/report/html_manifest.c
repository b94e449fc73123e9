/* html_manifest.c - how the study was made and how to repeat it, what the words mean, and every
 * cell with its place in study.json.
 */
#include "lab/report/html.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"

#include <math.h>
#include <string.h>

void lab_html_manifest(struct lab_page *page) {
    const struct lab_results *results = page->results;
    const char *command = lab_results_fact(results, "command");
    const char *seed = lab_results_fact(results, "seed");
    lab_html_section(page->out, "card half", "manifest", "How to repeat it",
                     "The same seed gives the same order of cells, the same arrivals and the same "
                     "inputs. Raw samples are in study.db.");
    if (command[0])
        lab_emit(page->out, "<pre tabindex=\"0\"><code>%s</code></pre>", command);
    if (seed[0] && !strstr(command, "--seed"))
        lab_emit(page->out, "<p class=\"sub\">With <code>--seed %s</code>.</p>", seed);
    lab_emit(page->out, "<dl>\n");
    for (size_t i = 0; i < results->fact_count; i++) {
        if (strcmp(results->facts[i].key, "command") != 0)
            lab_emit(page->out, "<dt>%s</dt><dd>%s</dd>\n", results->facts[i].key,
                     results->facts[i].value);
    }
    lab_emit(page->out, "</dl></section>\n");
}

void lab_html_glossary(struct lab_page *page) {
    static const char *const words[][2] = {
        {"Block", "Every cell of a comparison run once, in random order. Cells are compared within "
                  "blocks, so what the machine did during one happens to all of them."},
        {"Speed, 1.31× [1.26, 1.37]",
         "How many times as fast: the Hodges-Lehmann estimate over the blocks and its 95 % "
         "interval. Where only the medians could be compared there is no interval."},
        {"faster, slower", "The whole interval lies beyond the margin. “Maybe negligible”: it "
                           "excludes 1 but reaches into the margin."},
        {"tie",
         "The 90 % interval lies inside the margin: the two are equal for all that matters."},
        {"undecided", "The blocks do not tell. Where it says how many would, that is an estimate."},
        {"Best set, outlined", "What no other cell is shown to beat, with the error over all pairs "
                               "kept at 5 %. Often several: then choose by other reasons."},
        {"Load", "Arriving work against what the workers can do. Below 1 the queue comes and goes, "
                 "above 1 it only grows."},
        {"Latency",
         "From the moment a task was meant to arrive until it was done, so waiting for a "
         "late submitter counts."},
        {"p99", "99 of 100 tasks were done by then."},
        {"Jain's index", "1 when all clients fare alike, 1/n when one of n gets everything."},
        {"c12",
         "A cell: one workload on one executor at one size. The link leads to its row below, "
         "which names its place in study.json."},
    };
    lab_html_section(page->out, "card half", "words", "How to read this",
                     "The words, in the order they are met.");
    lab_emit(page->out, "<dl class=\"words\">\n");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        lab_emit(page->out, "<dt>%s</dt><dd>%s</dd>\n", words[i][0], words[i][1]);
    lab_emit(page->out, "</dl></section>\n");
}

static void write_cell(struct lab_page *page, const struct lab_cell *cell) {
    FILE *out = page->out;
    lab_emit(out,
             "<tr id=\"cell-%ld\"><th scope=\"row\">c%ld</th><td><code>cells[%zu]</code></td>"
             "<td data-k=\"part\">%s</td>",
             (long)cell->id, (long)cell->id, lab_view_cell_index(page->results, cell), cell->part);
    lab_emit(out, "<td>%s</td><td>%s%s%s%s", lab_view_work_name(page->results, cell).text,
             lab_view_executor_name(cell, true).text, cell->policy[0] ? ", " : "", cell->policy,
             cell->load > 0 ? ", load " : "");
    if (cell->load > 0)
        lab_emit(out, "%.2f", cell->load);
    lab_emit(out, "</td><td class=\"n\" data-k=\"runs ok\">%zu of %zu</td>",
             lab_view_ok_count(cell), cell->run_count);
    double seconds = lab_view_typical(cell, lab_view_time);
    lab_emit(out, "<td class=\"n\" data-k=\"median time a task\">%s</td><td>%s</td></tr>\n",
             isnan(seconds) ? "–" : lab_show_seconds(seconds).text,
             lab_outcome_name(cell->outcome));
}

void lab_html_cells(struct lab_page *page) {
    static const char *const columns[] = {
        "Cell",     "study.json",          "Part",    "Workload", "Executor",
        ">Runs ok", ">Median time a task", "Outcome", NULL};
    const struct lab_results *results = page->results;
    if (results->cell_count == 0)
        return;
    lab_html_section(page->out, "card", "cells", "Every cell",
                     "Where each number of this report comes from. study.json holds every run, "
                     "study.db every sample.");
    lab_emit(page->out, "<details><summary>Show all %zu cells</summary>\n", results->cell_count);
    lab_html_table(page->out, "stack", columns);
    lab_emit(page->out, "<tbody>\n");
    for (size_t i = 0; i < results->cell_count; i++)
        write_cell(page, &results->cells[i]);
    lab_emit(page->out, "</tbody></table></div></details></section>\n");
}
