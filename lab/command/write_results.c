/* write_results.c - writes a study's report. Each file is written under another name first, so a
 * full disk leaves the old one whole. */
#include "lab/command/write_results.h"

#include "lab/claims/claims.h"
#include "lab/command/say.h"
#include "lab/report/report.h"
#include "lab/twin/twin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SPACE = 4200 };

static int fail(struct trd_error *error, const char *path, int code) {
    snprintf(error->message, sizeof error->message,
             "cannot write %.120s: %s; put it right, then `treadle report` writes it again", path,
             strerror(-code));
    return code;
}

static int write_file(const struct lab_results *results, const char *dir, const char *name,
                      int (*write)(FILE *, const struct lab_results *), struct trd_error *error) {
    char path[PATH_SPACE], draft[PATH_SPACE + 8];
    FILE *out;
    int code;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    snprintf(draft, sizeof draft, "%s.new", path);
    out = fopen(draft, "we");
    if (out == NULL) {
        return fail(error, path, -errno);
    }
    code = write(out, results);
    if (fclose(out) != 0 && code == 0) {
        code = -errno;
    }
    if (code == 0 && rename(draft, path) != 0) {
        code = -errno;
    }
    if (code != 0) {
        (void)remove(draft);
        return fail(error, path, code);
    }
    return 0;
}

static int write_all(const struct lab_results *results, const char *dir, struct trd_error *error) {
    int code = write_file(results, dir, "study.json", lab_report_json, error);

    code = code != 0 ? code : write_file(results, dir, "report.html", lab_report_html, error);
    if (code == 0) {
        code = lab_report_terminal(stdout, results, lab_say_is_colour(stdout));
        if (code == 0 && (printf("\nReport: %s/report.html\n", dir) < 0 || fflush(stdout) != 0)) {
            code = -errno;
        }
        code = code != 0 ? fail(error, "the summary", code) : 0;
    }
    return code;
}

int lab_write_results(struct lab_store *store, struct lab_found *found, struct trd_error *error) {
    struct lab_results results;
    int code;

    lab_results_init(&results);
    code = lab_store_load(store, &results, error);
    if (code == 0 && (lab_analyse(&results) != 0 || lab_twin_all(&results) != 0)) {
        snprintf(error->message, sizeof error->message, "out of memory");
        code = -ENOMEM;
    }
    if (code == 0) {
        code = write_all(&results, lab_store_dir(store), error);
    }
    *found = (struct lab_found){
        .is_complete = results.is_complete,
        .is_noisy = results.selftest.noisy_blocks * 10 > results.selftest.blocks,
    };
    lab_results_free(&results);
    return code;
}
