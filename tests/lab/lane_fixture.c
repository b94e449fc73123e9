/* lane_fixture.c - writes what `--list` prints and has it parsed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lab/lane_fixture.h"

#include <stdio.h>
#include <string.h>

struct text {
    char bytes[16384];
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...) {
    va_list arguments;
    int added;

    va_start(arguments, format);
    added =
        vsnprintf(text->bytes + text->length, sizeof text->bytes - text->length, format, arguments);
    va_end(arguments);
    assert_true(added >= 0 && (size_t)added < sizeof text->bytes - text->length);
    text->length += (size_t)added;
}

static void add_support(struct text *text, bool is_supported) {
    add(text, "\"supported\":%s,\"reason\":\"%s\",\"install\":\"%s\"}",
        is_supported ? "true" : "false", is_supported ? "" : "it is not here",
        is_supported ? "" : "apt install it");
}

static void add_workload(struct text *text, const char *id, const char *kind, const char *variants,
                         bool is_supported) {
    add(text, "%s{\"id\":\"%s\",\"kind\":\"%s\",\"variants\":[%s],\"needs_http\":%s,",
        text->bytes[text->length - 1] == '[' ? "" : ",", id, kind, variants,
        strcmp(id, "http") == 0 ? "true" : "false");
    add_support(text, is_supported);
}

static void add_executor(struct text *text, const char *id, bool is_treadle, bool is_supported) {
    add(text, "%s{\"id\":\"%s\",\"pool\":%s,\"treadle\":%s,",
        text->bytes[text->length - 1] == '[' ? "" : ",", id,
        strcmp(id, "serial") == 0 ? "false" : "true", is_treadle ? "true" : "false");
    add_support(text, is_supported);
}

static void begin(struct text *text, const char *label, bool has_extension) {
    text->length = 0;
    add(text,
        "{\"protocol\":1,\"interpreter\":{\"label\":\"%s\"},\"extension\":{\"available\":%s},",
        label, has_extension ? "true" : "false");
    add(text, "\"versions\":{\"zlib\":\"1.2.13\"},\"workloads\":[");
}

void lane_fixture_python(struct lab_lane *lane, const char *label, bool has_torch,
                         bool has_extension) {
    struct text text;

    begin(&text, label, has_extension);
    add_workload(&text, "http", "io", "", true);
    add_workload(&text, "file-read", "io", "\"warm\",\"cold\"", true);
    add_workload(&text, "file-write", "io", "", true);
    add_workload(&text, "fibonacci", "cpu", "", true);
    add_workload(&text, "prime", "cpu", "", true);
    add_workload(&text, "compress", "cpu", "\"zlib\",\"pure\"", true);
    add_workload(&text, "image", "mixed", "", true);
    add_workload(&text, "classify", "mixed", "\"per-task\",\"per-worker\"", has_torch);
    add_workload(&text, "synthetic", "any", "\"wait\",\"cpu\"", true);
    add_workload(&text, "noop", "overhead", "", true);
    add_workload(&text, "startup", "overhead", "", true);
    add(&text, "],\"executors\":[");
    add_executor(&text, "serial", false, true);
    add_executor(&text, "stdlib-threads", false, true);
    add_executor(&text, "stdlib-processes", false, true);
    add_executor(&text, "treadle-threads", true, has_extension);
    add(&text, "],\"outcomes\":[{\"id\":\"io-lambda\",\"claim\":\"T5\",\"executors\":"
               "[[\"stdlib-threads\",\"\"],[\"stdlib-processes\",\"fork\"]],");
    add_support(&text, true);
    add(&text, "]}");
    assert_int_equal(lab_lane_parse(lane, text.bytes, "/usr/bin/python3"), 0);
}

void lane_fixture_native(struct lab_lane *lane) {
    struct text text;

    begin(&text, "", true);
    add_workload(&text, "http", "io", "", true);
    add_workload(&text, "fibonacci", "cpu", "", true);
    add(&text, "],\"executors\":[");
    add_executor(&text, "serial", false, true);
    add_executor(&text, "treadle-pool", true, true);
    add(&text, "],\"outcomes\":[]}");
    assert_int_equal(lab_lane_parse(lane, text.bytes, NULL), 0);
}
