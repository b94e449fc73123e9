/* report_html.c - the HTML report: the page around its sections. */
#include "lab/report/html.h"
#include "lab/report/report.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"

#include <errno.h>
#include <locale.h>

/* The icon is part of the page, or the browser would ask a server for one. */
static const char page_start[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"generator\" content=\"treadle\">\n"
    "<title>Which executor, which size, which policy?</title>\n"
    "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
    "viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%231f5fd6'/%3E%3Cpath "
    "d='M3 11l3-4 3 2 4-5' stroke='white' stroke-width='2' fill='none'/%3E%3C/svg%3E\">\n";

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
    lab_emit(page->out, "<div class=\"col side\">\n");
    lab_html_heat(page);
    lab_emit(page->out, "</div>\n<div class=\"col main\">\n");
    int code = lab_html_fairness(page);
    lab_emit(page->out, "</div>\n");
    return code == 0 ? lab_html_latency(page) : code;
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

static int write_page(struct lab_page *page) {
    FILE *out = page->out;
    (void)fputs(page_start, out);
    lab_html_style(out);
    lab_emit(out, "</head>\n<body>\n");
    lab_html_header(page);
    lab_emit(out, "<main>\n");
    lab_html_noise(page);
    lab_html_answers(page);
    lab_emit(out, "<div class=\"grid\">\n");
    int code = write_sections(page);
    lab_emit(out, "</div>\n</main>\n<footer>Written by treadle from study.json; this file needs no "
                  "network and no JavaScript.</footer>\n");
    lab_html_script(out);
    lab_emit(out, "</body>\n</html>\n");
    return code;
}

int lab_report_html(FILE *out, const struct lab_results *results) {
    struct lab_page page = {.out = out, .results = results};
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* a point in every number */
    if (plain == (locale_t)0)
        return -errno;
    locale_t before = uselocale(plain);
    errno = 0;
    int code = write_page(&page);
    if (fflush(out) != 0 || ferror(out))
        code = errno != 0 ? -errno : -EIO;
    (void)uselocale(before); /* was valid a moment ago */
    freelocale(plain);
    return code;
}
