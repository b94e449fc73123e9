/* study.json holds what docs/reference/study-json.md says: no key more, none less, each of its
 * type. */
#include "tests/check.h"
#include "tests/lab/report_fixture.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 200 };

/* A row of the document: under which heading, which key, its type, whether it may be absent. */
struct row {
    char path[80], key[40], type[40];
    bool is_optional;
};

static struct row rows[ROWS_MAX];
static size_t row_count;

/* The `word` in backticks, or "". */
static void between_ticks(char *word, size_t size, const char *text) {
    const char *from = strchr(text, '`'), *to = from ? strchr(from + 1, '`') : NULL;
    (void)snprintf(word, size, "%.*s", to ? (int)(to - from - 1) : 0, to ? from + 1 : "");
}

static void read_row(struct row *row, const char *path, const char *line) {
    const char *type = strstr(line, "` | ") + 4;
    (void)snprintf(row->path, sizeof(row->path), "%s", path);
    between_ticks(row->key, sizeof(row->key), line);
    (void)snprintf(row->type, sizeof(row->type), "%.*s", (int)(strstr(type, " |") - type), type);
    row->is_optional = strstr(line, "open load only") != NULL;
}

static const char *document_path; /* the argument */

static int read_document(void **state) {
    FILE *document = fopen(document_path, "r");
    char line[512], path[80] = "";
    (void)state;
    assert_non_null(document);
    while (fgets(line, sizeof(line), document)) {
        if (strncmp(line, "## ", 3) == 0) {
            between_ticks(path, sizeof(path), line);
        } else if (strncmp(line, "| `", 3) == 0) {
            assert_true(row_count < ROWS_MAX);
            read_row(&rows[row_count++], path, line);
        }
    }
    return fclose(document);
}

static const struct row *row_of(const char *path, const char *key) {
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].path, path) == 0 && strcmp(rows[i].key, key) == 0)
            return &rows[i];
    }
    fail_msg("%s.%s is not documented", path, key);
    return NULL;
}

static bool is_of_type(const json_t *value, const char *type) {
    if (strcmp(type, "number or null") == 0)
        return json_is_number(value) || json_is_null(value);
    return (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
           (strcmp(type, "number") == 0 && json_is_number(value)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(type, "object") == 0 && json_is_object(value)) ||
           (strcmp(type, "array") == 0 && json_is_array(value));
}

static void check_object(const json_t *object, const char *path);

/* Below a documented array or object, when the document has a heading for it. */
static void check_below(const json_t *value, const char *path) {
    bool is_documented = false;
    char below[512];
    (void)snprintf(below, sizeof(below), "%.400s%s", path, json_is_array(value) ? "[]" : "");
    for (size_t i = 0; i < row_count; i++)
        is_documented = is_documented || strcmp(rows[i].path, below) == 0;
    if (!is_documented)
        return;
    if (json_is_object(value))
        check_object(value, below);
    for (size_t i = 0; i < json_array_size(value); i++)
        check_object(json_array_get(value, i), below);
}

static void check_object(const json_t *object, const char *path) {
    const char *key;
    json_t *value;
    assert_true(json_is_object(object));
    for (size_t i = 0; i < row_count; i++) {
        bool is_needed = strcmp(rows[i].path, path) == 0 && !rows[i].is_optional;
        if (is_needed && !json_object_get(object, rows[i].key))
            fail_msg("%s has no %s", path, rows[i].key);
    }
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        char below[512];
        const struct row *row = row_of(path, key);
        if (!is_of_type(value, row->type))
            fail_msg("%s.%s is not of type %s", path, key, row->type);
        (void)snprintf(below, sizeof(below), "%.400s.%.40s", path, key);
        check_below(value, below);
    }
}

