/* The HTML report: complete, well formed, and safe whatever the study holds. */
#include "tests/check.h"
#include "tests/lab/report_fixture.h"

#include "lab/report/report.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, NAME_MAX_BYTES = 24, IDS_MAX = 4096 };

static bool is_void_element(const char *name) {
    return strcmp(name, "meta") == 0 || strcmp(name, "link") == 0;
}

/* The end of a tag that begins at `at`; quoted attributes may hold any character. */
static const char *tag_end(const char *at) {
    for (char quote = 0; *at && (quote || *at != '>'); at++) {
        if (quote)
            quote = *at == quote ? (char)0 : quote;
        else if (*at == '"' || *at == '\'')
            quote = *at;
    }
    assert_int_equal(*at, '>');
    return at;
}

/* Every element is closed, in order, and text holds no stray markup. */
static void assert_balanced(const char *html) {
    char open[DEPTH_MAX][NAME_MAX_BYTES];
    int depth = 0;
    const char *at = strchr(html + strlen("<!DOCTYPE html>"), '<');
    for (; at; at = strchr(at, '<')) {
        char name[NAME_MAX_BYTES];
        bool is_closing = at[1] == '/';
        const char *from = at + 1 + is_closing, *end = tag_end(at);
        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(from, " />"), from);
        if (is_closing) {
            assert_true(depth > 0);
            assert_string_equal(open[--depth], name);
        } else if (end[-1] != '/' && !is_void_element(name)) {
            assert_true(depth < DEPTH_MAX);
            memcpy(open[depth++], name, sizeof(name));
        }
        at = end;
        if (!is_closing && (strcmp(name, "style") == 0 || strcmp(name, "script") == 0))
            at = strstr(at, "</");
    }
    assert_int_equal(depth, 0);
}

static size_t gather(const char *html, const char *before, char (*names)[64]) {
    size_t count = 0;
    for (const char *at = strstr(html, before); at; at = strstr(at + 1, before)) {
        const char *from = at + strlen(before);
        assert_true(count < IDS_MAX);
        (void)snprintf(names[count++], 64, "%.*s", (int)strcspn(from, "\" "), from);
    }
    return count;
}

