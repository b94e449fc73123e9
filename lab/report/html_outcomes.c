/* html_outcomes.c - what worked, failed, hung or could not run at all, with the cause of each and
 * the command that changes it. An outcome is a result, never a time.
 */
#include "lab/report/html.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"

#include <string.h>

/* The claim of "outcomes/T5/io-lambda". */
static struct lab_name claim_of(const struct lab_cell *cell) {
    struct lab_name claim = {""};
    const char *from = strchr(cell->group, '/');
    const char *to = from ? strchr(from + 1, '/') : NULL;
    if (to)
        (void)snprintf(claim.text, sizeof(claim.text), "%.*s", (int)(to - from - 1), from + 1);
    return claim;
}

static void write_outcome(struct lab_page *page, const struct lab_cell *cell, bool is_first) {
    FILE *out = page->out;
    lab_emit(out, "<tr><td class=\"soft\">%s</td><th scope=\"row\">%s</th>",
             is_first ? claim_of(cell).text : "", is_first ? cell->workload : "");
    lab_emit(out, "<td>%s%s%s%s%s ", cell->executor, cell->variant[0] ? " (" : "", cell->variant,
             cell->variant[0] ? ")" : "", lab_view_has_interpreters(page->results) ? " · " : "");
    if (lab_view_has_interpreters(page->results))
        lab_emit(out, "%s ", cell->interpreter);
    lab_html_cell(out, cell);
    lab_emit(out, "</td><td>");
    lab_html_outcome(out, cell->outcome);
    lab_emit(out, "</td><td class=\"soft\">%s</td></tr>\n", cell->reason);
}

void lab_html_outcomes(struct lab_page *page) {
    static const char *const columns[] = {"Claim",   "Situation", "Executor",
                                          "Outcome", "Cause",     NULL};
    const struct lab_cell *first = lab_view_next_group(page->results, "outcomes", NULL);
    if (!first)
        return;
    lab_html_section(
        page->out, "card", "outcomes", "Does it work at all?",
        "Situations that break some executors, each tried once. A failure or a hang is "
        "a result with its cause, never a time.");
    lab_html_table(page->out, "stack tight", columns);
    for (; first; first = lab_view_next_group(page->results, "outcomes", first)) {
        const struct lab_cell *cell = NULL;
        lab_emit(page->out, "<tbody>");
        while ((cell = lab_view_next_member(page->results, first->group, cell)))
            write_outcome(page, cell, cell == first);
        lab_emit(page->out, "</tbody>\n");
    }
    lab_emit(page->out, "</table></div></section>\n");
}

/* Cells that did not run and share part, workload, variant, interpreter and cause are one row. */
static bool is_same_lack(const struct lab_cell *a, const struct lab_cell *b) {
    return a->outcome == b->outcome && strcmp(a->part, b->part) == 0 &&
           strcmp(a->workload, b->workload) == 0 && strcmp(a->variant, b->variant) == 0 &&
           strcmp(a->interpreter, b->interpreter) == 0 && strcmp(a->reason, b->reason) == 0 &&
           strcmp(a->install, b->install) == 0;
}

static bool is_lacking(const struct lab_cell *cell) {
    bool is_result = strcmp(cell->part, "outcomes") == 0 && cell->outcome != LAB_OUTCOME_SKIPPED &&
                     cell->outcome != LAB_OUTCOME_MISSING;
    return cell->outcome != LAB_OUTCOME_OK && !is_result;
}

static bool is_first_lack(const struct lab_results *results, size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (is_lacking(&results->cells[i]) &&
            is_same_lack(&results->cells[i], &results->cells[index]))
            return false;
    }
    return is_lacking(&results->cells[index]);
}

static void write_lack(struct lab_page *page, size_t index) {
    const struct lab_results *results = page->results;
    const struct lab_cell *cell = &results->cells[index];
    lab_emit(page->out, "<tr><th scope=\"row\">%s <span class=\"soft\">%s</span></th><td>",
             lab_view_work_name(results, cell).text, cell->part);
    for (size_t i = index; i < results->cell_count; i++) {
        if (!is_lacking(&results->cells[i]) || !is_same_lack(cell, &results->cells[i]))
            continue;
        lab_emit(page->out, "%s%s ", i == index ? "" : ", ",
                 lab_view_executor_name(&results->cells[i], strcmp(cell->part, "sizes") == 0).text);
        lab_html_cell(page->out, &results->cells[i]);
    }
    lab_emit(page->out, "</td><td>");
    lab_html_outcome(page->out, cell->outcome);
    lab_emit(page->out, "</td><td class=\"soft\">%s</td><td>", cell->reason);
    if (cell->install[0])
        lab_emit(page->out, "<code>%s</code>", cell->install);
    lab_emit(page->out, "</td></tr>\n");
}

void lab_html_missing(struct lab_page *page) {
    static const char *const columns[] = {"Workload", "Executors",  "Outcome",
                                          "Cause",    "What helps", NULL};
    bool is_open = false;
    for (size_t i = 0; i < page->results->cell_count; i++) {
        if (!is_first_lack(page->results, i))
            continue;
        if (!is_open) {
            lab_html_section(page->out, "card", "missing", "What could not run, and how to get it",
                             "These rows have no numbers; the study goes on without them.");
            lab_html_table(page->out, "stack", columns);
            lab_emit(page->out, "<tbody>\n");
        }
        is_open = true;
        write_lack(page, i);
    }
    if (is_open)
        lab_emit(page->out, "</tbody></table></div></section>\n");
}
