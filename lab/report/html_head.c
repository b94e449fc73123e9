/* html_head.c - the first screen of the HTML report: what was studied where, whether the numbers
 * can be trusted, and the answers; and the small parts that every section uses.
 */
#include "lab/report/html.h"
#include "lab/report/report_answers.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"

#include <math.h>
#include <string.h>

void lab_html_section(FILE *out, const char *class, const char *id, const char *title,
                      const char *subtitle) {
    lab_emit(out, "<section class=\"%s\" id=\"%s\"><h2>%s</h2><p class=\"sub\">%s</p>\n", class, id,
             title, subtitle);
}

void lab_html_table(FILE *out, const char *class, const char *const *columns) {
    lab_emit(out, "<div class=\"scroll\"><table class=\"%s\"><thead><tr>", class);
    for (; *columns; columns++) {
        bool is_number = (*columns)[0] == '>';
        lab_emit(out, is_number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
        lab_emit(out, "%s</th>", *columns + is_number);
    }
    lab_emit(out, "</tr></thead>\n");
}

void lab_html_cell(FILE *out, const struct lab_cell *cell) {
    lab_emit(out, "<a class=\"ref\" href=\"#cell-%ld\" title=\"cell %ld of study.json\">c%ld</a>",
             (long)cell->id, (long)cell->id, (long)cell->id);
}

void lab_html_chip(FILE *out, const char *kind, const char *word) {
    static const struct {
        const char *kind, *sign;
    } signs[] = {{"good", "✓"}, {"bad", "✕"}, {"same", "="}, {"open", "?"}};
    const char *sign = "–";
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (strcmp(signs[i].kind, kind) == 0)
            sign = signs[i].sign;
    }
    lab_emit(out, "<span class=\"chip %s\"><i aria-hidden=\"true\">%s</i>%s</span>", kind, sign,
             word);
}

void lab_html_verdict(FILE *out, enum lab_verdict_kind verdict) {
    static const char *const kinds[] = {
        [LAB_UNDECIDED] = "open",
        [LAB_FASTER] = "good",
        [LAB_SLOWER] = "bad",
        [LAB_FASTER_MAYBE_NEGLIGIBLE] = "good",
        [LAB_SLOWER_MAYBE_NEGLIGIBLE] = "bad",
        [LAB_TIE] = "same",
    };
    lab_html_chip(out, kinds[verdict], lab_verdict_name(verdict));
}

void lab_html_outcome(FILE *out, enum lab_outcome outcome) {
    static const char *const kinds[] = {
        [LAB_OUTCOME_OK] = "good",  [LAB_OUTCOME_FAILED] = "bad",   [LAB_OUTCOME_CRASHED] = "bad",
        [LAB_OUTCOME_HUNG] = "bad", [LAB_OUTCOME_SKIPPED] = "none", [LAB_OUTCOME_MISSING] = "open",
    };
    lab_html_chip(out, kinds[outcome], lab_outcome_name(outcome));
}

/* The facts of the subtitle, in this order, those that are known. */
static void write_subtitle(FILE *out, const struct lab_results *results) {
    static const char *const keys[] = {"machine",       "kernel",        "interpreter",
                                       "interpreter 2", "interpreter 3", "started"};
    lab_emit(out, "%s study", results->is_quick ? "Quick" : "Full");
    const char *cores = lab_results_fact(results, "cores");
    if (cores[0])
        lab_emit(out, " · %s core%s", cores, strcmp(cores, "1") == 0 ? "" : "s");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *value = lab_results_fact(results, keys[i]);
        if (value[0])
            lab_emit(out, " · %s", value);
    }
}

void lab_html_header(struct lab_page *page) {
    lab_emit(page->out,
             "<header><div><h1>Which executor, which size, which policy?</h1><p class=\"sub\">");
    write_subtitle(page->out, page->results);
    lab_emit(page->out, "</p></div><button id=\"theme\" type=\"button\" hidden>Dark</button>"
                        "</header>\n");
}