static int by_name(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Ids are unique, and every link inside the page leads to one. */
static void assert_links_lead_somewhere(const char *html) {
    static char ids[IDS_MAX][64], links[IDS_MAX][64];
    size_t id_count = gather(html, " id=\"", ids), link_count = gather(html, "href=\"#", links);
    qsort(ids, id_count, sizeof(ids[0]), by_name);
    for (size_t i = 1; i < id_count; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
    for (size_t i = 0; i < link_count; i++) {
        if (!bsearch(links[i], ids, id_count, sizeof(ids[0]), by_name))
            fail_msg("nothing has the id %s", links[i]);
    }
}

/* Nothing is loaded from anywhere, and only our own script runs. */
static void assert_self_contained(const char *html) {
    assert_int_equal(occurrences(html, "href=\"http"), 0);
    assert_int_equal(occurrences(html, "src="), 0);
    assert_int_equal(occurrences(html, "url("), 0);
    assert_int_equal(occurrences(html, "@import"), 0);
    assert_int_equal(occurrences(html, "<script"), 1);
    assert_int_equal(occurrences(html, "rel=\"icon\" href=\"data:"), 1);
}

/* No coordinate of a drawing is a NaN or infinite. */
static void assert_numbers_are_numbers(const char *html) {
    static const char *const wrong[] = {"=\"nan", "=\"-nan", "=\"inf",        "=\"-inf", "=\"n/a",
                                        "(nan",   "(n/a",    "Mn/a,",         "Ln/a",    ",n/a",
                                        ">nan",   ">inf",    "translate(inf", " inf"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (strstr(html, wrong[i]))
            fail_msg("the page holds '%s'", wrong[i]);
    }
}

static char *checked_page(void (*make)(struct lab_results *)) {
    struct lab_results results;
    make(&results);
    char *html = written_html(&results);
    assert_balanced(html);
    assert_links_lead_somewhere(html);
    assert_self_contained(html);
    assert_numbers_are_numbers(html);
    lab_results_free(&results);
    return html;
}

static void a_whole_study_has_every_section(void **state) {
    static const char *const ids[] = {"noise",    "answers",  "claims",    "sizes",    "latency",
                                      "blocks",   "fairness", "policies",  "outcomes", "missing",
                                      "manifest", "words",    "executors", "cells"};
    char *html = checked_page(whole_study);
    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char id[40];
        (void)snprintf(id, sizeof(id), " id=\"%s\"", ids[i]);
        assert_int_equal(occurrences(html, id), 1);
    }
    free(html);
}

static void trust_comes_before_answers_and_answers_before_charts(void **state) {
    char *html = checked_page(whole_study);
    (void)state;
    const char *noise = strstr(html, "id=\"noise\""), *answers = strstr(html, "id=\"answers\"");
    assert_true(noise < answers && answers < strstr(html, "<svg"));
    assert_non_null(strstr(noise, "4 pairs of identical code"));
    assert_non_null(strstr(noise, "planted +5 %"));
    free(html);
}

static void every_claim_stands_with_its_rule_and_verdict(void **state) {
    struct lab_results results;
    (void)state;
    whole_study(&results);
    char *html = written_html(&results);
    assert_int_equal(occurrences(html, "The rule, stated before measuring"), results.claim_count);
    for (size_t i = 0; i < results.claim_count; i++) {
        char id[40], verdict[80];
        (void)snprintf(id, sizeof(id), "id=\"claim-%s\"", results.claims[i].id);
        (void)snprintf(verdict, sizeof(verdict), "</i>%s</span>",
                       lab_claim_verdict_name(results.claims[i].verdict));
        const char *row = strstr(html, id);
        assert_non_null(row);
        assert_true(strstr(row, verdict) < strstr(row, "</tbody>"));
    }
    free(html);
    lab_results_free(&results);
}

static void every_cell_has_its_place_in_the_json(void **state) {
    struct lab_results results;
    (void)state;
    whole_study(&results);
    char *html = written_html(&results);
    for (size_t i = 0; i < results.cell_count; i++) {
        char row[80];
        (void)snprintf(row, sizeof(row), "<tr id=\"cell-%ld\"", (long)results.cells[i].id);
        const char *found = strstr(html, row);
        assert_non_null(found);
        (void)snprintf(row, sizeof(row), "<code>cells[%zu]</code>", i);
        assert_true(strstr(found, row) < strstr(found, "</tr>"));
    }
    free(html);
    lab_results_free(&results);
}

static void every_drawing_says_what_it_shows(void **state) {
    char *html = checked_page(whole_study);
    (void)state;
    unsigned drawings = occurrences(html, "<svg ");
    assert_true(drawings > 10);
    assert_int_equal(occurrences(html, "role=\"img\" aria-labelledby="), drawings);
    assert_int_equal(occurrences(html, "<desc id="), drawings);
    free(html);
}

static void one_dot_is_drawn_for_every_paired_block(void **state) {
    struct lab_results results;
    unsigned expected = 0;
    (void)state;
    whole_study(&results);
    for (size_t i = 0; i < results.cell_count; i++) {
        const struct lab_cell *cell = &results.cells[i];
        bool is_baseline = i == 0 || strcmp(results.cells[i - 1].group, cell->group) != 0;
        if (strcmp(cell->part, "executors") == 0 && !is_baseline && cell->outcome == LAB_OUTCOME_OK)
            expected += (unsigned)cell->run_count;
    }
    char *html = written_html(&results);
    assert_int_equal(occurrences(html, "<title>block "), expected);
    free(html);
    lab_results_free(&results);
}

static void what_is_missing_says_how_to_get_it(void **state) {
    char *html = checked_page(skipped_study);
    (void)state;
    assert_non_null(strstr(html, "Pillow is not installed"));
    assert_non_null(strstr(html, "<code>apt-get install python3-pil</code>"));
    assert_non_null(strstr(html, "not measured"));
    free(html);
}

static void an_empty_study_says_so(void **state) {
    char *html = checked_page(empty_study);
    (void)state;
    assert_non_null(strstr(html, "Nothing was measured"));
    assert_non_null(strstr(html, "Partial study"));
    assert_int_equal(occurrences(html, "<svg "), 0);
    free(html);
}

static void one_block_gives_no_interval(void **state) {
    char *html = checked_page(one_block_study);
    (void)state;
    assert_int_equal(occurrences(html, "<title>block "), 1);
    assert_non_null(strstr(html, "undecided"));
    assert_null(strstr(html, "[n/a"));
    free(html);
}

static void awkward_names_and_numbers_stay_text(void **state) {
    char *html = checked_page(awkward_study);
    (void)state;
    assert_null(strstr(html, "<script>alert"));
    assert_non_null(strstr(html, "&lt;script&gt;alert(1)"));
    assert_null(strchr(html, '\x1b'));
    free(html);
}

static void a_comma_of_the_locale_never_enters_a_number(void **state) {
    (void)state;
    char *plain = checked_page(whole_study);
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        print_message("the locale de_DE.UTF-8 is not installed: compared in the default one\n");
    char *local = checked_page(whole_study);
    (void)setlocale(LC_ALL, "C");
    assert_string_equal(plain, local);
    free(plain);
    free(local);
}

static void a_full_disk_is_reported(void **state) {
    struct lab_results results;
    FILE *out = fopen("/dev/full", "w");
    (void)state;
    if (!out) {
        print_message("skipped: this system has no /dev/full\n");
        skip();
    }
    whole_study(&results);
    assert_int_equal(lab_report_html(out, &results), -ENOSPC);
    assert_int_equal(lab_report_json(out, &results), -ENOSPC);
    assert_int_equal(lab_report_terminal(out, &results, false), -ENOSPC);
    (void)fclose(out); /* fails as it should: the disk is full */
    lab_results_free(&results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_study_has_every_section),
        cmocka_unit_test(trust_comes_before_answers_and_answers_before_charts),
        cmocka_unit_test(every_claim_stands_with_its_rule_and_verdict),
        cmocka_unit_test(every_cell_has_its_place_in_the_json),
        cmocka_unit_test(every_drawing_says_what_it_shows),
        cmocka_unit_test(one_dot_is_drawn_for_every_paired_block),
        cmocka_unit_test(what_is_missing_says_how_to_get_it),
        cmocka_unit_test(an_empty_study_says_so),
        cmocka_unit_test(one_block_gives_no_interval),
        cmocka_unit_test(awkward_names_and_numbers_stay_text),
        cmocka_unit_test(a_comma_of_the_locale_never_enters_a_number),
        cmocka_unit_test(a_full_disk_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