static json_t *checked_json(void (*make)(struct lab_results *)) {
    struct lab_results results;
    json_error_t error;
    make(&results);
    char *text = written_json(&results);
    json_t *study = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!study)
        fail_msg("line %d: %s", error.line, error.text);
    check_object(study, "study");
    assert_int_equal(json_array_size(json_object_get(study, "cells")), results.cell_count);
    assert_int_equal(json_array_size(json_object_get(study, "claims")), results.claim_count);
    assert_int_equal(json_array_size(json_object_get(study, "comparisons")),
                     results.comparison_count);
    free(text);
    lab_results_free(&results);
    return study;
}

static void a_whole_study_is_as_documented(void **state) {
    (void)state;
    json_decref(checked_json(whole_study));
}

static void small_studies_are_as_documented(void **state) {
    (void)state;
    json_decref(checked_json(empty_study));
    json_decref(checked_json(skipped_study));
    json_decref(checked_json(one_block_study));
}

static void what_is_not_known_is_null(void **state) {
    json_t *study = checked_json(awkward_study);
    (void)state;
    json_t *comparison = json_array_get(json_object_get(study, "comparisons"), 0);
    assert_true(json_is_null(json_object_get(comparison, "ratio")));
    assert_true(json_is_null(json_array_get(json_object_get(comparison, "interval"), 1)));
    json_t *cell = json_array_get(json_object_get(study, "cells"), 0);
    json_t *sample = json_array_get(json_object_get(cell, "samples"), 0);
    assert_true(json_is_null(json_object_get(sample, "wall_s")));
    json_decref(study);
}

static void a_reason_that_is_not_utf8_is_still_a_string(void **state) {
    json_t *study = checked_json(awkward_study);
    (void)state;
    json_t *cell = json_array_get(json_object_get(study, "cells"), 0);
    const char *reason = json_string_value(json_object_get(cell, "reason"));
    assert_non_null(strstr(reason, "</title><script>"));
    assert_non_null(strstr(reason, "\uFFFD"));
    json_decref(study);
}

static void numbers_survive_the_way(void **state) {
    struct lab_results results;
    (void)state;
    whole_study(&results);
    json_t *study = checked_json(whole_study);
    for (size_t i = 0; i < results.cell_count; i++) {
        json_t *samples =
            json_object_get(json_array_get(json_object_get(study, "cells"), i), "samples");
        for (size_t j = 0; j < results.cells[i].run_count; j++) {
            const struct lab_run *run = &results.cells[i].runs[j];
            json_t *sample = json_array_get(samples, j);
            double wall_s = json_number_value(json_object_get(sample, "wall_s"));
            assert_int_equal(json_integer_value(json_object_get(sample, "run")), run->id);
            assert_true(wall_s >= run->wall_s * (1 - 1e-8) && wall_s <= run->wall_s * (1 + 1e-8));
        }
    }
    json_decref(study);
    lab_results_free(&results);
}

static void the_latency_of_a_policy_is_there_by_client(void **state) {
    json_t *study = checked_json(whole_study), *cell;
    size_t index, seen = 0;
    (void)state;
    json_array_foreach(json_object_get(study, "cells"), index, cell) {
        json_t *metrics = json_object_get(cell, "metrics");
        bool is_policy = strcmp(json_string_value(json_object_get(cell, "part")), "policies") == 0;
        assert_int_equal(json_object_get(metrics, "latency") != NULL, is_policy);
        if (!is_policy)
            continue;
        assert_int_equal(json_array_size(json_object_get(metrics, "clients")), 3);
        assert_true(json_is_number(json_object_get(json_object_get(metrics, "latency"), "p99_s")));
        seen++;
    }
    assert_int_equal(seen, 8);
    json_decref(study);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_study_is_as_documented),
        cmocka_unit_test(small_studies_are_as_documented),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(a_reason_that_is_not_utf8_is_still_a_string),
        cmocka_unit_test(numbers_survive_the_way),
        cmocka_unit_test(the_latency_of_a_policy_is_there_by_client),
    };
    document_path = argc > 1 ? argv[1] : "docs/reference/study-json.md";
    return cmocka_run_group_tests(tests, read_document, NULL);
}
