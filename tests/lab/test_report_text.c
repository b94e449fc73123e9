/* Numbers as people read them, and text that is safe inside XML. */
#include "lab/report/report_text.h"
#include "tests/check.h"

#include <math.h>
#include <stdlib.h>

static char *emitted(const char *text) {
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    assert_non_null(out);
    lab_emit(out, "<p>%s</p>", text);
    assert_int_equal(fclose(out), 0);
    return written;
}

static void assert_emitted(const char *text, const char *expected) {
    char *written = emitted(text);
    assert_string_equal(written, expected);
    free(written);
}

static void markup_in_a_name_is_written_as_text(void **state) {
    (void)state;
    assert_emitted("<b>&\"'", "<p>&lt;b&gt;&amp;&quot;&#39;</p>");
}

static void control_characters_become_spaces(void **state) {
    (void)state;
    assert_emitted("a\x1b[1m\tb\x7f", "<p>a [1m b </p>");
    assert_emitted("a\xc2\x9b"
                   "b",
                   "<p>a b</p>");
}

static void broken_utf8_becomes_the_replacement_character(void **state) {
    (void)state;
    assert_emitted("\xff", "<p>\uFFFD</p>");
    assert_emitted("caf\xc3", "<p>caf\uFFFD</p>");
    assert_emitted("\xed\xa0\x80", "<p>\uFFFD\uFFFD\uFFFD</p>");           /* a surrogate */
    assert_emitted("\xc0\xaf", "<p>\uFFFD\uFFFD</p>");                     /* an overlong slash */
    assert_emitted("\xf4\x90\x80\x80", "<p>\uFFFD\uFFFD\uFFFD\uFFFD</p>"); /* beyond Unicode */
    assert_emitted("\xef\xbf\xbf", "<p>\uFFFD</p>");                       /* no character of XML */
}

static void utf8_passes_unchanged(void **state) {
    (void)state;
    assert_emitted("é × 漢 🧵", "<p>é × 漢 🧵</p>");
    assert_int_equal(lab_utf8_length("é×漢🧵"), 4);
}

static void a_number_that_is_not_known_is_not_printed_as_one(void **state) {
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    (void)state;
    lab_emit(out, "%.2f %.1f %u%% %zu %ld %d", (double)NAN, -0.04, 7U, (size_t)9, -3L, -2);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(written, "n/a 0.0 7% 9 -3 -2");
    free(written);
    assert_string_equal(lab_show_seconds((double)NAN).text, "n/a");
    assert_string_equal(lab_show_interval((double)NAN, 1).text, "");
}

static void numbers_have_three_digits_and_a_unit(void **state) {
    (void)state;
    assert_string_equal(lab_show_seconds(0).text, "0.00 ns");
    assert_string_equal(lab_show_seconds(303e-9).text, "303 ns");
    assert_string_equal(lab_show_seconds(999.6e-6).text, "1.00 ms");
    assert_string_equal(lab_show_seconds(0.0123).text, "12.3 ms");
    assert_string_equal(lab_show_seconds(62).text, "62.0 s");
    assert_string_equal(lab_show_ratio(1.306).text, "1.31×");
    assert_string_equal(lab_show_ratio(18.26).text, "18.3×");
    assert_string_equal(lab_show_ratio(0.0032).text, "0.0032×");
    assert_string_equal(lab_show_interval(0.97, 12.4).text, "[0.97, 12.4]");
    assert_string_equal(lab_show_percent(0.0123).text, "1.2 %");
    assert_string_equal(lab_show_percent(0.5).text, "50 %");
    assert_string_equal(lab_show_bytes(1023).text, "1023 B");
    assert_string_equal(lab_show_bytes(44.0 * 1024 * 1024).text, "44 MiB");
    assert_string_equal(lab_show_count(3688).text, "3688");
    assert_string_equal(lab_show_count(1234567).text, "1\u202f234\u202f567");
}

static void a_tick_says_no_more_digits_than_it_has(void **state) {
    (void)state;
    assert_string_equal(lab_show_ratio_tick(0.5).text, "0.5×");
    assert_string_equal(lab_show_seconds_tick(0.01).text, "10 ms");
    assert_string_equal(lab_show_seconds_tick(0).text, "0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_in_a_name_is_written_as_text),
        cmocka_unit_test(control_characters_become_spaces),
        cmocka_unit_test(broken_utf8_becomes_the_replacement_character),
        cmocka_unit_test(utf8_passes_unchanged),
        cmocka_unit_test(a_number_that_is_not_known_is_not_printed_as_one),
        cmocka_unit_test(numbers_have_three_digits_and_a_unit),
        cmocka_unit_test(a_tick_says_no_more_digits_than_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
