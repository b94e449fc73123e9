/* html_claims.c - the claims put to the test: what, where, how large, the verdict and its rule. */
#include "lab/report/html.h"
#include "lab/report/report_text.h"

#include <math.h>

static const char *chip_of(enum lab_claim_verdict verdict) {
    switch (verdict) {
    case LAB_CLAIM_SUPPORTED:
        return "good";
    case LAB_CLAIM_REFUTED:
        return "bad";
    case LAB_CLAIM_DEPENDS:
        return "same";
    case LAB_CLAIM_UNDECIDED:
        return "open";
    case LAB_CLAIM_NOT_TESTED:
        break;
    }
    return "none";
}

static void write_effect(FILE *out, const struct lab_claim_result *claim) {
    if (isnan(claim->effect)) {
        lab_emit(out, "<td class=\"soft\" data-k=\"effect\">–</td>");
        return;
    }
    lab_emit(out, "<td class=\"nw\" data-k=\"effect\">%s %s</td>",
             lab_show_ratio(claim->effect).text, lab_show_interval(claim->low, claim->high).text);
}

static void write_claim(FILE *out, const struct lab_claim_result *claim, size_t index) {
    lab_emit(out,
             "<tr id=\"claim-%s\"><th scope=\"row\">%s <span class=\"ref\" title=\"claims[%zu] "
             "of study.json\">%s</span><div class=\"soft\">%s</div>",
             claim->id, claim->text, index, claim->id, claim->detail);
    lab_emit(out,
             "<details><summary>Rule, stated before measuring</summary><p class=\"soft\">%s"
             "</p></details></th>",
             claim->rule);
    lab_emit(out, "<td class=\"soft\" data-k=\"where\">%s</td>", claim->where);
    write_effect(out, claim);
    lab_emit(out, "<td class=\"n soft\" data-k=\"blocks\">%u</td><td>", claim->blocks);
    lab_html_chip(out, chip_of(claim->verdict), lab_claim_verdict_name(claim->verdict));
    lab_emit(out, "</td></tr>\n");
}

void lab_html_claims(struct lab_page *page) {
    const struct lab_results *results = page->results;
    if (results->claim_count == 0)
        return;
    lab_emit(page->out,
             "<section class=\"card claims\" id=\"claims\"><h2>Claims, tested</h2><p class=\"sub\">"
             "Each with the rule that decided it. Effects are ratios of time; below 1 the first "
             "named took less.</p>\n<table class=\"stack\"><thead><tr><th scope=\"col\">Claim</th>"
             "<th scope=\"col\">Where</th><th scope=\"col\">Effect [95 %% interval]</th>"
             "<th scope=\"col\" class=\"n\">Blocks</th><th scope=\"col\">Verdict</th></tr></thead>"
             "<tbody>\n");
    for (size_t i = 0; i < results->claim_count; i++)
        write_claim(page->out, &results->claims[i], i);
    lab_emit(page->out, "</tbody></table></section>\n");
}
