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

/* Two rows: the claim with its numbers, then what was seen and the rule, across the table. */
static void write_claim(FILE *out, const struct lab_claim_result *claim, size_t index) {
    lab_emit(out,
             "<tbody id=\"claim-%s\"><tr><th scope=\"row\">%s\u00a0<span class=\"ref\" "
             "title=\"claims[%zu] of study.json\">%s</span></th>",
             claim->id, claim->text, index, claim->id);
    lab_emit(out, "<td class=\"soft\" data-k=\"where\">%s</td>", claim->where);
    write_effect(out, claim);
    if (claim->blocks > 0)
        lab_emit(out, "<td class=\"n soft\" data-k=\"blocks\">%u</td><td>", claim->blocks);
    else
        lab_emit(out, "<td class=\"n soft\" data-k=\"blocks\">–</td><td>");
    lab_html_chip(out, chip_of(claim->verdict), lab_claim_verdict_name(claim->verdict));
    lab_emit(out,
             "</td></tr>\n<tr><td colspan=\"5\"><p class=\"soft\">%s</p><details><summary>The "
             "rule, stated before measuring</summary><p class=\"soft\">%s</p></details></td></tr>"
             "</tbody>\n",
             claim->detail, claim->rule);
}

void lab_html_claims(struct lab_page *page, bool is_wide) {
    static const char *const columns[] = {"Claim", "Where", "Effect", ">Blocks", "Verdict", NULL};
    const struct lab_results *results = page->results;
    if (results->claim_count == 0)
        return;
    lab_html_section(page->out, is_wide ? "card claims" : "card main claims", "claims",
                     "Claims, tested",
                     "Each with the rule that decided it. Effects are ratios of time with their "
                     "95 % interval: below 1, the one that the claim speaks of took less.");
    lab_html_table(page->out, "stack tight", columns);
    for (size_t i = 0; i < results->claim_count; i++)
        write_claim(page->out, &results->claims[i], i);
    lab_emit(page->out, "</table></div></section>\n");
}
