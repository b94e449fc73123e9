/* report_html.c - the HTML report: the page around its sections. */
#include "lab/report/html.h"
#include "lab/report/report.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"

/* Few policies' charts fit beside the claims; with more of them each gets the whole width. */
enum { PANELS_BESIDE_MAX = 2 };

static bool has_few_policies(const struct lab_results *results) {
    const struct lab_cell *first = NULL;
    int count = 0;
    while ((first = lab_view_next_group(results, "policies", first)))
        count++;
    return count <= PANELS_BESIDE_MAX;
}

static int write_beside(struct lab_page *page) {
    lab_html_claims(page, false);
    lab_emit(page->out, "<div class=\"col side\">\n");
    lab_html_heat(page);
    int code = lab_html_latency(page);
    if (code == 0)
        code = lab_html_fairness(page);
    lab_emit(page->out, "</div>\n");
    return code;
}

static int write_wide(struct lab_page *page) {
    lab_html_claims(page, true);
    lab_html_heat(page);
    int code = lab_html_latency(page);
    return code == 0 ? lab_html_fairness(page) : code;
}

static int write_sections(struct lab_page *page) {
    int code = has_few_policies(page->results) ? write_beside(page) : write_wide(page);
    lab_html_blocks(page);
    lab_html_executors(page);
    if (code == 0)
        code = lab_html_policies(page);
    if (code == 0)
        code = lab_html_twins(page);
    if (code < 0)
        return code;
    lab_html_outcomes(page);
    lab_html_missing(page);
    lab_html_manifest(page);
    lab_html_glossary(page);
    lab_html_cells(page);
    return 0;
}

static int write_page(void *context) {
    struct lab_page *page = context;
    FILE *out = page->out;
    lab_html_begin(out, "Which executor, which size, which policy?");
    lab_html_header(page);
    lab_emit(out, "<main>\n");
    lab_html_noise(page);
    lab_html_answers(page);
    lab_emit(out, "<div class=\"grid\">\n");
    int code = write_sections(page);
    lab_emit(out, "</div>\n</main>\n");
    lab_html_end(out, "Written by treadle from study.json; this file needs no network and no "
                      "JavaScript.");
    return code;
}

int lab_report_html(FILE *out, const struct lab_results *results) {
    struct lab_page page = {.out = out, .results = results};
    return lab_html_write(out, write_page, &page);
}
