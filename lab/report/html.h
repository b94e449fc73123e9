/* html.h - the sections of the HTML report, one file each, and the little they share.
 *
 * A section writes a <section class="card"> or nothing when the study has nothing for it. Every
 * number leads back to its cell: lab_html_cell() links to the row that names the cell's place in
 * study.json. Errors stay in the stream; sections that need memory return -ENOMEM.
 */
#ifndef TREADLE_LAB_HTML_H
#define TREADLE_LAB_HTML_H

#include "lab/model/results.h"

#include <stdbool.h>
#include <stdio.h>

struct lab_page {
    FILE *out;
    const struct lab_results *results;
    unsigned ids; /* of drawings, so that each has its own */
};

/* Drawings are made twice, for a wide and a narrow screen, and CSS shows one. */
enum { LAB_WIDTH_WIDE = 520, LAB_WIDTH_NARROW = 320 };

void lab_html_style(FILE *out);  /* CSS */
void lab_html_script(FILE *out); /* the light/dark button */

/* A page up to its header; `title` is the window's. And its end, with the sentence of the footer.
 */
void lab_html_begin(FILE *out, const char *title);
void lab_html_end(FILE *out, const char *footer);
/* Calls write(context), which writes a page to `out`, where every number has a point, and flushes.
 * Returns 0, or -errno: what write() returned, or the stream said. */
int lab_html_write(FILE *out, int (*write)(void *context), void *context);

void lab_html_header(struct lab_page *page);
void lab_html_noise(struct lab_page *page);
void lab_html_answers(struct lab_page *page);
void lab_html_claims(struct lab_page *page, bool is_wide);
void lab_html_heat(struct lab_page *page);
void lab_html_blocks(struct lab_page *page);
void lab_html_executors(struct lab_page *page);
int lab_html_latency(struct lab_page *page);
int lab_html_fairness(struct lab_page *page);
int lab_html_policies(struct lab_page *page);
int lab_html_twins(struct lab_page *page);
void lab_html_outcomes(struct lab_page *page);
void lab_html_missing(struct lab_page *page);
void lab_html_manifest(struct lab_page *page);
void lab_html_glossary(struct lab_page *page);
void lab_html_cells(struct lab_page *page);

/* Opens a section: a card with its title and what it shows. `class` is "card" and how wide it is on
 * a wide screen: main, side, half or nothing for all of it. Close it with "</section>". */
void lab_html_section(FILE *out, const char *class, const char *id, const char *title,
                      const char *subtitle);
/* Opens a table with its head: names of columns up to NULL, '>' before those that hold numbers.
 * Close it with "</table></div>". */
void lab_html_table(FILE *out, const char *class, const char *const *columns);

/* A small link to the cell's row. */
void lab_html_cell(FILE *out, const struct lab_cell *cell);
/* A label with a sign and a word, so that colour is not needed: kind is good, bad, same, open or
 * none. */
void lab_html_chip(FILE *out, const char *kind, const char *word);
void lab_html_verdict(FILE *out, enum lab_verdict_kind verdict);
void lab_html_outcome(FILE *out, enum lab_outcome outcome);

#endif
