/* The summary in a terminal: short lines, plain when asked, and nothing that steers the terminal.
 */
#include "tests/check.h"
#include "tests/lab/report_fixture.h"

#include "lab/report/report_text.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static char *summary_of(void (*make)(struct lab_results *), bool is_colour) {
    struct lab_results results;
    make(&results);
    char *text = written_terminal(&results, is_colour);
    lab_results_free(&results);
    return text;
}

static size_t longest_line(const char *text) {
    size_t longest = 0;
    while (*text) {
        char line[4096];
        size_t bytes = strcspn(text, "\n");
        (void)snprintf(line, sizeof(line), "%.*s", (int)bytes, text);
        size_t length = lab_utf8_length(line);
        longest = length > longest ? length : longest;
        text += bytes + (text[bytes] == '\n');
    }
    return longest;
}

static void no_line_is_longer_than_a_hundred_columns(void **state) {
    char *text = summary_of(whole_study, false);
    (void)state;
    assert_true(longest_line(text) <= 100);
    free(text);
}

static void every_claim_has_its_verdict(void **state) {
    struct lab_results results;
    (void)state;
    whole_study(&results);
    char *text = written_terminal(&results, false);
    const char *claims = strstr(text, "\nClaims");
    assert_non_null(claims);
    for (size_t i = 0; i < results.claim_count; i++) {
        char line[80];
        (void)snprintf(line, sizeof(line), "\n  %-4s%s", results.claims[i].id,
                       lab_claim_verdict_name(results.claims[i].verdict));
        assert_non_null(strstr(claims, line));
    }
    free(text);
    lab_results_free(&results);
}

static void noise_comes_first_and_policies_have_their_table(void **state) {
    char *text = summary_of(whole_study, false);
    (void)state;
    assert_int_equal(strncmp(text, "Noise: ", 7), 0);
    assert_non_null(strstr(text, "planted +5 % found"));
    assert_non_null(strstr(text, "0.8 wait round_robin"));
    free(text);
}

static void colours_appear_only_when_asked_for(void **state) {
    char *plain = summary_of(whole_study, false), *coloured = summary_of(whole_study, true);
    (void)state;
    assert_null(strchr(plain, '\x1b'));
    assert_non_null(strstr(coloured, "\x1b["));
    assert_int_equal(occurrences(coloured, "\x1b[0m") * 2, occurrences(coloured, "\x1b["));
    free(plain);
    free(coloured);
}

static void a_locale_without_utf8_gets_ascii(void **state) {
    char *text = summary_of(whole_study, true); /* main has not called setlocale: "C" */
    (void)state;
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at < 0x80);
    /* Every letter has a spelling; the study has one question mark of its own, more than once. */
    assert_int_equal(occurrences(text, "?"), occurrences(text, "memory?"));
    free(text);
}

static void a_utf8_locale_gets_the_proper_letters(void **state) {
    (void)state;
    if (!setlocale(LC_ALL, "C.UTF-8")) {
        print_message("skipped: the locale C.UTF-8 is not installed\n");
        skip();
    }
    char *text = summary_of(whole_study, false);
    (void)setlocale(LC_ALL, "C");
    assert_non_null(strstr(text, "×"));
    assert_true(longest_line(text) <= 100);
    free(text);
}

static void a_message_cannot_steer_the_terminal(void **state) {
    char *text = summary_of(awkward_study, false);
    (void)state;
    for (const char *at = text; *at; at++)
        assert_true(*at == '\n' || ((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7F));
    free(text);
}

static void small_studies_have_a_summary_too(void **state) {
    char *empty = summary_of(empty_study, false), *skipped = summary_of(skipped_study, false);
    (void)state;
    assert_non_null(strstr(empty, "Partial study"));
    assert_non_null(strstr(skipped, "skipped"));
    free(empty);
    free(skipped);
    free(summary_of(one_block_study, false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_line_is_longer_than_a_hundred_columns),
        cmocka_unit_test(every_claim_has_its_verdict),
        cmocka_unit_test(noise_comes_first_and_policies_have_their_table),
        cmocka_unit_test(colours_appear_only_when_asked_for),
        cmocka_unit_test(a_locale_without_utf8_gets_ascii),
        cmocka_unit_test(a_utf8_locale_gets_the_proper_letters),
        cmocka_unit_test(a_message_cannot_steer_the_terminal),
        cmocka_unit_test(small_studies_have_a_summary_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
