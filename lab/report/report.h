/* report.h - the writers of a study's results: one model in, one form out. A writer reads the model
 * and writes to the stream; it opens nothing, asks the network for nothing and changes nothing.
 *
 * Each returns 0, or -errno: what the stream or memory said. The stream is flushed, not closed.
 */
#ifndef TREADLE_LAB_REPORT_H
#define TREADLE_LAB_REPORT_H

#include "lab/model/results.h"

#include <stdbool.h>
#include <stdio.h>

/* One self-contained HTML file, UTF-8, charts drawn as SVG; readable without JavaScript. */
int lab_report_html(FILE *out, const struct lab_results *results);

/* study.json, UTF-8; the schema is docs/reference/study-json.md. */
int lab_report_json(FILE *out, const struct lab_results *results);

/* A summary for a terminal of 80 columns or more. Letters beyond ASCII are used when the current
 * locale's character set is UTF-8 (so call setlocale() first), colours only when asked for. */
int lab_report_terminal(FILE *out, const struct lab_results *results, bool is_colour);

#endif