/* The limits of the noise gate, on the study as a whole; or more than a tenth of the blocks. */
static bool is_noisy(const struct lab_selftest *self) {
    return self->others_cpu > 0.05 || self->steal > 0.01 || self->noisy_blocks > 0.1 * self->blocks;
}

static const char *noise_word(const struct lab_selftest *self) {
    if (is_noisy(self))
        return "Noisy machine:";
    return self->noisy_blocks > 0 ? "Some noise:" : "Quiet machine:";
}

/* Identical code called different more often than the one in twenty that 95 % allow, or a miss. */
static bool is_selftest_bad(const struct lab_selftest *self) {
    bool has_planted = !isnan(self->planted_ratio);
    bool is_too_often = self->aa_different > 0.05 * self->aa_pairs;
    return is_too_often || (has_planted && !self->planted_found);
}

static void write_noise(FILE *out, const struct lab_selftest *self) {
    lab_emit(out,
             "<b>%s</b> other processes used %s of the cores and %s was stolen "
             "(medians). ",
             noise_word(self), lab_show_percent(self->others_cpu).text,
             lab_show_percent(self->steal).text);
    lab_emit(out, "Of %u blocks %u were repeated for noise, %u stayed noisy and %s flagged. ",
             self->blocks, self->repeated_blocks, self->noisy_blocks,
             self->noisy_blocks == 1 ? "is" : "are");
}

static void write_selftest(FILE *out, const struct lab_selftest *self) {
    if (self->aa_pairs == 0 && isnan(self->planted_ratio)) {
        lab_emit(out, "<b>Self-test:</b> not run.");
        return;
    }
    lab_emit(out, "<b>Self-test:</b> %u of %u pairs of identical code called different",
             self->aa_different, self->aa_pairs);
    if (!isnan(self->aa_spread))
        lab_emit(out, " (largest difference seen %s)", lab_show_percent(self->aa_spread).text);
    if (isnan(self->planted_ratio)) {
        lab_emit(out, ".");
        return;
    }
    lab_emit(out, "; a planted +5 %% was %s: %s %s the time.",
             self->planted_found ? "found" : "not found", lab_show_ratio(self->planted_ratio).text,
             lab_show_interval(self->planted_low, self->planted_high).text);
}

void lab_html_noise(struct lab_page *page) {
    const struct lab_results *results = page->results;
    const struct lab_selftest *self = &results->selftest;
    bool is_warning = self->noisy_blocks > 0 || is_noisy(self) || is_selftest_bad(self);
    lab_emit(page->out, "<div class=\"strip%s\" id=\"noise\" role=\"note\">",
             is_warning ? " warn" : "");
    write_noise(page->out, self);
    write_selftest(page->out, self);
    lab_emit(page->out, "</div>\n");
    if (!results->is_complete)
        lab_emit(
            page->out,
            "<div class=\"strip warn\" role=\"note\"><b>Partial study:</b> not every planned "
            "run has an outcome yet; <code>treadle study --resume</code> with this folder goes "
            "on.</div>\n");
}

void lab_html_answers(struct lab_page *page) {
    static struct lab_answer answers[LAB_ANSWERS_MAX];
    size_t count = lab_report_answers(page->results, answers);
    if (count == 0) {
        lab_emit(page->out,
                 "<div class=\"answers\"><div class=\"answer\"><h2>Answers</h2><p>Nothing "
                 "was measured</p></div></div>\n");
        return;
    }
    lab_emit(page->out, "<div class=\"answers\" id=\"answers\">\n");
    for (size_t i = 0; i < count; i++) {
        lab_emit(page->out, "<div class=\"answer\"><h2>%s</h2><p>%s</p><div>%s", answers[i].topic,
                 answers[i].headline, answers[i].detail);
        for (size_t j = 0; j < answers[i].cell_count; j++) {
            lab_emit(page->out, " ");
            lab_html_cell(page->out, answers[i].cells[j]);
        }
        lab_emit(page->out, "</div></div>\n");
    }
    lab_emit(page->out, "</div>\n");
}
