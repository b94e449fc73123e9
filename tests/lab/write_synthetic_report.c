/* write_synthetic_report.c - writes the report of a made-up study to the path given, for the test
 * that opens it in a browser.
 */
#include "lab/claims/claims.h"
#include "lab/report/report.h"
#include "tests/lab/synthetic_study.h"

#include <stdio.h>

int main(int argc, char **argv) {
    struct lab_results results;
    FILE *out = argc == 2 ? fopen(argv[1], "w") : NULL;
    if (!out) {
        (void)fprintf(stderr, "usage: %s FILE (one that can be written)\n", argv[0]);
        return 2;
    }
    synthetic_study(&results, 7);
    int code = lab_analyse(&results);
    if (code == 0)
        code = lab_report_html(out, &results);
    lab_results_free(&results);
    return fclose(out) != 0 || code != 0;
}
