/* test_claims_document.c - docs/reference/claims.md says what the claims say: a rule that is
 * printed must be the rule that decides. Argument: the document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/claims/claims.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *path;

/* The whole file, every run of white space one blank: line breaks do not matter. */
static void read_words(char *words, size_t room) {
    FILE *file = fopen(path, "r");
    size_t length = 0;
    assert_non_null(file);
    for (int c = fgetc(file); c != EOF && length + 1 < room; c = fgetc(file)) {
        if (!isspace(c))
            words[length++] = (char)c;
        else if (length > 0 && words[length - 1] != ' ')
            words[length++] = ' ';
    }
    words[length] = '\0';
    assert_int_equal(fclose(file), 0);
    assert_true(length + 1 < room);
}

static void the_document_has_every_claim_with_its_rule(void **state) {
    (void)state;
    static char words[64 * 1024];
    struct lab_results results;
    read_words(words, sizeof words);
    lab_results_init(&results);
    assert_int_equal(lab_analyse(&results), 0);
    for (size_t i = 0; i < results.claim_count; i++) {
        char heading[32];
        snprintf(heading, sizeof heading, "## %s ", results.claims[i].id);
        const char *section = strstr(words, heading);
        const char *text = section ? strstr(section, results.claims[i].text) : NULL;
        if (!text || !strstr(text, results.claims[i].rule))
            fail_msg("%s: %s is not as in its file", path, results.claims[i].id);
    }
    lab_results_free(&results);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_has_every_claim_with_its_rule),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s DOCUMENT\n", argv[0]);
        return 2;
    }
    path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
